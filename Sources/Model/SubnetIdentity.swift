/// Which subnet it is, whatever its name: one that was removed and made anew has another number.
public struct SubnetIdentity: Hashable, Sendable, Codable, CustomStringConvertible {
  /// From 1, never used twice by one `SubnetIdentities`.
  public var number: UInt32

  public init(_ number: UInt32) { self.number = number }

  public var description: String { "\(number)" }
}

/// Numbers for subnets, and which of them each rule was made for: kept from one configuration to the next, so
/// that a subnet made anew under an old name inherits no rule (I3).
///
/// A rule is the same one as long as its resource has a rule for the same subnet ID in each configuration. Such a
/// rule keeps the subnet that it was made for, also when that is gone (Azure shows `NetworkSourceDeleted`): it has to
/// be removed and made again.
public struct SubnetIdentities: Hashable, Sendable, Codable {
  private var next: UInt32 = 1
  /// By the subnet's ID.
  private var subnets: [String: SubnetIdentity] = [:]
  /// By resource, then by the subnet's ID as the rule has it.
  private var rules: [String: [String: SubnetIdentity]] = [:]

  public init() {}

  /// Gives the subnets of a configuration their numbers, and its rules the subnets they were made for.
  public mutating func adopt(_ topology: inout Topology) {
    var living: [String: SubnetIdentity] = [:]
    for index in topology.subnets.indices {
      let key = topology.id(ofSubnet: index).key
      let identity = subnets[key] ?? newIdentity()
      living[key] = identity
      topology.subnets[index].identity = identity
    }
    var made: [String: [String: SubnetIdentity]] = [:]
    for index in topology.resources.indices {
      let resource = topology.resources[index].id.key
      for position in topology.resources[index].firewall.virtualNetworkRules.indices {
        let subnet =
          topology.resources[index].firewall.virtualNetworkRules[position].subnetID.key
        let identity = rules[resource]?[subnet] ?? living[subnet]
        topology.resources[index].firewall.virtualNetworkRules[position].identity = identity
        if let identity { made[resource, default: [:]][subnet] = identity }
      }
    }
    (subnets, rules) = (living, made)
  }

  private mutating func newIdentity() -> SubnetIdentity {
    defer { next += 1 }
    return SubnetIdentity(next)
  }
}
