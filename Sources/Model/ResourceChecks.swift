import Wire

/// What a resource's rules must keep (I3): regions, tenants, endpoints and limits. Made once for all resources: it knows
/// the subnets by ID, and remembers what endpoints cover.
public struct ResourceChecks: Sendable {
  public let topology: Topology
  /// Subnets by their IDs, as rules name them.
  public let subnetsByID: [AzureID: Int]
  /// By `network/subnet` in lower case.
  public let subnetsByName: [String: Int]
  /// What the endpoints cover that were asked about (`ResourceWarnings.swift`).
  var covered: [EndpointOfRegion: DualTable] = [:]

  struct EndpointOfRegion: Hashable {
    var endpoint: ServiceEndpoint
    var region: Region
  }

  public init(_ topology: Topology) {
    self.topology = topology
    subnetsByID = Dictionary(
      topology.subnets.indices.map { (topology.id(ofSubnet: $0), $0) },
      uniquingKeysWith: { first, _ in first })
    subnetsByName = Dictionary(
      topology.subnets.indices.map { (topology.qualifiedName(ofSubnet: $0).lowercased(), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// What is wrong with a resource and its rules.
  public func problems(with resource: Resource) -> [LocatedResourceProblem] {
    var found: [LocatedResourceProblem] = []
    let services = topology.services
    let limits = services.resourceRules(of: resource.service)
    let (networkRules, ipRules) = (resource.firewall.virtualNetworkRules, resource.firewall.ipRules)
    if let maximum = limits.maximumVirtualNetworkRules, networkRules.count > maximum {
      let problem = ResourceProblem.tooManyVirtualNetworkRules(
        service: resource.service, count: networkRules.count, maximum: maximum)
      found.append(LocatedResourceProblem(.virtualNetworkRules, problem))
    }
    if let maximum = limits.maximumIPRules, ipRules.count > maximum {
      let problem = ResourceProblem.tooManyIPRules(
        service: resource.service, count: ipRules.count, maximum: maximum)
      found.append(LocatedResourceProblem(.ipRules, problem))
    }
    if let secondary = resource.secondaryRegion, !services.pairs.isEmpty,
      services.pairs[resource.region] != secondary
    {
      let problem = ResourceProblem.secondaryNotPaired(
        region: resource.region, secondary: secondary, pair: services.pairs[resource.region])
      found.append(LocatedResourceProblem(.secondaryRegion, problem))
    }
    var seen: Set<AzureID> = []
    for (index, rule) in networkRules.enumerated() {
      let part = LocatedResourceProblem.Part.virtualNetworkRule(index)
      if !seen.insert(rule.subnetID).inserted {
        found.append(LocatedResourceProblem(part, .repeated(rule: "\(rule)")))
      }
      guard let subnet = subnetsByID[rule.subnetID] else { continue }
      found += problems(with: rule, of: resource, subnet: subnet).map {
        LocatedResourceProblem(part, $0)
      }
    }
    return found
  }

  private func problems(
    with rule: ResourceFirewall.VirtualNetworkRule, of resource: Resource, subnet: Int
  ) -> [ResourceProblem] {
    var found: [ResourceProblem] = []
    let name = topology.qualifiedName(ofSubnet: subnet)
    let network = topology.virtualNetworks[topology.subnets[subnet].virtualNetwork]
    if let tenant = network.tenant, let own = resource.tenant,
      tenant.lowercased() != own.lowercased()
    {
      found.append(.otherTenant(subnet: name, tenant: tenant, ofResource: own))
    }
    if let problem = regionProblem(of: resource, subnet: subnet) { found.append(problem) }
    let mayIgnore = topology.services.resourceRules(of: resource.service).allowsRuleBeforeEndpoint
    if rule.ignoreMissingVnetServiceEndpoint, !mayIgnore {
      found.append(.missingEndpointNotIgnored(service: resource.service))
    } else if topology.endpoints(ofSubnet: subnet, for: resource.service).isEmpty,
      !rule.ignoreMissingVnetServiceEndpoint
    {
      found.append(
        .endpointMissing(subnet: name, service: resource.service, mayBeIgnored: mayIgnore))
    }
    return found
  }

  /// SQL and Data Lake Gen1: the network's region; a geo-redundant account: its primary's.
  private func regionProblem(of resource: Resource, subnet: Int) -> ResourceProblem? {
    let services = topology.services
    let region = topology.region(ofSubnet: subnet)
    guard region != resource.region, let index = services.index(named: resource.service) else {
      return nil
    }
    let name = topology.qualifiedName(ofSubnet: subnet)
    if services.services[index].scope == .region {
      return .otherRegion(
        service: resource.service, region: resource.region, subnet: name, ofNetwork: region)
    }
    let isGlobal = topology.endpoints(ofSubnet: subnet, for: resource.service).contains {
      endpoint in
      services.index(named: endpoint.service).map { services.services[$0].scope } == .everyRegion
    }
    guard resource.secondaryRegion != nil, !isGlobal else { return nil }
    return .primaryElsewhere(region: resource.region, subnet: name, ofNetwork: region)
  }
}

extension Topology {
  /// A subnet's endpoints that lead to a service's resources: its own, or one of its exclusive group
  /// (`Microsoft.Storage.Global` for a storage account).
  public func endpoints(ofSubnet index: Int, for service: String) -> [ServiceEndpoint] {
    subnets[index].serviceEndpoints.filter { services.leads($0.service, to: service) }
  }

  func region(ofSubnet index: Int) -> Region {
    virtualNetworks[subnets[index].virtualNetwork].region
  }
}

extension ServiceCatalogue {
  /// Whether an endpoint for one service leads to the resources of another: to its own, and to those of its exclusive
  /// group.
  public func leads(_ endpoint: String, to service: String) -> Bool {
    if endpoint.lowercased() == service.lowercased() { return true }
    guard let one = index(named: endpoint), let other = index(named: service),
      let group = services[one].exclusiveGroup
    else { return false }
    return group == services[other].exclusiveGroup
  }
}
