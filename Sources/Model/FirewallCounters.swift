/// How often each rule of one resource's firewall has decided. Owned by one worker; those of several are added.
public struct FirewallCounters: Hashable, Sendable {
  public private(set) var virtualNetworkRules: [UInt64]
  public private(set) var ipRules: [UInt64]
  public private(set) var defaultAction: UInt64 = 0
  public private(set) var publicNetworkAccess: UInt64 = 0
  public private(set) var platform: UInt64 = 0
  public private(set) var token: UInt64 = 0
  public private(set) var admitted: UInt64 = 0
  public private(set) var denied: UInt64 = 0

  public init(_ firewall: ResourceFirewall) {
    virtualNetworkRules = Array(repeating: 0, count: firewall.virtualNetworkRules.count)
    ipRules = Array(repeating: 0, count: firewall.ipRules.count)
  }

  /// - Precondition: the verdict is one of the firewall that the counters are for.
  public mutating func count(_ verdict: FirewallVerdict) {
    switch verdict.deciding {
    case .virtualNetworkRule(let index): virtualNetworkRules[index] += 1
    case .ipRule(let index): ipRules[index] += 1
    case .defaultAction: defaultAction += 1
    case .publicNetworkAccess: publicNetworkAccess += 1
    case .platform: platform += 1
    case .token: token += 1
    }
    if verdict.isAdmitted { admitted += 1 } else { denied += 1 }
  }

  /// - Precondition: both are for the same firewall.
  public mutating func add(_ other: FirewallCounters) {
    for index in virtualNetworkRules.indices {
      virtualNetworkRules[index] += other.virtualNetworkRules[index]
    }
    for index in ipRules.indices { ipRules[index] += other.ipRules[index] }
    defaultAction += other.defaultAction
    publicNetworkAccess += other.publicNetworkAccess
    platform += other.platform
    token += other.token
    admitted += other.admitted
    denied += other.denied
  }
}
