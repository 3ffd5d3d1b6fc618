import Dataplane
import Foundation

extension Instance {
  /// How the packet path would decide on a frame now, with the flows and routes that are live. Nothing is
  /// changed by it.
  /// - Throws: `ControlError.unknownPort`, `.badRequest` for a frame that is too long.
  public func explain(_ request: ExplainRequest) async throws -> Explanation {
    guard request.frame.count <= PacketVector.frameCapacity else {
      throw ControlError.badRequest(
        "the frame has \(request.frame.count) bytes; the largest has \(PacketVector.frameCapacity)")
    }
    let answer: Result<Explanation, ControlError> = try await ask { core in
      guard let port = core.path.snapshot.port(named: request.port) else {
        return .failure(
          .unknownPort(request.port, known: core.path.snapshot.ports.map(\.name)))
      }
      return .success(core.explain(request.frame, from: port))
    }
    return try answer.get()
  }
}

extension WorkerCore {
  func explain(_ bytes: Data, from port: PortID) -> Explanation {
    // A frame has an address also where it is empty.
    withUnsafeTemporaryAllocation(byteCount: max(1, bytes.count), alignment: 64) { memory in
      bytes.copyBytes(to: memory)
      return path.explain(
        Frame(
          bytes: memory.baseAddress.unsafelyUnwrapped, length: bytes.count,
          wireLength: bytes.count, timestamp: Time.packetTime()),
        from: port)
    }
  }
}
