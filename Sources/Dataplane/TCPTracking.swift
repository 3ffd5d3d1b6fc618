import Wire

extension Flow {
  /// Follows a TCP connection by one packet (RFC 9293, as much as a box on the way can know).
  /// - Returns: the state that the packet leads to.
  mutating func followTCP(_ headers: Headers, isReverse: Bool) -> FlowState {
    let flags = headers.tcpFlags
    var side = isReverse ? reverse.tcp : forward.tcp
    let end =
      headers.tcpSequence &+ UInt32(truncatingIfNeeded: headers.trafficLength)
      &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
    if !side.hasSequence || Self.isAfter(end, side.nextSequence) || flags.contains(.syn) {
      side.nextSequence = end
      side.hasSequence = true
    }
    if flags.contains(.ack),
      !side.hasAcknowledged || Self.isAfter(headers.tcpAcknowledgment, side.acknowledged)
    {
      side.acknowledged = headers.tcpAcknowledgment
      side.hasAcknowledged = true
    }
    if flags.contains(.fin) { side.sentFIN = true }
    if let segment = headers.tcpMaximumSegment { side.maximumSegment = max(segment, 64) }
    if isReverse { reverse.tcp = side } else { forward.tcp = side }

    if flags.contains(.rst) { wasReset = true }
    if wasReset || side.sentFIN { return .closing }
    switch state {
    case .opening:
      // The handshake is over once the initiator acknowledges something the other side has sent. A
      // connection picked up in the middle is over it when both sides have been heard.
      let other = isReverse ? forward.tcp : reverse.tcp
      let heard = !isReverse && other.hasSequence && flags.contains(.ack) && !flags.contains(.syn)
      return heard ? .established : .opening
    case .closing where flags.contains(.syn):
      return .opening
    default:
      return state
    }
  }

  /// Sequence numbers in the order of RFC 9293 section 3.4, modulo 2^32.
  private static func isAfter(_ a: UInt32, _ b: UInt32) -> Bool {
    Int32(bitPattern: a &- b) > 0
  }
}
