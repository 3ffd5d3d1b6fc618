/// The one's-complement sum of 16-bit words in network order, carries not yet folded in (RFC 1071).
public struct ChecksumSum: Sendable {
  @usableFromInline var sum: UInt64 = 0

  /// Of nothing.
  @inlinable public init() {}

  /// One word, in host order.
  @inlinable public mutating func add(_ word: UInt16) { addCarrying(UInt64(word)) }

  /// Two words, in host order.
  @inlinable public mutating func add(_ value: UInt32) { addCarrying(UInt64(value)) }

  /// Eight 16-bit words. In one's-complement arithmetic 2^16 counts as 1, so a number stands for the sum of its words.
  @inlinable public mutating func add(_ value: UInt128) {
    addCarrying(UInt64(truncatingIfNeeded: value >> 64))
    addCarrying(UInt64(truncatingIfNeeded: value))
  }

  /// Bytes in network order; an odd last byte is the high half of a word. Only the last piece of a sum
  /// may be odd.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard var cursor = bytes.baseAddress else { return }
    var left = bytes.count
    // The sum does not depend on byte order except for a final swap (RFC 1071 section 2), so words are
    // added as the machine loads them, eight bytes at a time with the carry carried around.
    var native: UInt64 = 0
    while left >= 8 {
      let (value, overflow) = native.addingReportingOverflow(
        cursor.loadUnaligned(as: UInt64.self))
      native = value &+ (overflow ? 1 : 0)
      cursor += 8
      left -= 8
    }
    var folded = native >> 32 + native & 0xffff_ffff
    while left >= 2 {
      folded += UInt64(cursor.loadUnaligned(as: UInt16.self))
      cursor += 2
      left -= 2
    }
    if left == 1 { folded += UInt64(UInt16(littleEndian: UInt16(cursor.load(as: UInt8.self)))) }
    while folded > 0xffff { folded = folded >> 16 + folded & 0xffff }
    add(UInt16(truncatingIfNeeded: folded).bigEndian)
  }

  /// Folded to 16 bits, not complemented.
  @inlinable public var folded: UInt16 {
    var folded = sum
    while folded > 0xffff { folded = folded >> 16 + folded & 0xffff }
    return UInt16(truncatingIfNeeded: folded)
  }

  /// As it stands in a header.
  @inlinable public var checksum: UInt16 { ~folded }

  @inlinable
  mutating func addCarrying(_ value: UInt64) {
    let (new, overflow) = sum.addingReportingOverflow(value)
    sum = new &+ (overflow ? 1 : 0)
  }
}

/// The checksum of these bytes; 0 for bytes that hold their own right one (RFC 1071).
public func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
  var sum = ChecksumSum()
  sum.add(bytes)
  return sum.checksum
}

/// What the change of some fields does to a checksum over them (RFC 1624, equation 3:
/// HC' = ~(~HC + ~m + m')).
public struct ChecksumDelta: Sendable {
  private var sum = ChecksumSum()

  /// No change.
  public init() {}

  /// One word at an even offset of what the checksum covers, in host order.
  public mutating func replace(_ old: UInt16, with new: UInt16) {
    sum.add(~old)
    sum.add(new)
  }

  /// Two words at an even offset, in host order.
  public mutating func replace(_ old: UInt32, with new: UInt32) {
    sum.add(~old)
    sum.add(new)
  }

  /// Eight words at an even offset, in host order; an IPv4 address in the low 32 bits makes the same difference
  /// as by itself.
  public mutating func replace(_ old: UInt128, with new: UInt128) {
    sum.add(~old)
    sum.add(new)
  }

  /// The checksum that follows from this one.
  public func applied(to checksum: UInt16) -> UInt16 {
    var total = sum
    total.add(~checksum)
    return total.checksum
  }
}
