/// The security groups of a topology, compiled. A value whose copies share what was compiled: a new snapshot costs nothing,
/// and a reload compiles those groups alone that are not what they were.
public struct SecurityGroups: Sendable {
  /// A rule of a group, by its place.
  public struct RuleID: Hashable, Sendable, BitwiseCopyable {
    /// Index into `Topology.securityGroups`.
    public var group: UInt32
    /// Place among the group's rules of the direction, in the order in which they are asked.
    public var place: UInt16
    public var isOutbound: Bool

    public init(group: Int, place: Int, isOutbound: Bool) {
      self.group = UInt32(group)
      self.place = UInt16(place)
      self.isOutbound = isOutbound
    }
  }

  /// One group: shared, never changed.
  private final class Compiled: Sendable {
    let source: SecurityGroup
    let inbound: CompiledRules
    let outbound: CompiledRules

    init(_ group: SecurityGroup, tags: ServiceTags, applicationGroups: Int) {
      source = group
      inbound = CompiledRules(
        group.rules(.inbound), tags: tags, applicationGroups: applicationGroups)
      outbound = CompiledRules(
        group.rules(.outbound), tags: tags, applicationGroups: applicationGroups)
    }
  }

  private let groups: [Compiled]
  private let tags: ServiceTags
  private let applicationGroups: [ApplicationSecurityGroup]

  /// - Parameter previous: groups that are equal to one of these are taken from there, where tags and application security
  ///   groups are the same.
  public init(of topology: Topology, takenFrom previous: SecurityGroups? = nil) {
    tags = topology.serviceTags
    applicationGroups = topology.applicationSecurityGroups
    var known: [SecurityGroup: Compiled] = [:]
    if let previous, previous.tags.hasSameTags(as: tags),
      previous.applicationGroups == applicationGroups
    {
      for group in previous.groups { known[group.source] = group }
    }
    groups = topology.securityGroups.map { group in
      known[group]
        ?? Compiled(
          group, tags: topology.serviceTags,
          applicationGroups: topology.applicationSecurityGroups.count)
    }
  }

  /// The rule that decides on a packet: one does, because the last of a group is for all.
  /// - Precondition: `group` is an index of the topology's groups.
  public func decide(
    _ packet: SecurityPacket, group: Int, _ direction: SecurityRule.Direction
  ) -> RuleID {
    let rules = rules(of: group, direction)
    return RuleID(
      group: group, place: rules.decide(packet) ?? rules.rules.count - 1,
      isOutbound: direction == .outbound)
  }

  /// - Precondition: the rule is of these groups.
  public func rule(_ id: RuleID) -> SecurityRule {
    rules(of: Int(id.group), id.isOutbound ? .outbound : .inbound).rules[Int(id.place)]
  }

  public func name(of id: RuleID) -> String { groups[Int(id.group)].source.name }

  /// The rule of the same name and direction in the group of this name.
  public func find(_ rule: SecurityRule, ofGroup name: String) -> RuleID? {
    guard let group = groups.firstIndex(where: { $0.source.name == name }) else { return nil }
    return rules(of: group, rule.direction).rules.firstIndex { $0.name == rule.name }.map {
      RuleID(group: group, place: $0, isOutbound: rule.direction == .outbound)
    }
  }

  /// Whether both were compiled at once.
  public func isSame(as other: SecurityGroups) -> Bool {
    groups.count == other.groups.count
      && groups.indices.allSatisfy { sharesGroup($0, with: other) }
  }

  /// What was compiled takes so many bytes, the rules as written not counted.
  public var memory: Int { groups.reduce(0) { $0 + $1.inbound.memory + $1.outbound.memory } }

  /// Whether both have the compiled form of a group in common.
  package func sharesGroup(_ index: Int, with other: SecurityGroups) -> Bool {
    groups[index] === other.groups[index]
  }

  @inline(__always)
  private func rules(of group: Int, _ direction: SecurityRule.Direction) -> CompiledRules {
    direction == .outbound ? groups[group].outbound : groups[group].inbound
  }
}
