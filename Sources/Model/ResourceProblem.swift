import Wire

/// Why a resource or one of its rules cannot be had, or can never match, in a sentence that says what would be right.
public enum ResourceProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case tooManyVirtualNetworkRules(service: String, count: Int, maximum: Int)
  case tooManyIPRules(service: String, count: Int, maximum: Int)
  /// Networks and resources may be of different subscriptions, but of one tenant.
  case otherTenant(subnet: String, tenant: String, ofResource: String)
  case endpointMissing(subnet: String, service: String, mayBeIgnored: Bool)
  case missingEndpointNotIgnored(service: String)
  /// SQL and Data Lake Gen1.
  case otherRegion(service: String, region: Region, subnet: String, ofNetwork: Region)
  /// A geo-redundant account's primary.
  case primaryElsewhere(region: Region, subnet: String, ofNetwork: Region)
  case secondaryNotPaired(region: Region, secondary: Region, pair: Region?)
  case repeated(rule: String)
  /// No endpoint of the subnet covers an address of the resource.
  case unreachable(subnet: String, service: String, address: IPAddress)
  /// The IP rule lies behind another that holds all of it.
  case covered(rule: String, by: String)
  /// IP rules decide nothing where the default action admits.
  case defaultActionAdmits(rules: Int)
  case networkSourceDeleted(subnet: String)

  public var description: String {
    switch self {
    case .tooManyVirtualNetworkRules(let service, let count, let maximum):
      "has \(count) virtual-network rules; a resource of \(service) can have \(maximum)"
    case .tooManyIPRules(let service, let count, let maximum):
      "has \(count) IP rules; a resource of \(service) can have \(maximum)"
    case .otherTenant(let subnet, let tenant, let own):
      "the network of \(subnet) belongs to the tenant `\(tenant)`, the resource to `\(own)`: both must be under "
        + "one tenant"
    case .endpointMissing(let subnet, let service, let mayBeIgnored):
      "\(subnet) has no endpoint for \(service); write it into the subnet's `serviceEndpoints`"
        + (mayBeIgnored ? ", or `ignoreMissingVnetServiceEndpoint: true` here" : " first")
    case .missingEndpointNotIgnored(let service):
      "\(service) takes no rule before the subnet has the endpoint; remove "
        + "`ignoreMissingVnetServiceEndpoint`"
    case .otherRegion(let service, let region, let subnet, let network):
      "the network of \(subnet) is in \(network), the resource in \(region): a resource of \(service) can be "
        + "secured to networks of its own region alone"
    case .primaryElsewhere(let region, let subnet, let network):
      "the network of \(subnet) is in \(network), the account's primary in \(region): a geo-redundant account is "
        + "secured to networks of its primary's region, or over an endpoint for Microsoft.Storage.Global"
    case .secondaryNotPaired(let region, let secondary, let pair):
      "`\(secondary)` is not the pair of \(region)"
        + (pair.map { ", which is \($0)" } ?? ": it has none")
    case .repeated(let rule): "\(rule) stands in another rule of the resource too; remove one"
    case .unreachable(let subnet, let service, let address):
      "can never match: no endpoint of \(subnet) for \(service) covers the resource's address \(address)"
    case .covered(let rule, let other):
      "can never decide: \(other), before it, holds all of \(rule)"
    case .defaultActionAdmits(let rules):
      "admits whatever \(rules == 1 ? "the rule" : "the \(rules) rules") would; write `Deny` to secure the resource"
    case .networkSourceDeleted(let subnet):
      "can never match: the subnet \(subnet) that it was made for is gone"
    }
  }
}

/// A problem, and which part of a resource it is about.
public struct LocatedResourceProblem: Hashable, Sendable {
  public enum Part: Hashable, Sendable {
    case virtualNetworkRule(Int)
    case virtualNetworkRules
    case ipRule(Int)
    case ipRules
    case defaultAction
    case secondaryRegion
  }

  public var part: Part
  public var problem: ResourceProblem

  public init(_ part: Part, _ problem: ResourceProblem) {
    self.part = part
    self.problem = problem
  }
}
