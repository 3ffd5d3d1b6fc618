import Foundation
import Hummingbird
import Logging

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
    let (socket, claim) = (socket, claim)
    let serving = HTTPServing(
      API(instance: instance).router, at: .unixDomainSocket(path: socket.path), logger: logger)
    try await serving.run(
      whenReady: {
        // Connecting needs the right to write, which the usual masks (022, 027, 077) have given to nobody
        // else since the bind; a mask of 002 or 0 leaves the group or others this moment.
        chmod(socket.path, 0o600)
        claim.release()
        await whenReady()
      }, whenEnding: { socket.remove() })
  }
}
