import Model
import Wire

/// Networks and subnets: identity, address spaces, service endpoints.
extension BuildConfiguration {
  mutating func buildNetworks() {
    networkDrafts = document.drafts.networks
    refuseRepeated(networkDrafts.map(\.name), what: "virtual network")
    if networkDrafts.isEmpty, findings.errors.isEmpty {
      findings.error(
        document.place.key("virtualNetworks"), "is missing; a configuration needs a virtual network"
      )
    }
    var numbers: [Int: String] = [:]
    for (index, draft) in networkDrafts.enumerated() {
      let name = draft.name.value
      let number = draft.number?.value ?? Derived.networkID(for: name)
      if let other = numbers.updateValue(name, forKey: number),
        other.lowercased() != name.lowercased()
      {
        findings.error(
          draft.number?.place ?? draft.place.key("id"),
          "\(number) is the identity of `\(other)` too; write another `id`")
      }
      if draft.location == nil {
        findings.error(
          draft.place.key("location"), "is missing; it must be a region such as `westeurope`")
      }
      checkRegion(draft.location)
      checkAddressSpace(draft)
      topology.virtualNetworks.append(
        VirtualNetwork(
          name: name, id: UInt32(number), region: draft.location?.value ?? Region(""),
          tenant: draft.tenant, subscription: draft.subscription, resourceID: azureID(of: draft),
          addressSpace: draft.addressSpace.map(\.value)))
      refuseRepeated(draft.subnets.map(\.name), what: "subnet of `\(name)`")
      for subnet in draft.subnets { buildSubnet(subnet, network: index) }
      checkSubnets(of: draft)
    }
  }

  /// As written, or made of what is written beside it; nil where nothing is.
  private func azureID(of draft: NetworkDraft) -> AzureID? {
    if let id = draft.resourceID { return AzureID("/" + id.text) }
    guard let group = draft.resourceGroup else { return nil }
    return AzureID.resource(
      subscription: draft.subscription ?? Topology.unnamedSubscription, group: group,
      type: "Microsoft.Network/virtualNetworks", name: draft.name.value)
  }

  /// A region that neither the pairs nor the tags know is probably misspelt.
  private func checkRegion(_ location: Located<Region>?) {
    guard let location else { return }
    var known: Set<String> = []
    for (region, pair) in topology.services.pairs { known.formUnion([region.name, pair.name]) }
    known.formUnion(topology.serviceTags.all.compactMap(\.region?.name))
    guard !known.isEmpty, !known.contains(location.value.name) else { return }
    findings.warning(
      location.place,
      "`\(location.value)` is not a region of the service data"
        + Spelling.suggestion(for: location.value.name, among: known.sorted()))
  }

  private func checkAddressSpace(_ draft: NetworkDraft) {
    guard draft.hasAddressSpace else {
      findings.error(
        draft.place.key("addressSpace"),
        "is missing; it must be a list of address prefixes such as `[10.0.0.0/16]`")
      return
    }
    for (index, prefix) in draft.addressSpace.enumerated() {
      if let range = SpecialAddresses.refusedInNetworks.first(where: {
        $0.prefix.overlaps(prefix.value)
      }) {
        findings.error(
          prefix.place,
          "`\(prefix.value)` overlaps \(range.prefix) (\(range.use)), which no network can have")
      }
      for earlier in draft.addressSpace[..<index] where earlier.value.overlaps(prefix.value) {
        findings.error(
          prefix.place, "`\(prefix.value)` overlaps `\(earlier.value)` of the same address space")
      }
    }
  }

  private mutating func buildSubnet(_ draft: SubnetDraft, network: Int) {
    var subnet = Subnet(
      name: draft.name.value, virtualNetwork: network, addressPrefixes: draft.prefixes.map(\.value))
    subnet.serviceEndpoints = endpoints(of: draft, network: network)
    subnet.number = draft.number.map { UInt16($0.value) }
    subnet.delegations = draft.delegations
    topology.subnets.append(subnet)
    subnetDrafts.append(draft)
    let index = topology.subnets.count - 1
    for name in [topology.qualifiedName(ofSubnet: index), subnet.name] {
      subnetsByName[name.lowercased(), default: []].append(index)
    }
  }

  private func checkSubnets(of network: NetworkDraft) {
    let space = network.addressSpace.map(\.value)
    var earlier: [(name: String, prefix: IPPrefix)] = []
    for subnet in network.subnets {
      let name = subnet.name.value
      if !subnet.hasPrefixes {
        findings.error(
          subnet.place.key("addressPrefix"),
          "is missing; it must be an address prefix such as `10.0.1.0/24`")
      }
      for prefix in subnet.prefixes {
        checkLength(prefix)
        if !space.isEmpty, !space.contains(where: { $0.contains(prefix.value) }) {
          let list = space.map(\.description).joined(separator: ", ")
          findings.error(
            prefix.place,
            "`\(prefix.value)` is outside the address space of `\(network.name.value)`, \(list)")
        }
        if let other = earlier.first(where: { $0.prefix.overlaps(prefix.value) }) {
          findings.error(
            prefix.place,
            other.name == name
              ? "`\(prefix.value)` overlaps `\(other.prefix)` of the same subnet"
              : "`\(prefix.value)` overlaps `\(other.prefix)` of the subnet `\(other.name)`")
        }
        earlier.append((name, prefix.value))
      }
    }
  }

  /// Azure's sizes: IPv4 from /29, because five addresses are reserved; IPv6 /64 and no other.
  private func checkLength(_ prefix: Located<IPPrefix>) {
    if prefix.value.isIPv4, prefix.value.length > 29 {
      findings.error(
        prefix.place,
        "`\(prefix.value)` is too small: five addresses of a subnet are reserved, so /29 is the smallest"
      )
    } else if !prefix.value.isIPv4, prefix.value.length != 64 {
      findings.error(prefix.place, "`\(prefix.value)` must be a /64: every IPv6 subnet is one")
    }
  }
}

/// Ranges with a meaning of their own.
enum SpecialAddresses {
  struct Range {
    var prefix: IPPrefix
    var use: String

    init(_ address: IPAddress, _ length: Int, _ use: String) {
      prefix = IPPrefix(address, length: length)
      self.use = use
    }
  }

  private static func v4(_ a: UInt8, _ b: UInt8 = 0, _ c: UInt8 = 0, _ d: UInt8 = 0) -> IPAddress {
    .v4(IPv4Address(a, b, c, d))
  }

  /// As Azure's documentation of virtual networks lists them, and their IPv6 counterparts.
  static let refusedInNetworks = [
    Range(v4(224), 4, "multicast"), Range(v4(255, 255, 255, 255), 32, "broadcast"),
    Range(v4(127), 8, "loopback"), Range(v4(169, 254), 16, "link-local"),
    Range(v4(168, 63, 129, 16), 32, "the platform's own address"),
    Range(.v6(IPv6Address(0xff << 120)), 8, "multicast"),
    Range(.v6(IPv6Address(1)), 128, "loopback"),
    Range(.v6(IPv6Address(0xfe80 << 112)), 10, "link-local"),
  ]

  /// What no public address can be.
  static let notPublic =
    [
      Range(v4(10), 8, "private"), Range(v4(172, 16), 12, "private"),
      Range(v4(192, 168), 16, "private"), Range(v4(100, 64), 10, "shared by carriers"),
      Range(v4(0), 8, "unspecified"), Range(v4(240), 4, "reserved"),
      Range(.v6(IPv6Address(0xfc << 120)), 7, "private"),
      Range(.v6(IPv6Address(0)), 128, "unspecified"),
    ] + refusedInNetworks
}
