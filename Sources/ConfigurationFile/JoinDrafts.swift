/// A resource of the YAML file adds to one of the same name in an Azure document: what it writes counts, what
/// it leaves out stays. So an export gets its ports, and an endpoint, without being edited.
extension Drafts {
  mutating func join(_ included: Drafts, findings: Findings) {
    networks = Self.joined(networks, included.networks, name: \.name.value) { $0.adding(to: $1) }
    interfaces = Self.joined(interfaces, included.interfaces, name: \.name.value) {
      $0.adding(to: $1)
    }
    // A table, an address or a group is one statement: the YAML file's replaces the other.
    routeTables = Self.joined(routeTables, included.routeTables, name: \.name.value) { own, _ in own
    }
    resources = Self.joined(resources, included.resources, name: \.key) { $0.adding(to: $1) }
    publicAddresses = Self.joined(publicAddresses, included.publicAddresses, name: \.name.value) {
      own, _ in own
    }
    securityGroups = Self.joined(securityGroups, included.securityGroups, name: \.name.value) {
      own, _ in own
    }
    endpointPolicies = Self.joined(
      endpointPolicies, included.endpointPolicies, name: \.name.value
    ) { own, _ in own }
    applicationSecurityGroups = Self.joined(
      applicationSecurityGroups, included.applicationSecurityGroups, name: \.name.value
    ) { own, _ in own }
  }

  /// `own` in its order, each joined with its namesake; then the rest of `included`.
  static func joined<Draft>(
    _ own: [Draft], _ included: [Draft], name: (Draft) -> String, _ join: (Draft, Draft) -> Draft
  ) -> [Draft] {
    var rest = included
    let result = own.map { draft -> Draft in
      let index = rest.firstIndex { name($0).lowercased() == name(draft).lowercased() }
      return index.map { join(draft, rest.remove(at: $0)) } ?? draft
    }
    return result + rest
  }
}

extension NetworkDraft {
  fileprivate func adding(to base: NetworkDraft) -> NetworkDraft {
    var result = self
    result.resourceID = resourceID ?? base.resourceID
    result.number = number ?? base.number
    result.location = location ?? base.location
    result.tenant = tenant ?? base.tenant
    result.subscription = subscription ?? base.subscription
    result.resourceGroup = resourceGroup ?? base.resourceGroup
    if !hasAddressSpace {
      (result.addressSpace, result.hasAddressSpace) = (base.addressSpace, base.hasAddressSpace)
    }
    result.subnets = Drafts.joined(subnets, base.subnets, name: \.name.value) { $0.adding(to: $1) }
    result.peerings = Drafts.joined(peerings, base.peerings, name: \.name.value) { own, _ in own }
    return result
  }
}

extension SubnetDraft {
  fileprivate func adding(to base: SubnetDraft) -> SubnetDraft {
    var result = self
    result.resourceID = resourceID ?? base.resourceID
    if !hasPrefixes { (result.prefixes, result.hasPrefixes) = (base.prefixes, base.hasPrefixes) }
    result.endpoints = Drafts.joined(endpoints, base.endpoints, name: \.service.value) { own, _ in
      own
    }
    result.routeTable = routeTable ?? base.routeTable
    result.securityGroup = securityGroup ?? base.securityGroup
    if endpointPolicies.isEmpty { result.endpointPolicies = base.endpointPolicies }
    return result
  }
}

extension InterfaceDraft {
  fileprivate func adding(to base: InterfaceDraft) -> InterfaceDraft {
    var result = self
    result.resourceID = resourceID ?? base.resourceID
    result.subnet = subnet ?? base.subnet
    result.mac = mac ?? base.mac
    result.forwards = forwards ?? base.forwards
    result.securityGroup = securityGroup ?? base.securityGroup
    result.guest = guest ?? base.guest
    if configurations.isEmpty { result.configurations = base.configurations }
    result.port = port ?? base.port
    result.platform = platform ?? base.platform
    return result
  }
}
