/// An address prefix of either version (RFC 4632, RFC 4291): the bits behind its length are zero.
public struct IPPrefix: Hashable, Sendable {
  /// The first address.
  public let address: IPAddress
  /// In bits: 0 to 32, or 0 to 128.
  public let length: Int

  /// The prefix of this length that holds the address; bits behind the length are cleared.
  /// - Precondition: `length` is within the address's width.
  public init(_ address: IPAddress, length: Int) {
    precondition((0...address.width).contains(length))
    let mask = IPPrefix.mask(length: length, width: address.width)
    switch address {
    case .v4(let v4): self.address = .v4(IPv4Address(v4.bits & UInt32(truncatingIfNeeded: mask)))
    case .v6(let v6): self.address = .v6(IPv6Address(v6.bits & mask))
    }
    self.length = length
  }

  /// The prefix that holds this one address.
  public init(host address: IPAddress) { self.init(address, length: address.width) }

  /// 0.0.0.0/0.
  public static let anyIPv4 = IPPrefix(.v4(IPv4Address(0)), length: 0)
  /// ::/0.
  public static let anyIPv6 = IPPrefix(.v6(IPv6Address(0)), length: 0)

  /// Of the two versions, the fourth.
  public var isIPv4: Bool { address.isIPv4 }
  /// Bits of an address: 32 or 128.
  public var width: Int { address.width }
  /// Whether it holds every address of its version.
  public var isDefault: Bool { length == 0 }

  /// Never an address of the other version.
  public func contains(_ other: IPAddress) -> Bool {
    guard other.isIPv4 == isIPv4 else { return false }
    return other.bits & IPPrefix.mask(length: length, width: width) == address.bits
  }

  /// Whether every address of the other is in this one.
  public func contains(_ other: IPPrefix) -> Bool {
    other.length >= length && contains(other.address)
  }

  /// Whether any address is in both.
  public func overlaps(_ other: IPPrefix) -> Bool { contains(other) || other.contains(self) }

  /// What both hold: of two prefixes one holds the other, or nothing is shared.
  public func intersection(_ other: IPPrefix) -> IPPrefix? {
    contains(other) ? other : other.contains(self) ? self : nil
  }

  /// The last address of the prefix.
  public var last: IPAddress {
    let rest = ~IPPrefix.mask(length: length, width: width)
    return switch address {
    case .v4(let v4): .v4(IPv4Address(v4.bits | UInt32(truncatingIfNeeded: rest)))
    case .v6(let v6): .v6(IPv6Address(v6.bits | rest))
    }
  }

  /// The address `offset` behind the first one.
  public func address(at offset: UInt32) -> IPAddress {
    switch address {
    case .v4(let v4): .v4(IPv4Address(v4.bits &+ offset))
    case .v6(let v6): .v6(IPv6Address(v6.bits &+ UInt128(offset)))
    }
  }

  private static func mask(length: Int, width: Int) -> UInt128 {
    guard length > 0 else { return 0 }
    let ones: UInt128 = width == 32 ? 0xffff_ffff : .max
    return ones & ones << UInt128(width - length)
  }
}

extension IPPrefix: Comparable {
  /// By address, then the shorter before the longer: the order of a routing table.
  public static func < (a: Self, b: Self) -> Bool {
    a.address == b.address ? a.length < b.length : a.address < b.address
  }
}

extension IPPrefix: LosslessStringConvertible {
  /// `address/length`.
  public var description: String { "\(address)/\(length)" }

  /// `address/length`; a bare address is its host prefix. Bits behind the length must be zero:
  /// `init(lenient:)` clears them.
  public init?(_ text: String) {
    guard let prefix = IPPrefix(lenient: text) else { return nil }
    let written = text.split(separator: "/").first.flatMap { IPAddress(String($0)) }
    guard written == prefix.address else { return nil }
    self = prefix
  }

  /// Like `init(_:)`, but bits behind the length are cleared.
  public init?(lenient text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
    var length = address.width
    if parts.count == 2 {
      guard let given = decimal(parts[1].utf8[...], upTo: address.width) else { return nil }
      length = given
    }
    self.init(address, length: length)
  }
}
