import Model
import Wire

/// `routeTables` and their routes (R2).
enum ReadRouteTables {
  static func table(_ value: Value) -> RouteTableDraft? {
    guard let section = value.section("name: to-appliance") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the table's name")
    var draft = RouteTableDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.resourceID = section.resourceID()
    draft.hidesGatewayRoutes = section["disableBgpRoutePropagation"]?.boolean() ?? false
    draft.routes = section["routes"]?.list(of: "routes").compactMap(route) ?? []
    section.passOver(Section.resourceKeys + AzureKeys.routeTable)
    section.finish()
    return name == nil ? nil : draft
  }

  static func route(_ value: Value) -> RouteDraft? {
    guard let section = value.section("addressPrefix: 0.0.0.0/0") else { return nil }
    section.acceptProperties()
    let what = "an address prefix or a service tag, such as `0.0.0.0/0` or `Storage`"
    let name = section.resourceName("the route's name")
    var draft = RouteDraft(name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.destination = section.required("addressPrefix", what)?.text(what)
    draft.nextHopType = section.required("nextHopType", Spelling.choice(writable.map(\.word)))
      .flatMap(nextHopType)
    let hop = section["nextHopIpAddress"]
    // Azure exports an empty string where there is no address.
    if !(section.source.isAzureDocument && hop?.node.text == "") { draft.nextHop = hop?.address() }
    section.passOver(Section.resourceKeys + AzureKeys.route)
    section.finish()
    guard name != nil else { return nil }
    checkNextHop(draft, hop: hop, findings: section.findings)
    return draft
  }

  private static let writable: [(word: String, value: NextHopType)] = [
    .virtualAppliance, .virtualNetworkGateway, .vnetLocal, .internet, .none,
  ].map { ($0.rawValue, $0) }

  private static func nextHopType(_ value: Value) -> Located<NextHopType>? {
    let refused: [NextHopType: String] = [
      .virtualNetworkServiceEndpoint:
        "enabling a service endpoint on the subnet makes these routes",
      .vnetPeering: "a peering makes these routes",
    ]
    for (type, reason) in refused where value.node.text?.lowercased() == type.rawValue.lowercased()
    {
      value.error(
        "`\(type.rawValue)` cannot be written in a route: \(reason); "
          + "write \(Spelling.choice(writable.map(\.word)))")
      return nil
    }
    return value.choice(writable)
  }

  private static func checkNextHop(_ draft: RouteDraft, hop: Value?, findings: Findings) {
    guard let type = draft.nextHopType else { return }
    if type.value == .virtualAppliance {
      if hop == nil || hop?.node.text == "" {
        findings.error(
          draft.place.key("nextHopIpAddress"),
          "is missing; a route to a `VirtualAppliance` needs the appliance's address")
      }
    } else if let hop, draft.nextHop != nil {
      hop.error(
        "only a route to a `VirtualAppliance` has an address; this one goes to `\(type.value.rawValue)`"
      )
    }
  }
}
