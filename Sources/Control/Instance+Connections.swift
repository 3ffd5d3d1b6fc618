import Dataplane
import Wire

extension Instance {
  /// Whose TCP connection it is, at a service edge: `GET /v1/connections/SOURCE/DESTINATION`.
  /// - Parameter ends: from the caller's to the server's, as the server sees them.
  /// - Throws: `ControlError.unknownConnection`, `.stopping`.
  public func caller(of ends: ConnectionEnds) async throws -> ConnectionCaller {
    // A flow is one worker's; the others do not know it.
    let answers = try await ask { core in core.path.caller(of: ends) }
    guard let caller = answers.compactMap(\.self).first else {
      throw ControlError.unknownConnection(ends)
    }
    return caller
  }
}
