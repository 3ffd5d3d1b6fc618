/// What a resource's firewall says to one request, and what decided (I3, I6).
public struct FirewallVerdict: Hashable, Sendable {
  public enum Deciding: Hashable, Sendable {
    /// Index of the rule.
    case virtualNetworkRule(Int)
    /// Index of the rule.
    case ipRule(Int)
    case defaultAction
    /// `publicNetworkAccess` is off.
    case publicNetworkAccess
    /// The host's own disk traffic, which meets no firewall (R8).
    case platform
    /// Packets do not tell: the service itself decides, by the caller's token (I7).
    case token
  }

  /// A rule that fits the request, and why it did not decide.
  public enum Obstacle: Hashable, Sendable {
    /// The virtual-network rule names the subnet, but the network is another tenant's.
    case otherTenant(rule: Int)
    /// The IP rule holds the address, but has no effect on callers in the resource's own region.
    case sameRegion(rule: Int)
    /// The request comes over an endpoint: its source is private, and IP rules see public ones.
    case privateSource
  }

  public var isAdmitted: Bool
  public var deciding: Deciding
  public var obstacle: Obstacle?

  public init(isAdmitted: Bool, deciding: Deciding, obstacle: Obstacle? = nil) {
    self.isAdmitted = isAdmitted
    self.deciding = deciding
    self.obstacle = obstacle
  }
}

extension ResourceFirewall {
  /// What a verdict says, as a sentence for a person or a log.
  public func sentence(for verdict: FirewallVerdict) -> String {
    var text = verdict.isAdmitted ? "admitted by " : "denied by "
    switch verdict.deciding {
    case .virtualNetworkRule(let index):
      text += "the virtual-network rule for \(virtualNetworkRules[index])"
    case .ipRule(let index): text += "the IP rule \(ipRules[index])"
    case .defaultAction: text += "the default action \(defaultAction.rawValue)"
    case .publicNetworkAccess: text += "publicNetworkAccess, which is Disabled"
    case .platform: text = "platform disk traffic meets no firewall"
    case .token: text = "passed on: the service decides by the caller's token"
    }
    switch verdict.obstacle {
    case .otherTenant(let rule):
      text +=
        "; the virtual-network rule for \(virtualNetworkRules[rule]) is for the resource's tenant alone"
    case .sameRegion(let rule):
      text += "; the IP rule \(ipRules[rule]) has no effect on callers in the same region"
    case .privateSource:
      text += "; over the endpoint the source is private, so IP rules do not match"
    case nil: break
    }
    return text
  }

  /// The rule that decided, in one word or two: for tables and counters.
  public func name(of deciding: FirewallVerdict.Deciding) -> String {
    switch deciding {
    case .virtualNetworkRule(let index):
      "virtualNetworkRules[\(index)] \(virtualNetworkRules[index])"
    case .ipRule(let index): "ipRules[\(index)] \(ipRules[index])"
    case .defaultAction: "defaultAction \(defaultAction.rawValue)"
    case .publicNetworkAccess: "publicNetworkAccess Disabled"
    case .platform: "platform"
    case .token: "token"
    }
  }
}
