import Model
import Wire

/// A resource's rules, under the keys that its service has for them: `networkAcls` (storage, Key Vault, Cognitive
/// Services), `networkRuleSet` (registries, Service Bus, Event Hubs), or beside the resource's own keys (SQL, Cosmos DB).
enum ReadResourceFirewall {
  static func firewall(_ section: Section) -> FirewallDraft {
    var draft = FirewallDraft()
    if let access = section["publicNetworkAccess"] {
      draft.isPublic =
        access.choice([
          ("Enabled", true), ("Disabled", false), ("SecuredByPerimeter", false),
        ])?.value
      draft.isWritten = true
    }
    draft.isFilterEnabled = section.peek("isVirtualNetworkFilterEnabled")?.node.text == "true"
    for key in ["networkAcls", "networkRuleSet"] {
      guard let inner = section[key]?.section("defaultAction: Deny") else { continue }
      read(ruleSet: inner, into: &draft)
    }
    readRules(section, into: &draft)
    if let rules = section["firewallRules"] {
      draft.ipRulesPlace = rules.place
      draft.ipRules += rules.list(of: "rules").compactMap(firewallRule)
      draft.isWritten = true
    }
    return draft
  }

  /// Also the child resource of Service Bus and Event Hubs.
  static func read(ruleSet section: Section, into draft: inout FirewallDraft) {
    draft.isWritten = true
    let what = "`Allow` or `Deny`"
    let action =
      section.source.isAzureDocument
      ? section["defaultAction"] : section.required("defaultAction", what)
    draft.defaultAction = action?.choice(of: ResourceFirewall.Action.self)
    readRules(section, into: &draft)
    section.passOver(AzureKeys.ruleSet)
    section.finish()
  }

  private static func readRules(_ section: Section, into draft: inout FirewallDraft) {
    if let rules = section["virtualNetworkRules"] {
      draft.isWritten = true
      draft.networkRulesPlace = rules.place
      draft.networkRules += rules.list(of: "rules").compactMap(networkRule)
    }
    if let rules = section["ipRules"] {
      draft.isWritten = true
      draft.ipRulesPlace = rules.place
      draft.ipRules += rules.list(of: "rules").compactMap(ipRule)
    }
  }

  /// `network/subnet`, an ID, or a mapping with either: `id`, of SQL `virtualNetworkSubnetId`, of Event Hubs `subnet`.
  static func networkRule(_ value: Value) -> NetworkRuleDraft? {
    let what = "`network/subnet` or a subnet's ID"
    if case .scalar = value.node.content {
      return value.text(what).map {
        NetworkRuleDraft(subnet: Reference(text: $0.value, place: $0.place))
      }
    }
    guard let section = value.section("id: vnet1/app") else { return nil }
    section.acceptProperties()
    // In an export of SQL's rules `id` is the rule's own.
    let sql = section.reference("virtualNetworkSubnetId", what)
    // ARM names a child with its parent, `server/rule`.
    let name = section["name"]?.text()?.value.split(separator: "/").last.map(String.init)
    var subnet = sql ?? section.reference("subnet", what)
    if subnet == nil {
      subnet = section.required("id", what).flatMap { Section.reference($0, what) }
    }
    checkAction(section)
    let ignores = section["ignoreMissingVnetServiceEndpoint"]?.boolean() ?? false
    let state = section.peek("state")?.node.text?.lowercased()
    section.passOver(Section.resourceKeys)
    section.finish()
    guard let subnet else { return nil }
    return NetworkRuleDraft(
      name: name, subnet: subnet, ignoresMissingEndpoint: ignores,
      isSourceDeleted: state == "networksourcedeleted")
  }

  /// An address or a prefix, or a mapping: `value`, of Event Hubs `ipMask`, of Cosmos DB `ipAddressOrRange`.
  private static func ipRule(_ value: Value) -> IPRuleDraft? {
    if case .scalar = value.node.content {
      return value.publicRange().map { IPRuleDraft(addresses: $0) }
    }
    guard let section = value.section("value: 203.0.113.0/24") else { return nil }
    let what = "a public address or range such as `203.0.113.0/24`"
    let written =
      section["ipMask"] ?? section["ipAddressOrRange"] ?? section.required("value", what)
    checkAction(section)
    section.finish()
    return written?.publicRange().map { IPRuleDraft(addresses: $0) }
  }

  /// SQL's: from one address to another.
  static func firewallRule(_ value: Value) -> IPRuleDraft? {
    guard let section = value.section("startIpAddress: 203.0.113.1") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the rule's name")
    let start = section.required("startIpAddress", "the first address")
    let end = section.required("endIpAddress", "the last address")
    section.passOver(Section.resourceKeys + ["location"])
    section.finish()
    guard let start, let end, let first = start.ipv4Address(), let last = end.ipv4Address() else {
      return nil
    }
    if first == IPv4Address(0), last == first {
      return IPRuleDraft(
        name: name?.value, addresses: Located(value: .azureServices, place: start.place))
    }
    guard first <= last else {
      end.error("`\(last)` is before `\(first)`, the first address")
      return nil
    }
    if let reason = SpecialAddresses.notPublicReason(first, last) {
      start.refuse(range: "`\(first)` to `\(last)`", reason)
      return nil
    }
    return IPRuleDraft(
      name: name?.value, addresses: Located(value: .range(first, last), place: start.place))
  }

  private static func checkAction(_ section: Section) {
    guard let action = section["action"], let text = action.text("`Allow`"),
      text.value.lowercased() != "allow"
    else { return }
    action.error("`\(text.value)` is not `Allow`: a rule admits; `defaultAction` denies the others")
  }
}
