import Wire

extension FlowState {
  static func initial(for headers: Headers) -> FlowState {
    switch headers.transport {
    case 6: .opening
    case 17: .unanswered
    case 1, 58: .icmp
    default: .other
    }
  }
}

extension Flow {
  /// Counts one packet in.
  /// - Returns: the state that it leads to.
  mutating func follow(
    _ headers: Headers, isReverse: Bool, length: Int, now: UInt64
  ) -> FlowState {
    if isReverse {
      reverse.note(length: length, now: now)
    } else {
      forward.note(length: length, now: now)
    }
    switch headers.transport {
    case 6: return followTCP(headers, isReverse: isReverse)
    case 17: return isReverse ? .answered : state
    default: return state
    }
  }

  /// Keeps the first packet's VLAN tags for the resets that we may have to send.
  mutating func noteTags(of frame: Frame, _ headers: Headers) {
    vlanTagCount = min(headers.vlanTags, 2)
    if vlanTagCount > 0 {
      vlanTags.0 = frame.bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
    }
    if vlanTagCount > 1 {
      vlanTags.1 = frame.bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
    }
  }
}
