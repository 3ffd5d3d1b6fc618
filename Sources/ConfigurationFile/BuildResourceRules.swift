import Model
import Wire

/// A resource's rules: whom they name, what they must keep, and which can never match (I3, I4).
extension BuildConfiguration {
  mutating func buildRules(of index: Int, _ checks: inout ResourceChecks) {
    let draft = resourceDrafts[index]
    let kept = draft.firewall.networkRules.filter { rule in
      guard rule.isSourceDeleted else { return true }
      let problem = ResourceProblem.networkSourceDeleted(subnet: rule.subnet.text)
      findings.warning(rule.subnet.place, "\(problem)")
      return false
    }
    var rules: [(draft: NetworkRuleDraft, rule: ResourceFirewall.VirtualNetworkRule)] = []
    for rule in kept {
      guard let id = subnetID(rule.subnet, checks) else { continue }
      rules.append(
        (
          rule,
          ResourceFirewall.VirtualNetworkRule(
            name: rule.name, subnetID: id,
            ignoreMissingVnetServiceEndpoint: rule.ignoresMissingEndpoint)
        ))
    }
    topology.resources[index].firewall = ResourceFirewall(
      isPublic: draft.firewall.isPublic ?? true, defaultAction: defaultAction(of: index, draft),
      virtualNetworkRules: rules.map(\.rule),
      ipRules: draft.firewall.ipRules.map {
        ResourceFirewall.IPRule(name: $0.name, addresses: $0.addresses.value)
      })
    let resource = topology.resources[index]
    for found in checks.problems(with: resource) {
      report(found, draft, rules.map(\.draft), isError: isError(found.problem, draft))
    }
    for found in checks.warnings(about: resource) {
      report(found, draft, rules.map(\.draft), isError: false)
    }
    decide(rules.map { ($0.draft, $0.rule.subnetID) }, of: resource, draft, checks)
  }

  /// SQL denies what no rule admits; of the others an export may leave the default action away.
  private func defaultAction(of index: Int, _ draft: ResourceDraft) -> ResourceFirewall.Action {
    if let written = draft.firewall.defaultAction { return written.value }
    let type = topology.services.resourceRules(of: topology.resources[index].service).type
    let isSQL = type?.lowercased() == "microsoft.sql/servers"
    let hasRules = !draft.firewall.networkRules.isEmpty || !draft.firewall.ipRules.isEmpty
    return isSQL || hasRules || draft.firewall.isFilterEnabled ? .deny : .allow
  }

  /// The subnet's own ID, so that rules and subnets compare; of one that is elsewhere, the ID as it was written.
  private func subnetID(_ reference: Reference, _ checks: ResourceChecks) -> AzureID? {
    if let index = checks.subnetsByName[reference.text.lowercased()] {
      return topology.id(ofSubnet: index)
    }
    guard let id = AzureID(reference.text) else {
      return subnet(reference, reporting: true).map(topology.id(ofSubnet:))
    }
    guard id.resourceType?.lowercased() == "microsoft.network/virtualnetworks/subnets" else {
      findings.error(reference.place, "`\(reference.text)` is not the ID of a subnet")
      return nil
    }
    if checks.subnetsByID[id] != nil { return id }
    // A network whose ID is made of names is meant by any ID with its names.
    if let index = subnet(reference, reporting: false),
      topology.virtualNetworks[topology.subnets[index].virtualNetwork].resourceID == nil
    {
      return topology.id(ofSubnet: index)
    }
    findings.warning(
      reference.place, "can never match here: the subnet `\(id)` is not in this configuration")
    return id
  }

  /// The state of an export may be one that could not be made now.
  private func isError(_ problem: ResourceProblem, _ draft: ResourceDraft) -> Bool {
    guard draft.isFromAzure else { return true }
    return switch problem {
    case .endpointMissing, .missingEndpointNotIgnored, .secondaryNotPaired: false
    default: true
    }
  }

  private func report(
    _ found: LocatedResourceProblem, _ draft: ResourceDraft, _ rules: [NetworkRuleDraft],
    isError: Bool
  ) {
    let place =
      switch found.part {
      case .virtualNetworkRule(let index): rules[index].subnet.place
      case .virtualNetworkRules: draft.firewall.networkRulesPlace ?? draft.place
      case .ipRule(let index): draft.firewall.ipRules[index].addresses.place
      case .ipRules: draft.firewall.ipRulesPlace ?? draft.place
      case .defaultAction: draft.firewall.defaultAction?.place ?? draft.place
      case .secondaryRegion: draft.secondaryLocation?.place ?? draft.place
      }
    if isError {
      findings.error(place, "\(found.problem)")
    } else {
      findings.warning(place, "\(found.problem)")
    }
  }

  /// Whether the one who makes the rules may: only where the file says who it is.
  private mutating func decide(
    _ rules: [(draft: NetworkRuleDraft, subnet: AzureID)], of resource: Resource,
    _ draft: ResourceDraft,
    _ checks: ResourceChecks
  ) {
    guard let principal = draft.principal else { return }
    for rule in rules {
      guard let subnet = checks.subnetsByID[rule.subnet] else { continue }
      let decision = topology.decision(principal.value, joining: subnet, to: resource, access)
      accessDecisions.append(decision)
      if !decision.isAllowed { findings.error(rule.draft.subnet.place, "\(decision)") }
    }
  }
}
