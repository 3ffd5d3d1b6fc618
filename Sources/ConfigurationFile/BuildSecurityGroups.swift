import Model
import Wire

/// Security groups: tags, prefixes and application security groups, limits, and who has which (N1).
extension BuildConfiguration {
  /// Azure's limits.
  static let maximumRules = 1_000
  static let maximumApplicationGroupsOfRules = 100
  static let maximumApplicationGroupsOfAddress = 20

  mutating func buildSecurityGroups() {
    applicationGroupDrafts = document.drafts.applicationSecurityGroups
    refuseRepeated(applicationGroupDrafts.map(\.name), what: "application security group")
    topology.applicationSecurityGroups = applicationGroupDrafts.map {
      ApplicationSecurityGroup(name: $0.name.value)
    }
    securityGroupDrafts = document.drafts.securityGroups
    refuseRepeated(securityGroupDrafts.map(\.name), what: "network security group")
    for draft in securityGroupDrafts {
      refuseRepeated(draft.rules.map(\.name), what: "rule of `\(draft.name.value)`")
      refuseRepeatedPriorities(draft)
      checkLimits(draft)
      topology.securityGroups.append(
        SecurityGroup(
          name: draft.name.value, resourceID: draft.writtenID,
          rules: draft.rules.compactMap(rule)))
    }
  }

  private func rule(_ draft: SecurityRuleDraft) -> SecurityRule? {
    let sources = addresses(draft.source, "source")
    let destinations = addresses(draft.destination, "destination")
    guard let priority = draft.priority?.value, let direction = draft.direction,
      let access = draft.access, let transport = draft.transport?.value
    else { return nil }
    return SecurityRule(
      name: draft.name.value, priority: priority, direction: direction, access: access,
      transport: transport, sources: sources, sourcePorts: draft.source.ports.map(\.value),
      destinations: destinations, destinationPorts: draft.destination.ports.map(\.value))
  }

  private func addresses(
    _ side: SecurityRuleDraft.Side, _ end: String
  ) -> [SecurityRule.Address] {
    if side.hasAddresses, !side.applicationGroups.isEmpty, let place = side.groupsPlace {
      findings.error(
        place,
        "stands beside `\(end)AddressPrefix`; a rule has addresses and tags there, or application "
          + "security groups")
    }
    if side.addresses.count > 1, let every = side.addresses.first(where: { $0.value == "*" }) {
      findings.error(every.place, "`*` is every address, and stands alone")
    }
    return side.addresses.compactMap(address)
      + side.applicationGroups.compactMap {
        applicationGroup($0).map { .applicationSecurityGroup($0) }
      }
  }

  /// The tags that no tag file has.
  private static let builtInTags: [(name: String, address: SecurityRule.Address)] = [
    ("VirtualNetwork", .virtualNetwork), ("Internet", .internet),
    ("AzureLoadBalancer", .azureLoadBalancer),
  ]

  private func address(_ written: Located<String>) -> SecurityRule.Address? {
    let text = written.value
    if text == "*" { return .any }
    if text.contains("/") || text.contains(":") || text.first?.isNumber == true {
      return prefix(written).map { .prefix($0) }
    }
    let lower = text.lowercased()
    if let tag = Self.builtInTags.first(where: { $0.name.lowercased() == lower }) {
      return tag.address
    }
    if let tag = topology.serviceTags[text] { return .serviceTag(tag.name) }
    if findings.isIncomplete { return nil }
    let names = Self.builtInTags.map(\.name) + topology.serviceTags.all.map(\.name)
    findings.error(
      written.place,
      "`\(text)` is neither an address prefix nor a service tag (\(topology.serviceTags.source))"
        + Spelling.suggestion(for: text, among: names))
    return nil
  }

  /// Unlike elsewhere a bare address stands for itself, as Azure has it here.
  private func prefix(_ written: Located<String>) -> IPPrefix? {
    let text = written.value
    guard let meant = IPPrefix(lenient: text) else {
      findings.error(
        written.place,
        "`\(text)` is not an address prefix such as `10.0.1.0/24`, nor an address")
      return nil
    }
    guard IPPrefix(text) != nil else {
      findings.error(
        written.place, "`\(text)` has bits behind its length; did you mean `\(meant)`?")
      return nil
    }
    return meant
  }

  private func refuseRepeatedPriorities(_ draft: SecurityGroupDraft) {
    var seen: [SecurityRule.Direction: [Int: String]] = [:]
    for rule in draft.rules {
      guard let priority = rule.priority, let direction = rule.direction else { continue }
      if let other = seen[direction]?[priority.value] {
        findings.error(
          priority.place,
          "\(priority.value) is the priority of the \(direction.rawValue.lowercased()) rule "
            + "`\(other)` too; which of the two is asked first must be clear")
      } else {
        seen[direction, default: [:]][priority.value] = rule.name.value
      }
    }
  }

  private func checkLimits(_ draft: SecurityGroupDraft) {
    if draft.rules.count > Self.maximumRules {
      findings.error(
        draft.place.key("securityRules"),
        "has \(draft.rules.count) rules; a group can have \(Self.maximumRules)")
    }
    let named = draft.rules.flatMap {
      $0.source.applicationGroups + $0.destination.applicationGroups
    }
    let groups = Set(named.map { ($0.id?.normalized ?? $0.text).lowercased() })
    if groups.count > Self.maximumApplicationGroupsOfRules {
      findings.error(
        draft.place.key("securityRules"),
        "name \(groups.count) application security groups; the rules of a group can name "
          + "\(Self.maximumApplicationGroupsOfRules)")
    }
  }

  /// The group that a NIC or subnet refers to; if there is none, that is reported.
  func securityGroup(_ reference: Reference) -> Int? {
    index(
      of: reference, type: "networkSecurityGroups", "network security group",
      among: securityGroupDrafts.map { ($0.name.value, $0.resourceID) })
  }

  func applicationGroup(_ reference: Reference) -> Int? {
    index(
      of: reference, type: "applicationSecurityGroups", "application security group",
      among: applicationGroupDrafts.map { ($0.name.value, $0.resourceID) })
  }

  func index(
    of reference: Reference, type: String, _ what: String,
    among candidates: [(name: String, id: ResourceID?)]
  ) -> Int? {
    let id = reference.id
    if let id,
      let exact = candidates.firstIndex(where: { $0.id?.normalized == id.normalized })
    {
      return exact
    }
    let name = id?.name(of: type) ?? reference.text
    let found = candidates.firstIndex { $0.name.lowercased() == name.lowercased() }
    if found == nil {
      reportMissing(
        Located(value: name, place: reference.place), what, among: candidates.map(\.name))
    }
    return found
  }
}
