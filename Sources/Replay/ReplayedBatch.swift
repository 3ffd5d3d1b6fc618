import Dataplane
import Wire

/// A packet between its arrival and its verdict. Plain bytes: nothing is retained for one.
struct PendingPacket {
  var number: Int
  var timestamp: UInt64
  /// Bytes on the wire.
  var length: Int
  /// What counts only where `hasConversation` says so.
  var conversation: Conversation
  var hasConversation: Bool
  var basis: PortAssignment.Basis
  var port: PortID
  /// Where its outcome stands among those of the batch; nil where it is `.port(port, basis)`.
  var outcome: Int32?
}

/// Packets of a capture that travelled together, in its order, and how they ended. Valid during the call that is
/// given it, with all that it holds.
public struct ReplayedBatch {
  let pending: UnsafeBufferPointer<PendingPacket>
  /// Those that say more than port and basis.
  let outcomes: [PortAssignment.Outcome]
  let verdicts: UnsafeBufferPointer<Verdict>
  /// None where the replay records none.
  let details: UnsafeBufferPointer<PacketDetail>
  /// What left because of these packets, in order.
  public let sent: UnsafeBufferPointer<Transmission.Item>

  public var count: Int { pending.count }

  public subscript(index: Int) -> ReplayedPacket {
    let packet = pending[index]
    return ReplayedPacket(
      number: packet.number, timestamp: packet.timestamp, length: packet.length,
      tuple: packet.hasConversation ? packet.conversation.tuple : nil, arrival: arrival(index),
      verdict: verdicts[index], detail: details.isEmpty ? PacketDetail() : details[index])
  }

  /// Calls with each packet, and with what left because of it.
  public func eachPacket(
    _ body: (ReplayedPacket, Slice<UnsafeBufferPointer<Transmission.Item>>) throws -> Void
  ) rethrows {
    var first = 0
    for index in 0..<count {
      var last = first
      while last < sent.count, sent[last].cause == index { last += 1 }
      try body(self[index], sent[first..<last])
      first = last
    }
  }

  func arrival(_ index: Int) -> PortAssignment.Outcome {
    let packet = pending[index]
    return packet.outcome.map { outcomes[Int($0)] } ?? .port(packet.port, packet.basis)
  }

  /// The port that all of them arrived at; nil where one arrived nowhere, which travels alone.
  var port: PortID? { pending.isEmpty ? nil : arrival(0).port }
}
