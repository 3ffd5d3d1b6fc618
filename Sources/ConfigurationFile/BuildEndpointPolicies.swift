import Model

/// Endpoint policies, and which subnets have them (N2).
extension BuildConfiguration {
  /// Behind the resources: an account that is not there is warned of.
  mutating func buildEndpointPolicies() {
    let drafts = document.drafts.endpointPolicies
    refuseRepeated(drafts.map(\.name), what: "service endpoint policy")
    for draft in drafts {
      refuseRepeated(draft.definitions.map(\.name), what: "definition of `\(draft.name.value)`")
      for resource in draft.definitions.flatMap(\.resources)
      where !topology.resources.contains(where: { resource.value.contains($0.id) }) {
        findings.warning(
          resource.place, "no resource of this configuration is listed by `\(resource.value)`")
      }
      topology.serviceEndpointPolicies.append(
        ServiceEndpointPolicy(
          name: draft.name.value,
          definitions: draft.definitions.map {
            .init(name: $0.name.value, serviceResources: $0.resources.map(\.value))
          }))
    }
    for (index, subnet) in subnetDrafts.enumerated() {
      for reference in subnet.endpointPolicies {
        guard let policy = endpointPolicy(reference) else { continue }
        if topology.subnets[index].serviceEndpointPolicies.contains(policy) {
          findings.error(reference.place, "`\(reference.text)` stands here twice")
        } else {
          topology.subnets[index].serviceEndpointPolicies.append(policy)
        }
      }
    }
  }

  private func endpointPolicy(_ reference: Reference) -> Int? {
    index(
      of: reference, type: "serviceEndpointPolicies", "service endpoint policy",
      among: document.drafts.endpointPolicies.map { ($0.name.value, $0.resourceID) })
  }
}
