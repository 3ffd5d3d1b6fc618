import Model
import Wire

/// `networkSecurityGroups`, their rules, and `applicationSecurityGroups` (N1).
enum ReadSecurityGroups {
  static func group(_ value: Value) -> SecurityGroupDraft? {
    guard let section = value.section("name: web-nsg") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the group's name")
    var draft = SecurityGroupDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.resourceID = section.resourceID()
    draft.writtenID = draft.resourceID == nil ? nil : section.peek("id")?.node.text
    draft.rules = section["securityRules"]?.list(of: "rules").compactMap(rule) ?? []
    section.passOver(Section.resourceKeys + AzureKeys.securityGroup)
    section.finish()
    return name == nil ? nil : draft
  }

  static func applicationGroup(_ value: Value) -> ApplicationSecurityGroupDraft? {
    if case .scalar = value.node.content, !value.source.isAzureDocument {
      return value.text("the group's name").map {
        ApplicationSecurityGroupDraft(name: $0, place: value.place)
      }
    }
    guard let section = value.section("name: web") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the group's name")
    let id = section.resourceID()
    section.passOver(Section.resourceKeys + ["location"])
    section.finish()
    return name.map {
      ApplicationSecurityGroupDraft(name: $0, resourceID: id, place: value.place)
    }
  }

  static func rule(_ value: Value) -> SecurityRuleDraft? {
    guard let section = value.section("name: allow-https") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the rule's name")
    var draft = SecurityRuleDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.priority = section.required("priority", "a whole number from 100 to 4096")?
      .integer(SecurityRule.writtenPriorities)
    draft.direction = choice(section, "direction")?.value
    draft.access = choice(section, "access")?.value
    draft.transport = choice(section, "protocol")
    draft.source = side(section, "source")
    draft.destination = side(section, "destination")
    section.passOver(Section.resourceKeys + AzureKeys.securityRule)
    section.finish()
    guard name != nil else { return nil }
    checkPorts(&draft, section)
    return draft
  }

  private static func choice<Choice: CaseIterable & RawRepresentable>(
    _ section: Section, _ key: String
  ) -> Located<Choice>? where Choice.RawValue == String {
    section.required(key, Spelling.choice(Choice.allCases.map(\.rawValue)))?
      .choice(of: Choice.self)
  }

  /// - Parameter end: `source` or `destination`, which the keys begin with.
  private static func side(_ section: Section, _ end: String) -> SecurityRuleDraft.Side {
    let what = "an address prefix, a service tag or `*`"
    var side = SecurityRuleDraft.Side()
    let addresses = section.values("\(end)AddressPrefix", "\(end)AddressPrefixes")
    side.hasAddresses = !addresses.isEmpty
    side.addresses = addresses.compactMap { $0.text(what) }
    let groups = section["\(end)ApplicationSecurityGroups"]
    side.groupsPlace = groups?.place
    side.applicationGroups =
      groups?.list(of: "application security groups").compactMap {
        Section.reference($0, "the name of an application security group")
      } ?? []
    if !side.hasAddresses, groups?.node.elements?.isEmpty ?? true {
      section.findings.error(
        section.place.key("\(end)AddressPrefix"), "is missing; it must be \(what)")
    }
    let ports = section.values("\(end)PortRange", "\(end)PortRanges")
    side.hasPorts = !ports.isEmpty
    side.ports = ports.compactMap { $0.portRange() }
    return side
  }

  /// Source ports are seldom written: all of them. Of the destination an omission would open more than was meant.
  private static func checkPorts(_ draft: inout SecurityRuleDraft, _ section: Section) {
    let transport = draft.transport?.value
    for ports in draft.source.ports + draft.destination.ports
    where transport?.hasPorts == false && ports.value != SecurityRule.anyPort {
      section.findings.error(
        ports.place,
        "`\(transport!.rawValue)` has no ports; write `*` or leave the ports out")
    }
    let every = Located(value: SecurityRule.anyPort, place: draft.place)
    if !draft.source.hasPorts { draft.source.ports = [every] }
    guard !draft.destination.hasPorts else { return }
    draft.destination.ports = [every]
    if let transport, transport.hasPorts {
      section.findings.error(
        section.place.key("destinationPortRange"),
        "is missing; it must be a port such as `443`, a range such as `8000-8100`, or `*`")
    }
  }
}

extension Section {
  /// `singular: V` or `plural: [V, ...]`. Azure also exports both, what is not used empty.
  fileprivate func values(_ singular: String, _ plural: String) -> [Value] {
    var one = self[singular]
    if source.isAzureDocument, one?.node.text == "" { one = nil }
    let many = self[plural]
    let all = many?.list(of: "values") ?? []
    guard let first = one else { return all }
    if many != nil, !source.isAzureDocument {
      findings.error(first.place, "stands beside `\(plural)`; write one of the two")
    }
    return [first] + all
  }
}

extension Value {
  /// `443`, `8000-8100` or `*`.
  fileprivate func portRange() -> Located<ClosedRange<UInt16>>? {
    parsed("a port from 0 to 65535, a range such as `8000-8100`, or `*`") { text in
      if text == "*" { return SecurityRule.anyPort }
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { part in
        part.utf8.allSatisfy { (48...57).contains($0) } ? UInt16(part) : nil
      }
      guard numbers.count == parts.count, (1...2).contains(numbers.count),
        numbers[0] <= numbers[numbers.count - 1]
      else { return nil }
      return numbers[0]...numbers[numbers.count - 1]
    }
  }
}
