/// A network security group: the written rules, in any order; the default rules stand behind them (N1).
public struct SecurityGroup: Hashable, Sendable {
  public var name: String
  /// Azure's ID of the resource, where it has one.
  public var resourceID: String?
  public var rules: [SecurityRule]

  public init(name: String, resourceID: String? = nil, rules: [SecurityRule] = []) {
    self.name = name
    self.resourceID = resourceID
    self.rules = rules
  }

  /// The rules of a direction in the order in which they are asked, the default ones last.
  public func rules(_ direction: SecurityRule.Direction) -> [SecurityRule] {
    (rules + SecurityRule.defaults).filter { $0.direction == direction }
      .sorted { $0.priority < $1.priority }
  }
}

/// A name for some addresses of NICs, so that rules need not list them. Who is in it is written at the NIC.
public struct ApplicationSecurityGroup: Hashable, Sendable {
  public var name: String

  public init(name: String) { self.name = name }
}
