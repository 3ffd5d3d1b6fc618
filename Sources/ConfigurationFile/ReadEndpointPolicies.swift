import Model

struct EndpointPolicyDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  var definitions: [EndpointPolicyDefinitionDraft] = []
  var place: Place
}

struct EndpointPolicyDefinitionDraft {
  var name: Located<String>
  var resources: [Located<AzureID>] = []
  var place: Place
}

/// `serviceEndpointPolicies` and their definitions (N2).
enum ReadEndpointPolicies {
  static func policy(_ value: Value) -> EndpointPolicyDraft? {
    guard let section = value.section("name: storage-only") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the policy's name")
    var draft = EndpointPolicyDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.resourceID = section.resourceID()
    draft.definitions =
      section["serviceEndpointPolicyDefinitions"]?.list(of: "definitions").compactMap(definition)
      ?? []
    section.passOver(Section.resourceKeys + AzureKeys.endpointPolicy)
    section.finish()
    return name == nil ? nil : draft
  }

  static func definition(_ value: Value) -> EndpointPolicyDefinitionDraft? {
    guard let section = value.section("name: accounts") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the definition's name")
    let service = section.required("service", "`\(ServiceEndpointPolicy.service)`")
    if let written = service?.text("`\(ServiceEndpointPolicy.service)`"),
      written.value.lowercased() != ServiceEndpointPolicy.service.lowercased()
    {
      service?.error(
        "`\(written.value)` has no endpoint policies; they are for `\(ServiceEndpointPolicy.service)` alone"
      )
    }
    var draft = EndpointPolicyDefinitionDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    let what = "a list of IDs of storage accounts, resource groups or subscriptions"
    let resources = section.required("serviceResources", what)
    let elements = resources?.list(of: "resource IDs") ?? []
    if case .list(let written) = resources?.node.content, written.isEmpty {
      resources?.error("is empty; it must be \(what)")
    }
    draft.resources = elements.compactMap(resource)
    section.passOver(Section.resourceKeys + ["description"])
    section.finish()
    return name == nil ? nil : draft
  }

  private static func resource(_ value: Value) -> Located<AzureID>? {
    let what =
      "the ID of a storage account, a resource group or a subscription, such as "
      + "`/subscriptions/S/resourceGroups/G`"
    return value.parsed(what) { text in
      guard let id = AzureID(text), id.subscription != nil else { return nil }
      let parts = text.split(separator: "/").count
      switch id.resourceType?.lowercased() {
      case "microsoft.storage/storageaccounts": return parts == 8 ? id : nil
      case nil: return parts == 2 || parts == 4 && id.resourceGroup != nil ? id : nil
      default: return nil
      }
    }
  }
}
