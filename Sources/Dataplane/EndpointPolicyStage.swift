import Model
import Wire

extension Snapshot {
  /// N2: over an endpoint a subnet with policies reaches the resources that they list, and nothing else. Of an appliance's
  /// traffic its own subnet's policies count: the endpoint is that subnet's.
  func filterByPolicy(_ key: FlowKey, _ route: ResolvedRoute, trace: inout Trace?)
    throws(DropReason)
  {
    guard route.nextHopType == .virtualNetworkServiceEndpoint, let service = route.service,
      let subnet = self[key.ingress].subnet
    else { return }
    let destination = key.destinationAddress
    switch routing.endpointPolicy(ofSubnet: subnet, service: service, destination) {
    case .noPolicy: return
    case .listed(let index):
      trace.record(
        "endpoint-policy",
        "N2: \(policies(of: subnet, listing: topology.resources[index])) of subnet "
          + "\(topology.qualifiedName(ofSubnet: subnet)) lists "
          + topology.resources[index].name)
    case .unlisted:
      trace.record(
        "endpoint-policy",
        "N2: no policy of subnet \(topology.qualifiedName(ofSubnet: subnet)) lists a resource at \(destination)"
      )
      throw .endpointPolicy
    }
  }

  private func policies(of subnet: Int, listing resource: Resource) -> String {
    topology.subnets[subnet].serviceEndpointPolicies.map { topology.serviceEndpointPolicies[$0] }
      .filter { $0.lists(resource) }.map(\.name).joined(separator: ", ")
  }
}
