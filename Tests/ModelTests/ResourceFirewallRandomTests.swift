import Model
import TestSupport
import Testing
import Wire

/// The firewall read aloud: rule after rule, in the file's order.
private func slowVerdict(
  _ resource: Resource, _ caller: Caller, _ location: Resource.Location
) -> FirewallVerdict {
  let firewall = resource.firewall
  if caller.isPlatform { return FirewallVerdict(isAdmitted: true, deciding: .platform) }
  if !firewall.isPublic {
    return FirewallVerdict(isAdmitted: false, deciding: .publicNetworkAccess)
  }
  var obstacle: FirewallVerdict.Obstacle?
  if caller.viaEndpoint {
    for (index, rule) in firewall.virtualNetworkRules.enumerated()
    where rule.identity != nil && rule.identity == caller.identity && obstacle == nil {
      let isOfTenant =
        resource.tenant == nil || caller.tenant == nil
        || resource.tenant?.lowercased() == caller.tenant?.lowercased()
      if isOfTenant {
        return FirewallVerdict(isAdmitted: true, deciding: .virtualNetworkRule(index))
      }
      obstacle = .otherTenant(rule: index)
    }
    if obstacle == nil, !firewall.ipRules.isEmpty { obstacle = .privateSource }
  } else {
    for (index, rule) in firewall.ipRules.enumerated() where obstacle == nil {
      switch rule.addresses {
      case .azureServices: if caller.region == nil { continue }
      case .range(let first, let last):
        guard case .v4(let source) = caller.source, first <= source, source <= last else {
          continue
        }
      }
      let isStorage = resource.service.hasPrefix("Microsoft.Storage")
      if !(isStorage && caller.region == resource.region(at: location)) {
        return FirewallVerdict(isAdmitted: true, deciding: .ipRule(index))
      }
      obstacle = .sameRegion(rule: index)
    }
  }
  let isAdmitted = firewall.defaultAction == .allow
  return FirewallVerdict(
    isAdmitted: isAdmitted, deciding: .defaultAction, obstacle: isAdmitted ? nil : obstacle)
}

@Suite("I3: compiled firewalls")
struct ResourceFirewallRandomTests {
  @Test("I3: random firewalls say what their rules say one by one", arguments: 0..<200)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let regions = ["westeurope", "northeurope", "eastus"].map(Region.init)
    var resource = Bool.random(using: &random) ? Resource.account() : Resource.server()
    resource.tenant = ["contoso", "Fabrikam", nil].randomElement(using: &random)!
    resource.secondaryRegion = Bool.random(using: &random) ? regions[1] : nil
    resource.firewall.isPublic = Int.random(in: 0..<10, using: &random) != 0
    resource.firewall.defaultAction = Bool.random(using: &random) ? .allow : .deny
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let number = UInt32.random(in: 0...5, using: &random)
      resource.firewall.virtualNetworkRules.append(
        .init(
          subnetID: subnetID("n/s\(number)"), identity: number == 0 ? nil : SubnetIdentity(number)))
    }
    // Close together, so that ranges meet, hold each other and cross; the ends of the address space among them.
    let base = [0, UInt32.max - 40, 0xcb00_7100].randomElement(using: &random)!
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      let first = base + UInt32.random(in: 0...40, using: &random)
      let last = first + min(base + 40 - first, .random(in: 0...20, using: &random))
      resource.firewall.ipRules.append(
        .init(
          addresses: Int.random(in: 0..<12, using: &random) == 0
            ? .azureServices : .range(IPv4Address(first), IPv4Address(last))))
    }
    let compiled = CompiledFirewall(resource, in: resourceServices)
    for _ in 0..<500 {
      let isIPv6 = Int.random(in: 0..<20, using: &random) == 0
      let viaEndpoint = Bool.random(using: &random)
      let bits = base &+ UInt32.random(in: 0...44, using: &random)
      let caller = Caller(
        source: isIPv6 ? address("2001:db8::1") : .v4(IPv4Address(bits)),
        identity: viaEndpoint ? SubnetIdentity(.random(in: 1...6, using: &random)) : nil,
        tenant: ["CONTOSO", "fabrikam", nil].randomElement(using: &random)!,
        region: Bool.random(using: &random) ? regions.randomElement(using: &random) : nil,
        viaEndpoint: viaEndpoint, isPlatform: Int.random(in: 0..<30, using: &random) == 0)
      let location: Resource.Location = Bool.random(using: &random) ? .primary : .secondary
      let expected = slowVerdict(resource, caller, location)
      #expect(
        compiled.verdict(for: caller, at: location) == expected,
        "seed \(seed): \(caller) at \(location) of \(resource.firewall)")
    }
  }
}
