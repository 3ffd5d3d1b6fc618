import Dataplane
import Model
import PacketIO
import Wire

/// An explanation, and the port that the packet was taken to have arrived at.
public struct PacketExplanation: Sendable, Codable {
  public var port: String
  public var explanation: Explanation

  public init(port: String, explanation: Explanation) {
    self.port = port
    self.explanation = explanation
  }
}

extension Snapshot {
  /// The port that a user names: a NIC, a NIC's platform port, `internet`, `gateway`, `backbone`.
  /// - Throws: `ReplayError.unknownPort` with the names that there are.
  public func namedPort(_ name: String) throws(ReplayError) -> PortRecord {
    guard let port = ports.first(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw .unknownPort(name, known: ports.map(\.name))
    }
    return port
  }

  /// The decision on one frame without any flow before it, made by the code that forwards.
  /// - Parameter port: nil where the frame's addresses shall tell, as in a replay.
  /// - Throws: `ReplayError.unassignedPacket`.
  public func explain(frame: [UInt8], at port: PortID?) throws -> PacketExplanation {
    var options = Replay.Options()
    if let port { options.place = .port(port) }
    options.limits.maximumFlows = 1
    var replay = Replay(snapshot: self, options: options) { _ in }
    let (assigned, explanation) = try frame.withUnsafeBytes { bytes in
      do {
        return try replay.explain(
          CapturedPacket(number: 1, timestamp: 0, bytes: bytes, wireLength: bytes.count))
      } catch ReplayError.unassignedPacket(_, let failure) {
        throw ReplayError.unassignedPacket(number: nil, failure)
      }
    }
    return PacketExplanation(port: ports[Int(assigned.index)].name, explanation: explanation)
  }
}
