import Wire

/// The public addresses that on-premises shows to a service (I5): one for each flow, as an ExpressRoute circuit with
/// two NAT addresses does it. The choice depends on the flow alone, so a connection keeps its address.
public struct NATAddresses: Hashable, Sendable {
  public let addresses: [IPAddress]

  /// Nil without an address.
  public init?(_ addresses: [IPAddress]) {
    guard !addresses.isEmpty else { return nil }
    self.addresses = addresses
  }

  /// The address that a flow has behind the translation.
  public func address(
    forFlowFrom source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress,
    _ destinationPort: UInt16, protocol number: UInt8 = 6
  ) -> IPAddress {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for word in [
      source.bits, destination.bits,
      UInt128(sourcePort) << 24 | UInt128(destinationPort) << 8 | UInt128(number),
    ] {
      for half in [UInt64(truncatingIfNeeded: word >> 64), UInt64(truncatingIfNeeded: word)] {
        hash = (hash ^ half) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 32
      }
    }
    return addresses[Int(hash % UInt64(addresses.count))]
  }

  /// Those that a firewall admits. On-premises reaches a secured resource with every flow only where these are all.
  public func admitted(by firewall: CompiledFirewall) -> [IPAddress] {
    addresses.filter { firewall.verdict(for: Caller(source: $0)).isAdmitted }
  }
}
