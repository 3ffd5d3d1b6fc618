import Dataplane
import Wire

/// What `PortAssignment.sender` has said of the senders of late: captures have few of them, and many packets of each.
struct SenderTable: ~Copyable {
  private struct Entry {
    var sourceMAC: MACAddress
    var source: UInt128
    var isIPv6: Bool
    var sender: PortAssignment.Sender
  }

  /// As many senders as a busy subnet has; each takes a line of the cache.
  private static let capacity = 1_024
  private let entries: UnsafeMutablePointer<Entry?>

  init() {
    entries = .allocate(capacity: Self.capacity)
    entries.initialize(repeating: nil, count: Self.capacity)
  }

  deinit { entries.deallocate() }

  @inline(__always)
  private func place(_ sourceMAC: MACAddress, _ source: UInt128) -> UnsafeMutablePointer<Entry?> {
    let mixed =
      (UInt64(truncatingIfNeeded: source) ^ UInt64(truncatingIfNeeded: source >> 64)
        ^ sourceMAC.bits) &* 0x9e37_79b9_7f4a_7c15
    return entries + Int(mixed >> 54)
  }

  /// Nil where it has not been said of late: `note` it then.
  @inline(__always)
  func sender(sourceMAC: MACAddress, source: UInt128, isIPv6: Bool) -> PortAssignment.Sender? {
    guard let entry = place(sourceMAC, source).pointee, entry.source == source,
      entry.sourceMAC == sourceMAC, entry.isIPv6 == isIPv6
    else { return nil }
    return entry.sender
  }

  func note(
    _ sender: PortAssignment.Sender, sourceMAC: MACAddress, source: UInt128, isIPv6: Bool
  ) {
    place(sourceMAC, source).pointee = Entry(
      sourceMAC: sourceMAC, source: source, isIPv6: isIPv6, sender: sender)
  }
}
