import Wire

/// N2: what each subnet may reach over its endpoint for storage. Subnets with the same policies share the answer.
struct EndpointPolicies: Sendable {
  /// By subnet: the addresses of the resources that its policies list, each with the resource; nil without a policy.
  private let listed: [[IPAddress: Int]?]
  /// By service, whether policies are for it.
  private let governed: [Bool]

  init(_ topology: Topology) {
    governed = topology.services.services.indices.map { topology.services.hasPolicies($0) }
    var known: [Set<Int>: [IPAddress: Int]] = [:]
    listed = topology.subnets.map { subnet in
      guard !subnet.serviceEndpointPolicies.isEmpty else { return nil }
      let policies = Set(subnet.serviceEndpointPolicies)
      if let addresses = known[policies] { return addresses }
      var addresses: [IPAddress: Int] = [:]
      for (index, resource) in topology.resources.enumerated()
      where resource.service == ServiceEndpointPolicy.service
        && policies.contains(where: { topology.serviceEndpointPolicies[$0].lists(resource) })
      {
        for address in resource.addresses + resource.secondaryAddresses
        where addresses[address] == nil {
          addresses[address] = index
        }
      }
      known[policies] = addresses
      return addresses
    }
  }

  func answer(subnet: Int, service: Int, _ destination: IPAddress) -> EndpointPolicyAnswer {
    guard governed[service], let listed = listed[subnet] else { return .noPolicy }
    return listed[destination].map { .listed(resource: $0) } ?? .unlisted
  }
}

/// What the policies of a subnet say of a destination.
public enum EndpointPolicyAnswer: Hashable, Sendable {
  /// The subnet has none, or the service has none: everything passes.
  case noPolicy
  /// Index of the resource that one of them lists.
  case listed(resource: Int)
  case unlisted
}

extension RoutingTables {
  /// N2: whether a packet of a subnet may take an endpoint route of a service to the destination. What counts is the
  /// address: of several resources that share one, it is enough that one is listed.
  /// - Precondition: subnet and service are within the topology.
  public func endpointPolicy(
    ofSubnet subnet: Int, service: Int, _ destination: IPAddress
  ) -> EndpointPolicyAnswer {
    endpointPolicies.answer(subnet: subnet, service: service, destination)
  }
}

extension ServiceCatalogue {
  /// Whether policies are for the service: for `Microsoft.Storage`, and for what has its tag (`.Storage.Global`).
  func hasPolicies(_ index: Int) -> Bool {
    services[index].name == ServiceEndpointPolicy.service
      || self.index(named: ServiceEndpointPolicy.service).map { services[$0].tag }
        == services[index].tag
  }
}

extension Subnet {
  /// R7: with a policy the storage endpoint reaches every region.
  var widensStorage: Bool { !serviceEndpointPolicies.isEmpty }
}
