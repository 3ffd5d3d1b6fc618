import Wire

/// Rules that can be had, but can never match or never decide.
extension ResourceChecks {
  public mutating func warnings(about resource: Resource) -> [LocatedResourceProblem] {
    let firewall = resource.firewall
    var found: [LocatedResourceProblem] = []
    let rules = firewall.virtualNetworkRules.count + firewall.ipRules.count
    if firewall.defaultAction == .allow, rules > 0 {
      found.append(LocatedResourceProblem(.defaultAction, .defaultActionAdmits(rules: rules)))
    }
    for (index, rule) in firewall.virtualNetworkRules.enumerated() {
      guard let subnet = subnetsByID[rule.subnetID], let address = unreached(resource, from: subnet)
      else { continue }
      let problem = ResourceProblem.unreachable(
        subnet: topology.qualifiedName(ofSubnet: subnet), service: resource.service,
        address: address)
      found.append(LocatedResourceProblem(.virtualNetworkRule(index), problem))
    }
    for (index, rule) in firewall.ipRules.enumerated() {
      guard let other = firewall.ipRules[..<index].first(where: { $0.holds(rule) }) else {
        continue
      }
      let problem = ResourceProblem.covered(rule: "\(rule)", by: "\(other)")
      found.append(LocatedResourceProblem(.ipRule(index), problem))
    }
    return found
  }

  /// The resource's first address, where the subnet's endpoints cover none; nil where they cover one, where there is no
  /// endpoint yet, where the resource has no address, and where no endpoint has to lead to it (I7).
  private mutating func unreached(_ resource: Resource, from subnet: Int) -> IPAddress? {
    let addresses = resource.addresses + resource.secondaryAddresses
    let endpoints = topology.endpoints(ofSubnet: subnet, for: resource.service)
    let isTokenBased = topology.services.resourceRules(of: resource.service).isTokenBased
    guard !endpoints.isEmpty, !isTokenBased, let first = addresses.first else { return nil }
    for endpoint in endpoints {
      let table = prefixes(
        EndpointOfRegion(endpoint: endpoint, region: topology.region(ofSubnet: subnet)))
      if addresses.contains(where: { table.longest($0) != nil }) { return nil }
    }
    return first
  }

  private mutating func prefixes(_ key: EndpointOfRegion) -> DualTable {
    if let table = covered[key] { return table }
    var table = DualTable()
    for prefix in topology.services.prefixes(
      of: key.endpoint, inRegion: key.region, tags: topology.serviceTags)
    { table.insert(prefix, 0) }
    covered[key] = table
    return table
  }
}

extension ResourceFirewall.IPRule {
  /// Whether every caller that the other admits is this one's already.
  fileprivate func holds(_ other: Self) -> Bool {
    switch (addresses, other.addresses) {
    case (.range(let first, let last), .range(let otherFirst, let otherLast)):
      first <= otherFirst && otherLast <= last
    case (.azureServices, .azureServices): true
    default: false
    }
  }
}
