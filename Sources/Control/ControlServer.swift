import Foundation
import Hummingbird
import Logging
import Synchronization

/// The HTTP server in front of an instance, on a Unix socket that only its owner may open.
public struct ControlServer: Sendable {
  private let socket: ControlSocket
  private let claim: ControlSocket.Claim
  private let logger: Logger

  /// Takes the socket's name, before anything is opened that two instances must not share.
  /// - Throws: `ControlSocketError`.
  public init(socket path: String, logger: Logger) throws {
    socket = ControlSocket(path: path)
    claim = try socket.claim()
    self.logger = logger
  }

  /// Answers until the task is cancelled; the socket is gone then. `whenReady` is called once it answers.
  public func run(
    _ instance: Instance, whenReady: @escaping @Sendable () async -> Void = {}
  ) async throws {
    var quiet = logger
    // The server's own words about connections are of no use to a user.
    quiet.logLevel = max(logger.logLevel, .critical)
    let listening = Listening()
    let application = Application(
      router: API(instance: instance).router,
      configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket.path)),
      onServerRunning: { channel in
        // Connecting needs the right to write, which the usual masks (022, 027, 077) have given to nobody
        // else since the bind; a mask of 002 or 0 leaves the group or others this moment.
        chmod(socket.path, 0o600)
        claim.release()
        listening.begin { channel.close(promise: nil) }
        await whenReady()
      },
      logger: quiet)
    let serving = Task { try await application.runService(gracefulShutdownSignals: []) }
    let result = await withTaskCancellationHandler {
      await serving.result
    } onCancel: {
      // A connection that is accepted while the server closes brings it down (docs/workarounds.md): first
      // there are no new ones, then those that were under way get to their handlers, then it closes.
      socket.remove()
      Task {
        try? await Task.sleep(for: Self.lastConnections)
        listening.end()
        try? await Task.sleep(for: Self.lastAnswers)
        serving.cancel()
      }
    }
    // A server whose listening socket is closed says that it ended unexpectedly.
    guard !Task.isCancelled else { return }
    socket.remove()
    try result.get()
  }

  /// How long connections that the kernel has accepted take to their handlers at most.
  private static let lastConnections = Duration.milliseconds(100)

  /// How long answers that are under way may take after the end has been asked for.
  private static let lastAnswers = Duration.milliseconds(500)

  /// The way to close the listening socket, once there is one.
  private final class Listening: Sendable {
    private struct State {
      var close: (@Sendable () -> Void)?
      var hasEnded = false
    }

    private let state = Mutex(State())

    func begin(_ close: @escaping @Sendable () -> Void) {
      let hasEnded = state.withLock { state in
        state.close = close
        return state.hasEnded
      }
      if hasEnded { close() }
    }

    func end() {
      let close = state.withLock { state in
        state.hasEnded = true
        return state.close
      }
      close?()
    }
  }
}
