import Model
import RouteSources

/// Azure's types of what services hold, and the rules that stand apart from it.
enum AzureResourceTypes {
  /// The service of a type, in lower case, such as `microsoft.storage/storageaccounts`; nil of other types.
  static func service(of type: String) -> String? {
    BuiltInCatalogue.services.services.first { $0.resources.type?.lowercased() == type }?.name
  }

  /// Rules as resources of their own, by the key that they have inside the other.
  private static let ruleTypes = [
    "microsoft.sql/servers/virtualnetworkrules", "microsoft.sql/servers/firewallrules",
    "microsoft.eventhub/namespaces/networkrulesets",
    "microsoft.servicebus/namespaces/networkrulesets",
  ]

  static func isRead(_ type: String) -> Bool {
    service(of: type) != nil || ruleTypes.contains(type)
  }

  /// Adds rules to the resource that they belong to.
  /// - Parameter parent: its name.
  /// - Returns: Whether it is there.
  static func attach(
    _ value: Value, type: String, parent: String, to resources: inout [ResourceDraft]
  ) -> Bool {
    let owner = service(of: type.split(separator: "/").prefix(2).joined(separator: "/"))
    let index = resources.firstIndex {
      $0.name.value.lowercased() == parent && $0.service?.value == owner
    }
    guard let index else { return false }
    resources[index].firewall.isWritten = true
    if type.hasSuffix("/virtualnetworkrules") {
      resources[index].firewall.networkRules +=
        [ReadResourceFirewall.networkRule(value)].compactMap { $0 }
    } else if type.hasSuffix("/firewallrules") {
      resources[index].firewall.ipRules +=
        [ReadResourceFirewall.firewallRule(value)].compactMap { $0 }
    } else if let section = value.section("defaultAction: Deny") {
      section.acceptProperties()
      ReadResourceFirewall.read(ruleSet: section, into: &resources[index].firewall)
    }
    return true
  }
}
