/// An IPv4 address, its 32 bits in host order (RFC 791).
public struct IPv4Address: Hashable, Comparable, Sendable {
  /// The 32 bits in host order: the first byte is the highest.
  public var bits: UInt32

  /// From 32 bits in host order.
  @inlinable public init(_ bits: UInt32) { self.bits = bits }

  /// From four bytes, as they are written with dots.
  @inlinable public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    bits = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// By number.
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.bits < b.bits }
}

extension IPv4Address: LosslessStringConvertible {
  /// Dotted decimal.
  public var description: String {
    "\(bits >> 24).\(bits >> 16 & 0xff).\(bits >> 8 & 0xff).\(bits & 0xff)"
  }

  /// Dotted decimal, four parts, no leading zeros: the only form that nobody reads two ways.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard let byte = decimal(part, upTo: 255) else { return nil }
      bits = bits << 8 | UInt32(byte)
    }
    self.bits = bits
  }
}

/// An IPv6 address, its 128 bits in host order (RFC 4291).
public struct IPv6Address: Hashable, Comparable, Sendable {
  /// The 128 bits in host order: the first byte is the highest.
  public var bits: UInt128

  /// From 128 bits in host order.
  @inlinable public init(_ bits: UInt128) { self.bits = bits }

  /// By number.
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.bits < b.bits }
}

extension IPv6Address: LosslessStringConvertible {
  /// The canonical text of RFC 5952: lower case, the longest run of two or more zero groups as `::`.
  public var description: String {
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
    var best = 0..<0
    var index = 0
    while index < 8 {
      guard groups[index] == 0 else {
        index += 1
        continue
      }
      let start = index
      while index < 8, groups[index] == 0 { index += 1 }
      if index - start > max(best.count, 1) { best = start..<index }
    }
    let text = { (range: Range<Int>) in
      range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
    }
    return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
  }

  /// Any form of RFC 4291 section 2.2, the one that ends in dotted decimal too; no zone.
  public init?(_ text: String) {
    var head: [UInt16] = []
    var tail: [UInt16]?
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts.count <= 9 else { return nil }
    for (index, part) in parts.enumerated() {
      if part.isEmpty {
        // "::" gives one empty part in the middle, and one more at an end where it stands there.
        let atEnd = index == 0 || index == parts.count - 1
        if atEnd {
          guard parts[index == 0 ? 1 : index - 1].isEmpty else { return nil }
          if index == 0 || tail != nil { continue }
          return nil
        }
        guard tail == nil else { return nil }
        tail = []
        continue
      }
      var groups: [UInt16] = []
      if index == parts.count - 1, part.contains(".") {
        guard let v4 = IPv4Address(String(part)) else { return nil }
        groups = [UInt16(v4.bits >> 16), UInt16(v4.bits & 0xffff)]
      } else {
        // `UInt16(_:radix:)` takes a sign as well.
        guard part.utf8.count <= 4, part.allSatisfy(\.isHexDigit),
          let group = UInt16(part, radix: 16)
        else { return nil }
        groups = [group]
      }
      if tail == nil { head += groups } else { tail! += groups }
    }
    let missing = 8 - head.count - (tail?.count ?? 0)
    guard tail == nil ? missing == 0 : missing >= 1 else { return nil }
    let all = head + Array(repeating: 0, count: missing) + (tail ?? [])
    bits = all.reduce(0) { $0 << 16 | UInt128($1) }
  }
}

/// An address of either version.
public enum IPAddress: Hashable, Comparable, Sendable {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// 32 or 128.
  @inlinable public var width: Int { isIPv4 ? 32 : 128 }

  /// Of the two versions, the fourth.
  @inlinable public var isIPv4: Bool {
    if case .v4 = self { true } else { false }
  }

  /// The address as one number in host order: IPv4 in the low 32 bits.
  @inlinable public var bits: UInt128 {
    switch self {
    case .v4(let address): UInt128(address.bits)
    case .v6(let address): address.bits
    }
  }

  /// Of such a number; of IPv4 the low 32 bits.
  @inlinable public init(bits: UInt128, isIPv6: Bool) {
    self = isIPv6 ? .v6(IPv6Address(bits)) : .v4(IPv4Address(UInt32(truncatingIfNeeded: bits)))
  }

  /// IPv4 before IPv6, then by number.
  @inlinable public static func < (a: Self, b: Self) -> Bool {
    a.isIPv4 == b.isIPv4 ? a.bits < b.bits : a.isIPv4
  }
}

extension IPAddress: LosslessStringConvertible {
  /// As its version writes it.
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }

  /// Either version's text.
  public init?(_ text: String) {
    if let address = IPv4Address(text) {
      self = .v4(address)
    } else if let address = IPv6Address(text) {
      self = .v6(address)
    } else {
      return nil
    }
  }
}

/// A 48-bit Ethernet address in the low bits of a number, first byte highest (IEEE 802).
public struct MACAddress: Hashable, Sendable {
  /// The 48 bits in host order; the 16 above are zero.
  public var bits: UInt64

  /// From the low 48 bits; those above are dropped.
  @inlinable public init(_ bits: UInt64) { self.bits = bits & 0xffff_ffff_ffff }

  /// All ones: everyone on the link.
  public static let broadcast = MACAddress(0xffff_ffff_ffff)
  /// All zeros: nobody's.
  public static let zero = MACAddress(0)

  /// The group bit of the first byte: broadcast and multicast.
  @inlinable public var isGroup: Bool { bits >> 40 & 1 == 1 }
}

extension MACAddress: LosslessStringConvertible {
  /// Lower case, with `:` between.
  public var description: String {
    (0..<6).map { index in
      let byte = bits >> UInt64(40 - 8 * index) & 0xff
      return (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined(separator: ":")
  }

  /// Six pairs of hex digits with `:` or, as Azure prints them, `-` between all of them.
  public init?(_ text: String) {
    let separator: Character = text.contains(":") ? ":" : "-"
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count == 6 else { return nil }
    var bits: UInt64 = 0
    for part in parts {
      guard part.utf8.count == 2, part.allSatisfy(\.isHexDigit),
        let byte = UInt8(part, radix: 16)
      else { return nil }
      bits = bits << 8 | UInt64(byte)
    }
    self.init(bits)
  }
}

/// Decimal digits without sign or leading zero.
func decimal(_ text: Substring.UTF8View.SubSequence, upTo limit: Int) -> Int? {
  guard (1...3).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0") else {
    return nil
  }
  var value = 0
  for digit in text {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
    value = value * 10 + Int(digit - UInt8(ascii: "0"))
  }
  return value <= limit ? value : nil
}
