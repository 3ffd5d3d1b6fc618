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
    if flags.contains(.syn) { side.hasSequence = false }
    side.noteSequence(end)
    if flags.contains(.ack) { side.noteAcknowledgment(headers.tcpAcknowledgment) }
    if flags.contains(.fin) { side.sentFIN = true }
    if isReverse { reverse.tcp = side } else { forward.tcp = side }
    if let segment = headers.tcpMaximumSegment {
      if isReverse {
        reverseDetails.maximumSegment = max(segment, 64)
      } else {
        forwardDetails.maximumSegment = max(segment, 64)
      }
    }

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

}

extension TCPSide {
  /// - Parameter end: the number behind a packet's last byte.
  @inline(__always)
  mutating func noteSequence(_ end: UInt32) {
    guard !hasSequence || Self.isAfter(end, nextSequence) else { return }
    nextSequence = end
    hasSequence = true
  }

  @inline(__always)
  mutating func noteAcknowledgment(_ number: UInt32) {
    guard !hasAcknowledged || Self.isAfter(number, acknowledged) else { return }
    acknowledged = number
    hasAcknowledged = true
  }

  /// Sequence numbers in the order of RFC 9293 section 3.4, modulo 2^32.
  @inline(__always)
  private static func isAfter(_ a: UInt32, _ b: UInt32) -> Bool {
    Int32(bitPattern: a &- b) > 0
  }
}
