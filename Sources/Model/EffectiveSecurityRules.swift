import Wire

/// One rule as it works at a NIC, with Azure's words and keys. Of each pair of keys, one and several, the one that
/// fits is there.
public struct EffectiveSecurityRule: Sendable, Codable, Equatable {
  /// `securityRules/NAME`, or `defaultSecurityRules/NAME`.
  public var name: String
  /// As in a rule, with `All` for `*`.
  public var proto: String
  /// `443-443`.
  public var sourcePortRange: String?
  public var sourcePortRanges: [String]?
  public var destinationPortRange: String?
  public var destinationPortRanges: [String]?
  /// A prefix or a tag; application security groups are the addresses in them.
  public var sourceAddressPrefix: String?
  public var sourceAddressPrefixes: [String]?
  public var destinationAddressPrefix: String?
  public var destinationAddressPrefixes: [String]?
  /// What the tags among the prefixes hold now.
  public var expandedSourceAddressPrefix: [String]?
  public var expandedDestinationAddressPrefix: [String]?
  public var access: SecurityRule.Access
  public var priority: Int
  public var direction: SecurityRule.Direction

  private enum CodingKeys: String, CodingKey {
    case name
    case proto = "protocol"
    case sourcePortRange, sourcePortRanges, destinationPortRange, destinationPortRanges
    case sourceAddressPrefix, sourceAddressPrefixes
    case destinationAddressPrefix, destinationAddressPrefixes
    case expandedSourceAddressPrefix, expandedDestinationAddressPrefix
    case access, priority, direction
  }
}

/// One group at a NIC, or at its subnet.
public struct EffectiveSecurityGroup: Sendable, Codable, Equatable {
  /// A resource by Azure's ID, or by its name here where it has none.
  public struct Resource: Sendable, Codable, Equatable {
    public var id: String
  }

  /// What the group stands at: one of the two.
  public struct Association: Sendable, Codable, Equatable {
    public var subnet: Resource?
    public var networkInterface: Resource?
  }

  public var networkSecurityGroup: Resource
  public var association: Association
  /// In the order in which they are asked, inbound first.
  public var effectiveSecurityRules: [EffectiveSecurityRule]
}

/// The answer of Azure's `effectiveNetworkSecurityGroups`.
public struct EffectiveSecurityGroupList: Sendable, Codable, Equatable {
  public var value: [EffectiveSecurityGroup]

  public init(value: [EffectiveSecurityGroup]) { self.value = value }
}

extension RoutingTables {
  /// N1: the groups of a NIC, then of its subnet, with what their tags hold by the routes that are known now.
  /// - Precondition: the NIC's index is within the topology.
  public func effectiveSecurityGroups(ofNetworkInterface index: Int) -> EffectiveSecurityGroupList {
    let nic = topology.networkInterfaces[index]
    let subnet = topology.subnets[nic.subnet]
    let expansion = TagExpansion(tables: self, network: subnet.virtualNetwork)
    func effective(
      _ group: Int, _ association: EffectiveSecurityGroup.Association
    ) -> EffectiveSecurityGroup {
      let group = topology.securityGroups[group]
      return EffectiveSecurityGroup(
        networkSecurityGroup: .init(id: group.resourceID ?? group.name), association: association,
        effectiveSecurityRules: SecurityRule.Direction.allCases.flatMap { direction in
          group.rules(direction).map { expansion.effective($0) }
        })
    }
    var list = EffectiveSecurityGroupList(value: [])
    if let group = nic.securityGroup {
      list.value.append(effective(group, .init(networkInterface: .init(id: nic.name))))
    }
    if let group = subnet.securityGroup {
      let name = topology.qualifiedName(ofSubnet: nic.subnet)
      list.value.append(effective(group, .init(subnet: .init(id: name))))
    }
    return list
  }
}

/// Tags as the prefixes that they hold in one network.
private struct TagExpansion {
  let topology: Topology
  let network: Int
  let virtualNetwork: [IPPrefix]
  let internet: [IPPrefix]
  /// Every address, of the versions that the network has.
  let everything: [IPPrefix]

  init(tables: RoutingTables, network: Int) {
    topology = tables.topology
    self.network = network
    let hasIPv6 = topology.virtualNetworks[network].addressSpace.contains { !$0.isIPv4 }
    let everything: [IPPrefix] = hasIPv6 ? [.anyIPv4, .anyIPv6] : [.anyIPv4]
    let inside = tables.virtualNetworkPrefixes(of: network).filter { hasIPv6 || $0.isIPv4 }
    self.everything = everything
    virtualNetwork = inside
    internet = everything.flatMap { whole in
      whole.without(inside.filter { $0.isIPv4 == whole.isIPv4 }[...])
    }
  }

  func effective(_ rule: SecurityRule) -> EffectiveSecurityRule {
    var line = EffectiveSecurityRule(
      name: (rule.isDefault ? "defaultSecurityRules/" : "securityRules/") + rule.name,
      proto: rule.transport == .any ? "All" : rule.transport.rawValue, access: rule.access,
      priority: rule.priority, direction: rule.direction)
    (line.sourcePortRange, line.sourcePortRanges) = oneOrMany(rule.sourcePorts.map(words))
    (line.destinationPortRange, line.destinationPortRanges) =
      oneOrMany(rule.destinationPorts.map(words))
    (line.sourceAddressPrefix, line.sourceAddressPrefixes) =
      oneOrMany(rule.sources.flatMap(words))
    (line.destinationAddressPrefix, line.destinationAddressPrefixes) =
      oneOrMany(rule.destinations.flatMap(words))
    line.expandedSourceAddressPrefix = expanded(rule.sources)
    line.expandedDestinationAddressPrefix = expanded(rule.destinations)
    return line
  }

  private func oneOrMany(_ words: [String]) -> (String?, [String]?) {
    words.count == 1 ? (words[0], nil) : (nil, words)
  }

  private func words(_ ports: ClosedRange<UInt16>) -> String {
    "\(ports.lowerBound)-\(ports.upperBound)"
  }

  private func words(_ address: SecurityRule.Address) -> [String] {
    switch address {
    case .any: everything.map(\.description)
    case .prefix(let prefix): [prefix.description]
    case .serviceTag(let name): [name]
    case .virtualNetwork: ["VirtualNetwork"]
    case .internet: ["Internet"]
    case .azureLoadBalancer: ["AzureLoadBalancer"]
    case .applicationSecurityGroup(let group): members(of: group).map(\.description)
    }
  }

  /// Nil where no tag is among them.
  private func expanded(_ addresses: [SecurityRule.Address]) -> [String]? {
    let tags = addresses.compactMap { address -> [IPPrefix]? in
      switch address {
      case .any, .prefix, .applicationSecurityGroup: nil
      case .serviceTag, .azureLoadBalancer: address.prefixes(topology.serviceTags)
      case .virtualNetwork: virtualNetwork
      case .internet: internet
      }
    }
    return tags.isEmpty ? nil : tags.flatMap { $0.map(\.description) }
  }

  private func members(of group: Int) -> [IPPrefix] {
    topology.networkInterfaces.flatMap(\.ipConfigurations)
      .filter { $0.applicationSecurityGroups.contains(group) }
      .map { IPPrefix(host: $0.privateAddress) }
  }
}

extension IPPrefix {
  /// What it holds and none of the others does, in as few prefixes as can be.
  /// - Parameter others: in order, none within another.
  func without(_ others: ArraySlice<IPPrefix>) -> [IPPrefix] {
    guard let first = others.first else { return [self] }
    if first.contains(self) { return [] }
    let low = IPPrefix(address, length: length + 1)
    let high = IPPrefix(low.last.next, length: length + 1)
    // In order: those of the lower half first.
    let middle = others.partitioningIndex { !low.overlaps($0) }
    return low.without(others[..<middle]) + high.without(others[middle...])
  }
}

extension IPAddress {
  /// The one behind it.
  fileprivate var next: IPAddress { IPAddress(bits: bits &+ 1, isIPv6: !isIPv4) }
}

extension ArraySlice {
  /// The first place from which on all elements match; those that do stand behind those that do not.
  fileprivate func partitioningIndex(_ matches: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if matches(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
