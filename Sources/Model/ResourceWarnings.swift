import Wire

/// Rules that can be had, but can never match or never decide.
extension Topology {
  public func warnings(about resource: Resource) -> [LocatedResourceProblem] {
    let firewall = resource.firewall
    var found: [LocatedResourceProblem] = []
    let rules = firewall.virtualNetworkRules.count + firewall.ipRules.count
    if firewall.defaultAction == .allow, rules > 0 {
      found.append(LocatedResourceProblem(.defaultAction, .defaultActionAdmits(rules: rules)))
    }
    let subnets = subnetsByID
    for (index, rule) in firewall.virtualNetworkRules.enumerated() {
      guard let subnet = subnets[rule.subnetID], let address = unreached(resource, from: subnet)
      else { continue }
      let problem = ResourceProblem.unreachable(
        subnet: qualifiedName(ofSubnet: subnet), service: resource.service, address: address)
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
  /// endpoint yet, and where the resource has no address.
  private func unreached(_ resource: Resource, from subnet: Int) -> IPAddress? {
    let endpoints = endpoints(ofSubnet: subnet, for: resource.service)
    let addresses = resource.addresses + resource.secondaryAddresses
    guard !endpoints.isEmpty, let first = addresses.first else { return nil }
    let region = virtualNetworks[subnets[subnet].virtualNetwork].region
    let isCovered = endpoints.contains { endpoint in
      services.prefixes(of: endpoint, inRegion: region, tags: serviceTags).contains { prefix in
        addresses.contains { prefix.contains($0) }
      }
    }
    return isCovered ? nil : first
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
