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
    // Which worker has the packet's flow, or would have it, the one that receives from the port knows.
    let owner = try await ask(0, about: request) { core, port in
      core.slots[Int(port.index)].place.owner
    }
    let worker = try await ask(owner, about: request) { core, port in
      core.worker(of: request.frame, from: port)
    }
    return try await ask(worker, about: request) { core, port in
      core.explain(request.frame, from: port)
    }
  }

  private func ask<Answer: Sendable>(
    _ worker: Int, about request: ExplainRequest,
    _ question: @escaping @Sendable (borrowing WorkerCore, PortID) -> Answer
  ) async throws -> Answer {
    let answer: Result<Answer, ControlError> = try await ask(worker) { core in
      guard let port = core.path.snapshot.port(named: request.port) else {
        return .failure(
          .unknownPort(request.port, known: core.path.snapshot.ports.map(\.name)))
      }
      return .success(question(core, port))
    }
    return try answer.get()
  }
}

extension WorkerCore {
  /// The worker that decides such a frame.
  func worker(of bytes: Data, from port: PortID) -> Int {
    withFrame(bytes) { exchange.worker(of: $0, from: port) }
  }

  func explain(_ bytes: Data, from port: PortID) -> Explanation {
    withFrame(bytes) { path.explain($0, from: port) }
  }

  private func withFrame<Result>(_ bytes: Data, _ body: (Frame) -> Result) -> Result {
    // A frame has an address also where it is empty.
    withUnsafeTemporaryAllocation(byteCount: max(1, bytes.count), alignment: 64) { memory in
      bytes.copyBytes(to: memory)
      return body(
        Frame(
          bytes: memory.baseAddress.unsafelyUnwrapped, length: bytes.count,
          wireLength: bytes.count, timestamp: Time.packetTime()))
    }
  }
}
