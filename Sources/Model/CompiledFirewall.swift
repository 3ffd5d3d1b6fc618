import Wire

/// A resource's firewall, made for many verdicts: a subnet's rule by hash, an address's by binary search.
///
/// Of several IP rules that hold an address the first one counts, of several for a subnet too.
public struct CompiledFirewall: Sendable {
  public let firewall: ResourceFirewall
  private let regions: (primary: Region, secondary: Region)
  private let tenant: String?
  /// Storage: IP rules have no effect on callers in the region.
  private let ignoresIPRulesInRegion: Bool
  private let bySubnet: [SubnetIdentity: Int]
  /// Where the addresses of an interval begin, ascending, and the rule for each interval; -1 for none.
  private let starts: [UInt32]
  private let ruleFrom: [Int32]
  private let azureServicesRule: Int?

  public init(_ resource: Resource, in services: ServiceCatalogue) {
    firewall = resource.firewall
    regions = (resource.region, resource.region(at: .secondary))
    tenant = resource.tenant?.lowercased()
    ignoresIPRulesInRegion = services.resourceRules(of: resource.service).ignoresIPRulesInRegion
    let numbered = firewall.virtualNetworkRules.enumerated().compactMap { index, rule in
      rule.identity.map { ($0, index) }
    }
    bySubnet = Dictionary(numbered, uniquingKeysWith: { first, _ in first })
    azureServicesRule = firewall.ipRules.firstIndex { $0.addresses == .azureServices }
    (starts, ruleFrom) = Self.intervals(of: firewall.ipRules)
  }

  /// Whether a request is admitted, and by what.
  public func verdict(
    for caller: Caller, at location: Resource.Location = .primary
  ) -> FirewallVerdict {
    if caller.isPlatform { return FirewallVerdict(isAdmitted: true, deciding: .platform) }
    if !firewall.isPublic {
      return FirewallVerdict(isAdmitted: false, deciding: .publicNetworkAccess)
    }
    var obstacle: FirewallVerdict.Obstacle?
    if caller.viaEndpoint {
      if let rule = caller.identity.flatMap({ bySubnet[$0] }) {
        if isOfTenant(caller) {
          return FirewallVerdict(isAdmitted: true, deciding: .virtualNetworkRule(rule))
        }
        obstacle = .otherTenant(rule: rule)
      } else if !firewall.ipRules.isEmpty {
        obstacle = .privateSource
      }
    } else if let rule = ipRule(for: caller) {
      let region = location == .primary ? regions.primary : regions.secondary
      if !ignoresIPRulesInRegion || caller.region != region {
        return FirewallVerdict(isAdmitted: true, deciding: .ipRule(rule))
      }
      obstacle = .sameRegion(rule: rule)
    }
    let isAdmitted = firewall.defaultAction == .allow
    return FirewallVerdict(
      isAdmitted: isAdmitted, deciding: .defaultAction, obstacle: isAdmitted ? nil : obstacle)
  }

  private func isOfTenant(_ caller: Caller) -> Bool {
    guard let tenant, let other = caller.tenant else { return true }
    return tenant == other.lowercased()
  }

  private func ipRule(for caller: Caller) -> Int? {
    let services = caller.region == nil ? nil : azureServicesRule
    guard case .v4(let address) = caller.source else { return services }
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= address.bits { low = middle + 1 } else { high = middle }
    }
    guard low > 0, ruleFrom[low - 1] >= 0 else { return services }
    return min(Int(ruleFrom[low - 1]), services ?? .max)
  }

  /// Cuts the ranges where any of them begins or ends: inside a piece the same rules hold, and the first counts.
  private static func intervals(of rules: [ResourceFirewall.IPRule]) -> ([UInt32], [Int32]) {
    var events: [(address: UInt64, rule: Int, begins: Bool)] = []
    for (index, rule) in rules.enumerated() {
      guard case .range(let first, let last) = rule.addresses, first <= last else { continue }
      events.append((UInt64(first.bits), index, true))
      events.append((UInt64(last.bits) + 1, index, false))
    }
    events.sort { $0.address < $1.address }
    var (starts, ruleFrom): ([UInt32], [Int32]) = ([], [])
    var open: Set<Int> = []
    for (position, event) in events.enumerated() {
      if event.begins { open.insert(event.rule) } else { open.remove(event.rule) }
      let isLast = position + 1 == events.count || events[position + 1].address != event.address
      guard isLast, event.address <= UInt64(UInt32.max) else { continue }
      let rule = Int32(open.min() ?? -1)
      if ruleFrom.last == rule { continue }
      starts.append(UInt32(event.address))
      ruleFrom.append(rule)
    }
    return (starts, ruleFrom)
  }
}
