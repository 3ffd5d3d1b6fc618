import Model
import Wire

/// The steps of a switch in an order that leaves no request without a rule where that can be had: rules that will be needed,
/// the switch, rules that are needed no more. Each rule is tried out before it is proposed.
struct SafeOrder {
  private let topology: Topology
  private let subnet: Int
  private let name: String
  private var before: [String] = []
  private var after: [String] = []
  private let switching: String

  var steps: [String] { before + [switching] + after }

  init(
    _ forecast: Forecast, _ asked: [Foreteller.Asked], _ foreteller: Foreteller, subnet: Int
  ) {
    topology = foreteller.then.topology
    self.subnet = subnet
    name = forecast.subnet
    let isEnabling = forecast.action == .enable
    switching =
      "\(isEnabling ? "Enable" : "Disable") \(forecast.service) on \(name)."
    let denied = Dictionary(grouping: asked.filter { $0.report.becomesDenied }) {
      $0.now?.match.resource ?? -1
    }
    for (resource, requests) in denied.sorted(by: { $0.key < $1.key }) {
      warn(of: requests, to: topology.resources[resource].name)
      let answered = requests.filter { $0.then != nil }
      guard !answered.isEmpty else { continue }
      if isEnabling {
        proposeNetworkRule(for: answered, to: resource)
      } else {
        proposeIPRules(for: answered, to: resource)
      }
    }
    let closed = forecast.connectionsClosed.count
    if closed > 0 {
      before.append(
        "See that nothing critical runs on \(closed == 1 ? "the connection" : "the \(closed) connections") that "
          + "the switch closes, and that the clients connect again.")
    }
    if isEnabling {
      proposeRemovals(ofIPRulesOf: asked)
    } else {
      proposeRemovals(ofNetworkRulesFor: forecast.service)
    }
  }

  private mutating func proposeNetworkRule(
    for requests: [Foreteller.Asked], to index: Int
  ) {
    let resource = topology.resources[index]
    let mayPrecede = topology.services.resourceRules(of: resource.service).allowsRuleBeforeEndpoint
    var changed = resource
    changed.firewall.virtualNetworkRules.append(
      .init(
        subnetID: topology.id(ofSubnet: subnet), identity: topology.subnets[subnet].identity,
        ignoreMissingVnetServiceEndpoint: mayPrecede))
    if let obstacle = obstacle(changed, instead: resource, requests) {
      before.append(
        "Do not go on while \(name) needs \(resource.name): it will deny the subnet, and no virtual-network rule "
          + "helps: \(obstacle).")
      return
    }
    let rule = "a virtual-network rule for \(name) to \(resource.name)"
    if mayPrecede {
      before.append("Add \(rule), with ignoreMissingVnetServiceEndpoint.")
    } else {
      after.append(
        "Add \(rule) at once: \(resource.service) takes it only where the endpoint is enabled, and until then "
          + "\(resource.name) denies the subnet.")
    }
  }

  private mutating func proposeIPRules(for requests: [Foreteller.Asked], to index: Int) {
    let resource = topology.resources[index]
    let callers = requests.compactMap { $0.then?.decision?.caller.source }
    for source in Set(callers).sorted() {
      guard case .v4(let address) = source else { continue }
      var changed = resource
      changed.firewall.ipRules.append(.init(addresses: .range(address, address)))
      let own = requests.filter { $0.then?.decision?.caller.source == source }
      if let obstacle = obstacle(changed, instead: resource, own) {
        before.append(
          "Do not go on while \(source) needs \(resource.name): it will be denied, and no IP rule helps: "
            + "\(obstacle).")
      } else {
        before.append("Add the IP rule \(source) to \(resource.name).")
      }
    }
  }

  /// What is dropped on its way no rule of the resource helps.
  private mutating func warn(of requests: [Foreteller.Asked], to resource: String) {
    var reasons: [String: String] = [:]
    for request in requests where request.then == nil {
      if let sentence = request.report.sentence { reasons[request.report.port] = sentence }
    }
    for (port, sentence) in reasons.sorted(by: { $0.key < $1.key }) {
      before.append(
        "Do not go on while \(port) needs \(resource): its packets will be dropped. \(sentence)")
    }
  }

  /// Why the requests are denied even so; nil where they are not.
  private func obstacle(
    _ changed: Resource, instead resource: Resource, _ requests: [Foreteller.Asked]
  ) -> String? {
    let checks = ResourceChecks(topology)
    let known = Set(checks.problems(with: resource).map(\.problem))
    if let problem = checks.problems(with: changed).map(\.problem).first(where: {
      !known.contains($0)
    }) {
      return problem.description
    }
    let firewall = CompiledFirewall(changed, in: topology.services)
    for request in requests {
      guard let foretold = request.then else { continue }
      guard let caller = foretold.decision?.caller else {
        return foretold.refusal.map { "\($0.sentence.dropLast())" } ?? ""
      }
      let verdict = firewall.verdict(for: caller, at: foretold.match.location)
      guard verdict.isAdmitted else { return changed.firewall.sentence(for: verdict) }
    }
    return nil
  }

  /// IP rules for nobody but NICs that will come over the endpoint.
  private mutating func proposeRemovals(ofIPRulesOf asked: [Foreteller.Asked]) {
    var leaving: [Int: [Int: Set<IPv4Address>]] = [:]
    for request in asked {
      guard let now = request.now, let rule = now.ipRule, request.then?.ipRule == nil,
        case .v4(let source) = now.decision?.caller.source
      else { continue }
      leaving[now.match.resource, default: [:]][rule, default: []].insert(source)
    }
    for (index, rules) in leaving.sorted(by: { $0.key < $1.key }) {
      let resource = topology.resources[index]
      for (position, sources) in rules.sorted(by: { $0.key < $1.key }) {
        let rule = resource.firewall.ipRules[position]
        guard case .range(let first, let last) = rule.addresses,
          UInt64(last.bits) - UInt64(first.bits) + 1 == UInt64(sources.count)
        else { continue }
        after.append("Remove the IP rule \(rule) from \(resource.name): nobody else has it.")
      }
    }
  }

  /// Rules for the subnet that a resource may not have without the endpoint.
  private mutating func proposeRemovals(ofNetworkRulesFor service: String) {
    for resource in topology.resources
    where topology.services.leads(service, to: resource.service) {
      for rule in resource.firewall.virtualNetworkRules
      where rule.subnetID == topology.id(ofSubnet: subnet)
        && !rule.ignoreMissingVnetServiceEndpoint
      {
        after.append(
          "Remove the virtual-network rule for \(name) from \(resource.name): the subnet no longer has the endpoint."
        )
      }
    }
  }
}
