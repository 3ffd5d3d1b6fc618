import Model
import Wire

/// `virtualNetworks`, with their subnets, service endpoints and peerings.
enum ReadVirtualNetworks {
  static func network(_ value: Value) -> NetworkDraft? {
    guard let section = value.section("name: vnet1") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the network's name")
    refuseClassic(section)
    var draft = NetworkDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.resourceID = section.resourceID()
    if draft.resourceID == nil, !section.source.isAzureDocument {
      draft.number = section["id"]?.integer(1...Derived.maximumNetworkID)
    }
    draft.location = section["location"]?.region()
    draft.tenant = section["tenant"]?.text()?.value
    draft.subscription = section["subscription"]?.text()?.value
    draft.resourceGroup = section["resourceGroup"]?.text()?.value
    draft.addressSpace = addressSpace(section)
    draft.hasAddressSpace = section["addressSpace"] != nil
    draft.subnets = section["subnets"]?.list(of: "subnets").compactMap(subnet) ?? []
    draft.peerings =
      section["virtualNetworkPeerings"]?.list(of: "peerings").compactMap(peering) ?? []
    section.passOver(Section.resourceKeys + AzureKeys.virtualNetwork)
    section.finish()
    return name == nil ? nil : draft
  }

  /// The document: endpoints exist in the Resource Manager model alone.
  private static func refuseClassic(_ section: Section) {
    guard let type = section.peek("type"), let text = type.node.text,
      text.lowercased().hasPrefix("microsoft.classicnetwork/")
    else { return }
    type.error(
      "`\(text)`: the feature is available only to virtual networks deployed through the Azure "
        + "Resource Manager deployment model; the type must be `Microsoft.Network/virtualNetworks`")
  }

  /// `{addressPrefixes: [...]}`, a list, or one prefix.
  private static func addressSpace(_ section: Section) -> [Located<IPPrefix>] {
    guard let value = section["addressSpace"] else { return [] }
    switch value.node.content {
    case .list: return nonEmpty(value)
    case .mapping:
      guard let inner = value.section("addressPrefixes: [10.0.0.0/16]") else { return [] }
      let prefixes = inner.required("addressPrefixes", "a list of address prefixes")
      inner.passOver(["ipamPoolPrefixAllocations"])
      inner.finish()
      return prefixes.map(nonEmpty) ?? []
    default: return value.prefix().map { [$0] } ?? []
    }
  }

  private static func nonEmpty(_ value: Value) -> [Located<IPPrefix>] {
    if case .list(let elements) = value.node.content, elements.isEmpty {
      value.error("is empty; a network needs an address prefix such as `10.0.0.0/16`")
    }
    return value.prefixes()
  }

  static func subnet(_ value: Value) -> SubnetDraft? {
    guard let section = value.section("name: app") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the subnet's name")
    var draft = SubnetDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.resourceID = section.resourceID()
    draft.prefixes = section.prefixes("addressPrefix", "addressPrefixes")
    draft.hasPrefixes = section["addressPrefix"] != nil || section["addressPrefixes"] != nil
    draft.endpoints =
      section["serviceEndpoints"]?.list(of: "service endpoints").compactMap(endpoint) ?? []
    draft.delegations = section["delegations"]?.list(of: "delegations").compactMap(delegation) ?? []
    draft.routeTable = section.reference("routeTable", "the name of a route table")
    draft.number = section["number"]?.integer(0...65_535)
    draft.securityGroup = section.reference(
      "networkSecurityGroup", "the name of a network security group")
    draft.endpointPolicies =
      section["serviceEndpointPolicies"]?.list(of: "service endpoint policies").compactMap {
        Section.reference($0, "the name of a service endpoint policy")
      } ?? []
    section.warnNotApplied([
      ("natGateway", "a NAT gateway has no effect here; give NICs public addresses")
    ])
    section.passOver(Section.resourceKeys + AzureKeys.subnet)
    section.finish()
    return name == nil ? nil : draft
  }

  /// `Microsoft.Web/serverFarms`, or `{name: web-apps, serviceName: Microsoft.Web/serverFarms}`.
  private static func delegation(_ value: Value) -> String? {
    let what = "a type of resources such as `Microsoft.Web/serverFarms`"
    var written = value
    if case .scalar = value.node.content {
    } else {
      guard let section = value.section("serviceName: Microsoft.Web/serverFarms") else {
        return nil
      }
      section.acceptProperties()
      _ = section["name"]?.text()
      let service = section.required("serviceName", what)
      section.passOver(Section.resourceKeys + ["actions"])
      section.finish()
      guard let service else { return nil }
      written = service
    }
    guard let text = written.text(what)?.value else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }), parts[0].contains(".") else {
      written.error("`\(text)` is not \(what)")
      return nil
    }
    return text
  }

  /// `Microsoft.Storage`, or `{service: Microsoft.Storage, locations: [...]}`.
  private static func endpoint(_ value: Value) -> EndpointDraft? {
    if case .scalar = value.node.content {
      return value.text("a service such as `Microsoft.Storage`").map { EndpointDraft(service: $0) }
    }
    guard let section = value.section("service: Microsoft.Storage") else { return nil }
    let service = section.required("service", "a service such as `Microsoft.Storage`")?
      .text("a service such as `Microsoft.Storage`")
    let locations = section["locations"].map(locations)
    section.warnNotApplied([
      ("networkIdentifier", "an endpoint's public address for the service has no effect here")
    ])
    section.passOver(["provisioningState"])
    section.finish()
    return service.map { EndpointDraft(service: $0, locations: locations ?? nil) }
  }

  /// A list of regions; `*`, alone or in the list, means all of the service's scope.
  private static func locations(_ value: Value) -> [Located<Region>]? {
    if value.node.text == "*" { return nil }
    if case .scalar = value.node.content { return value.region().map { [$0] } }
    let elements = value.list(of: "regions")
    if elements.contains(where: { $0.node.text == "*" }) { return nil }
    guard !elements.isEmpty else { return nil }
    return elements.compactMap { $0.region() }
  }

  static func peering(_ value: Value) -> PeeringDraft? {
    guard let section = value.section("remoteVirtualNetwork: vnet2") else { return nil }
    section.acceptProperties()
    let what = "the name of a virtual network"
    let remote = section.required("remoteVirtualNetwork", what).flatMap {
      Section.reference($0, what)
    }
    let name = section["name"] == nil ? nil : section.resourceName("the peering's name")
    let transit = section["allowGatewayTransit"]?.boolean() ?? false
    let useRemote = section["useRemoteGateways"]
    let usesRemote = useRemote?.boolean() ?? false
    for key in ["allowVirtualNetworkAccess", "allowForwardedTraffic"] {
      let isAllowed = section[key]?.boolean()
      if key == "allowVirtualNetworkAccess", isAllowed == false, let at = section[key]?.place {
        section.findings.warning(at, "is not applied: both networks reach each other here")
      }
    }
    section.passOver(Section.resourceKeys + AzureKeys.peering)
    section.finish()
    guard let remote else { return nil }
    return PeeringDraft(
      name: name
        ?? Located(value: remote.id?.name(of: "virtualNetworks") ?? remote.text, place: value.place),
      remote: remote, allowsGatewayTransit: transit,
      usesRemoteGateways: usesRemote ? useRemote?.place : nil,
      isFromAzure: section.source.isAzureDocument)
  }
}
