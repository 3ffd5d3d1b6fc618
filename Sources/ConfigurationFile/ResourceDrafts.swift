import Model
import Wire

/// A resource as the files say it.
struct ResourceDraft {
  var name: Located<String>
  var id: Located<AzureID>?
  /// As written, or as the type of an Azure document gives it.
  var service: Located<String>?
  var location: Located<Region>?
  var secondaryLocation: Located<Region>?
  var tenant: String?
  var subscription: String?
  var resourceGroup: String?
  var addresses: [Located<IPAddress>] = []
  var secondaryAddresses: [Located<IPAddress>] = []
  var hostNames: [Located<String>] = []
  var secondaryHostNames: [Located<String>] = []
  /// Who makes its rules, for the check of roles (I4).
  var principal: Located<String>?
  var firewall = FirewallDraft()
  /// Other things are common in an export than in a file that somebody writes.
  var isFromAzure: Bool
  var place: Place

  /// What a name has to be unique among.
  var key: String { "\(service?.value ?? "")/\(name.value)".lowercased() }
}

struct FirewallDraft {
  var isPublic: Bool?
  var defaultAction: Located<ResourceFirewall.Action>?
  /// Cosmos DB: rules are in force.
  var isFilterEnabled = false
  var networkRules: [NetworkRuleDraft] = []
  var ipRules: [IPRuleDraft] = []
  /// Where the lists stand, for what is said of them as a whole.
  var networkRulesPlace: Place?
  var ipRulesPlace: Place?
  /// Something was written, right or wrong.
  var isWritten = false
}

struct NetworkRuleDraft {
  var name: String?
  var subnet: Reference
  var ignoresMissingEndpoint = false
  /// Azure's state `NetworkSourceDeleted`: the subnet that it was made for is gone.
  var isSourceDeleted = false
}

struct IPRuleDraft {
  var name: String?
  var addresses: Located<ResourceFirewall.IPRule.Addresses>
}

struct RoleDraft {
  var name: Located<String>
  var id: String?
  var permissions: [RoleDefinition.Permission] = []
  var scopes: [Reference] = []
  var place: Place
}

struct RoleAssignmentDraft {
  var principal: Located<String>
  var role: Located<String>
  var scope: Reference
}

extension ResourceDraft {
  /// A resource of the YAML file adds to one of an Azure document: what it writes counts (`JoinDrafts.swift`).
  func adding(to base: ResourceDraft) -> ResourceDraft {
    var result = self
    result.id = id ?? base.id
    result.location = location ?? base.location
    result.secondaryLocation = secondaryLocation ?? base.secondaryLocation
    result.tenant = tenant ?? base.tenant
    result.subscription = subscription ?? base.subscription
    result.resourceGroup = resourceGroup ?? base.resourceGroup
    if addresses.isEmpty { result.addresses = base.addresses }
    if secondaryAddresses.isEmpty { result.secondaryAddresses = base.secondaryAddresses }
    if hostNames.isEmpty { result.hostNames = base.hostNames }
    if secondaryHostNames.isEmpty { result.secondaryHostNames = base.secondaryHostNames }
    result.principal = principal ?? base.principal
    if !firewall.isWritten {
      (result.firewall, result.isFromAzure) = (base.firewall, base.isFromAzure)
    }
    return result
  }
}
