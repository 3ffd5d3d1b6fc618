/// Who a packet on the backbone belongs to (I1): numbers that name a region, a virtual network and a subnet.
///
/// As an overlay prefix:
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |     0xfd      |     0x53      |     0x50      |     0x4c      |
/// |            Region             |   Reserved 0  | Network 23-16 |
/// |         Network 15-0          |            Subnet             |
/// |                         IPv4 address                          |
/// ```
/// The first 32 bits make it a unique local address (RFC 4193). Such a prefix reads
/// `fd53:504c:REGION:NE:TWRK:SUBNET::/96`, each number where a person can see it.
public struct NetworkIdentity: Hashable, Sendable {
  /// 0xffff is nobody's: the services' own prefix (`OverlayPrefix.services`).
  public var region: UInt16
  /// 24 bits, as a VXLAN network identifier has.
  public var network: UInt32
  public var subnet: UInt16

  /// - Parameter network: the upper 8 bits are dropped.
  public init(region: UInt16, network: UInt32, subnet: UInt16) {
    self.region = region
    self.network = network & 0xff_ffff
    self.subnet = subnet
  }

  private static let site: UInt128 = 0xfd53_504c

  /// The prefix of all its addresses.
  public var prefix: OverlayPrefix {
    OverlayPrefix(
      upper: Self.site << 64 | UInt128(region) << 48 | UInt128(network) << 16 | UInt128(subnet))
  }

  /// Nil for a prefix that is not of this layout.
  public init?(_ prefix: OverlayPrefix) {
    let upper = prefix.bits >> 32
    guard upper >> 64 == Self.site, upper >> 40 & 0xff == 0 else { return nil }
    self.init(
      region: UInt16(truncatingIfNeeded: upper >> 48),
      network: UInt32(truncatingIfNeeded: upper >> 16),
      subnet: UInt16(truncatingIfNeeded: upper))
  }
}

/// The upper 96 bits of an IPv6 address whose lower 32 are an IPv4 address (I1).
public struct OverlayPrefix: Hashable, Sendable, BitwiseCopyable {
  /// In host order; the lower 32 are zero.
  public let bits: UInt128

  /// - Parameter upper: 96 bits; those above are dropped.
  public init(upper: UInt128) { bits = upper << 32 }

  /// The prefix of an overlay address.
  @inlinable public init(of address: UInt128) { bits = address & ~0xffff_ffff }

  /// Nil for a prefix of another length, or of IPv4.
  public init?(_ prefix: IPPrefix) {
    guard !prefix.isIPv4, prefix.length == 96 else { return nil }
    bits = prefix.address.bits
  }

  /// What services are reached by, unless the configuration says otherwise: the layout of `NetworkIdentity`
  /// with region 0xffff, network 0 and subnet 0.
  public static let services = NetworkIdentity(region: 0xffff, network: 0, subnet: 0).prefix

  /// As `/96`.
  public var prefix: IPPrefix { IPPrefix(.v6(IPv6Address(bits)), length: 96) }

  /// - Parameter address: IPv4 in the low 32 bits.
  @inlinable public func address(of address: UInt128) -> UInt128 { bits | address & 0xffff_ffff }
}

extension OverlayPrefix: CustomStringConvertible {
  public var description: String { prefix.description }
}
