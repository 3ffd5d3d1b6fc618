import Hummingbird
import Logging
import Synchronization

/// An HTTP server's life: from its listening socket to an end that loses no answer.
public struct HTTPServing<Context: RequestContext>: Sendable
where Context.Source == ApplicationRequestContextSource {
  private let responder: RouterResponder<Context>
  private let address: BindAddress
  private let logger: Logger

  public init(_ router: Router<Context>, at address: BindAddress, logger: Logger) {
    responder = router.buildResponder()
    self.address = address
    self.logger = logger
  }

  /// Answers until the task is cancelled. `whenReady` is called once it answers, `whenEnding` before it stops to.
  public func run(
    whenReady: @escaping @Sendable () async -> Void = {},
    whenEnding: @escaping @Sendable () -> Void = {}
  ) async throws {
    var quiet = logger
    // The server's own words about connections are of no use to a user.
    quiet.logLevel = max(logger.logLevel, .critical)
    let listening = Listening()
    let application = Application(
      responder: responder, configuration: ApplicationConfiguration(address: address),
      onServerRunning: { channel in
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
      whenEnding()
      Task {
        try? await Task.sleep(for: lastConnections)
        listening.end()
        try? await Task.sleep(for: lastAnswers)
        serving.cancel()
      }
    }
    // A server whose listening socket is closed says that it ended unexpectedly.
    guard !Task.isCancelled else { return }
    whenEnding()
    try result.get()
  }
}

/// How long connections that the kernel has accepted take to their handlers at most.
private let lastConnections = Duration.milliseconds(100)

/// How long answers that are under way may take after the end has been asked for.
private let lastAnswers = Duration.milliseconds(500)

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
