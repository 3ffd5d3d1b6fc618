import Model
import Wire

/// `resources`: what services hold, as our file has it and as Azure exports it.
enum ReadResources {
  /// - Parameter service: of an Azure document: the one of the resource's type.
  static func resource(_ value: Value, service: String? = nil) -> ResourceDraft? {
    guard let section = value.section("name: contoso") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the resource's name")
    let isFromAzure = section.source.isAzureDocument
    var draft = ResourceDraft(
      name: name ?? Located(value: "", place: value.place), isFromAzure: isFromAzure,
      place: value.place)
    draft.id = section["id"].flatMap(azureID)
    draft.location = section["location"]?.region()
    if isFromAzure {
      draft.service = service.map { Located(value: $0, place: value.place) }
      readEndpoints(section, into: &draft)
    } else {
      draft.service = section.required("service", "a service such as `Microsoft.Storage`")?
        .text("a service such as `Microsoft.Storage`")
      readOwn(section, into: &draft)
    }
    draft.firewall = ReadResourceFirewall.firewall(section)
    section.passOver(Section.resourceKeys + AzureKeys.resource)
    section.finish()
    return name == nil ? nil : draft
  }

  /// What our file says and Azure does not, or elsewhere.
  private static func readOwn(_ section: Section, into draft: inout ResourceDraft) {
    draft.secondaryLocation = section["secondaryLocation"]?.region()
    draft.tenant = section["tenant"]?.text()?.value
    draft.subscription = section["subscription"]?.text()?.value
    draft.resourceGroup = section["resourceGroup"]?.text()?.value
    draft.addresses = section["addresses"].map(addresses) ?? []
    draft.secondaryAddresses = section["secondaryAddresses"].map(addresses) ?? []
    draft.hostNames = section["hostNames"].map(hostNames) ?? []
    draft.secondaryHostNames = section["secondaryHostNames"].map(hostNames) ?? []
    draft.principal = section["principal"]?.text("who makes the resource's rules")
  }

  private static func addresses(_ value: Value) -> [Located<IPAddress>] {
    value.list(of: "addresses").compactMap { $0.address() }
  }

  private static func hostNames(_ value: Value) -> [Located<String>] {
    value.list(of: "host names").compactMap { element in
      element.parsed("a host name such as `contoso.blob.core.windows.net`", hostName)
    }
  }

  /// Letters, digits, `-` and `_` in labels, at least two: a name without a dot is a label of every other.
  private static func hostName(_ text: String) -> String? {
    let name = (text.last == "." ? String(text.dropLast()) : text).lowercased()
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let isValid = labels.allSatisfy { label in
      (1...63).contains(label.utf8.count)
        && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
    guard isValid, labels.count > 1, name.utf8.count <= 253, IPv4Address(name) == nil else {
      return nil
    }
    return name
  }

  static func azureID(_ value: Value) -> Located<AzureID>? {
    let what = "an Azure resource ID such as `/subscriptions/S/resourceGroups/G/providers/...`"
    return value.parsed(what) { text in
      AzureID(text).flatMap { $0.resourceType == nil ? nil : $0 }
    }
  }

  /// Azure's documents have the names in URLs, each service under its own key.
  private static func readEndpoints(_ section: Section, into draft: inout ResourceDraft) {
    draft.hostNames = urls(section.peek("primaryEndpoints"))
    draft.secondaryHostNames = urls(section.peek("secondaryEndpoints"))
    for key in [
      "fullyQualifiedDomainName", "vaultUri", "documentEndpoint", "serviceBusEndpoint",
      "loginServer",
      "endpoint",
    ] {
      draft.hostNames += section.peek(key).map { [$0] }?.compactMap(url) ?? []
    }
    draft.tenant = section.peek("tenantId")?.node.text
    guard let secondary = section.peek("secondaryLocation"), secondary.node.text?.isEmpty == false
    else { return }
    draft.secondaryLocation = secondary.region()
  }

  private static func urls(_ value: Value?) -> [Located<String>] {
    guard let value, case .mapping(let entries) = value.node.content else { return [] }
    return entries.compactMap {
      url(Value($0.value, field: value.place.key($0.key).field, source: value.source))
    }
  }

  /// `https://NAME:443/` and `NAME`; what is neither is left aside.
  private static func url(_ value: Value) -> Located<String>? {
    guard let text = value.node.text else { return nil }
    let host = text.split(separator: "://").last?.prefix { $0 != "/" && $0 != ":" } ?? ""
    return hostName(String(host)).map { Located(value: $0, place: value.place) }
  }
}
