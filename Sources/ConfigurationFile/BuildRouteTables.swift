import Model
import Wire

/// Route tables: tags and prefixes, limits, and which subnet has which (R2).
extension BuildConfiguration {
  /// Azure's limits.
  static let maximumRoutes = 400
  static let maximumTagRoutes = 25

  mutating func buildRouteTables() {
    tableDrafts = document.drafts.routeTables
    refuseRepeated(tableDrafts.map(\.name), what: "route table")
    for draft in tableDrafts {
      refuseRepeated(draft.routes.map(\.name), what: "route of `\(draft.name.value)`")
      var table = RouteTable(
        name: draft.name.value, disableBgpRoutePropagation: draft.hidesGatewayRoutes)
      var seen: [UserRoute.Destination: String] = [:]
      for route in draft.routes {
        guard let written = route.destination, let destination = destination(written) else {
          continue
        }
        if let other = seen[destination] {
          findings.error(
            written.place,
            "`\(written.value)` is the destination of the route `\(other)` too; a table has one route "
              + "for each")
          continue
        }
        seen[destination] = route.name.value
        guard let type = route.nextHopType?.value else { continue }
        checkVersion(of: route, destination)
        table.routes.append(
          UserRoute(
            name: route.name.value, destination: destination, nextHopType: type,
            nextHopIPAddress: route.nextHop?.value))
      }
      checkLimits(draft)
      topology.routeTables.append(table)
    }
  }

  private func destination(_ written: Located<String>) -> UserRoute.Destination? {
    let text = written.value
    guard text.contains("/") || text.contains(":") || text.first?.isNumber == true else {
      if let tag = topology.serviceTags[text] { return .serviceTag(tag.name) }
      if findings.isIncomplete { return nil }
      findings.error(
        written.place,
        "`\(text)` is neither an address prefix nor a service tag (\(topology.serviceTags.source))"
          + Spelling.suggestion(for: text, among: topology.serviceTags.all.map(\.name)))
      return nil
    }
    guard let meant = IPPrefix(lenient: text) else {
      findings.error(written.place, "`\(text)` is not an address prefix such as `10.0.1.0/24`")
      return nil
    }
    guard text.contains("/") else {
      findings.error(
        written.place, "`\(text)` has no length; write `\(meant)` if the one address is meant")
      return nil
    }
    guard IPPrefix(text) != nil else {
      findings.error(
        written.place, "`\(text)` has bits behind its length; did you mean `\(meant)`?")
      return nil
    }
    return .prefix(meant)
  }

  private func checkVersion(of route: RouteDraft, _ destination: UserRoute.Destination) {
    guard let hop = route.nextHop, case .prefix(let prefix) = destination,
      hop.value.isIPv4 != prefix.isIPv4
    else { return }
    findings.error(
      hop.place, "`\(hop.value)` cannot be the next hop of \(prefix): one is IPv4, the other IPv6")
  }

  private func checkLimits(_ draft: RouteTableDraft) {
    if draft.routes.count > Self.maximumRoutes {
      findings.error(
        draft.place.key("routes"),
        "has \(draft.routes.count) routes; a table can have \(Self.maximumRoutes)")
    }
    let tags = draft.routes.filter { route in
      route.destination.map { topology.serviceTags[$0.value] != nil } ?? false
    }
    if tags.count > Self.maximumTagRoutes {
      findings.error(
        draft.place.key("routes"),
        "has \(tags.count) routes to service tags; a table can have \(Self.maximumTagRoutes)")
    }
  }

  mutating func linkRouteTables() {
    for (index, draft) in subnetDrafts.enumerated() {
      guard let reference = draft.routeTable else { continue }
      let id = reference.id
      let name = id?.name(of: "routeTables") ?? reference.text
      let exact = id.flatMap { id in
        tableDrafts.firstIndex { $0.resourceID?.normalized == id.normalized }
      }
      let found =
        exact ?? tableDrafts.firstIndex { $0.name.value.lowercased() == name.lowercased() }
      guard let found else {
        reportMissing(
          Located(value: name, place: reference.place), "route table",
          among: tableDrafts.map(\.name.value))
        continue
      }
      topology.subnets[index].routeTable = found
    }
  }

  /// A next hop that no appliance has drops everything, which is seldom meant.
  func warnOfAppliances() {
    for (table, draft) in tableDrafts.enumerated() {
      let subnets = topology.subnets.filter { $0.routeTable == table }
      for route in draft.routes {
        guard let hop = route.nextHop, !subnets.isEmpty else { continue }
        let networks = Set(subnets.map(\.virtualNetwork)).flatMap { network in
          [network] + topology.virtualNetworks[network].peerings.map(\.remote)
        }
        let owner = topology.networkInterfaces.first { nic in
          networks.contains(topology.subnets[nic.subnet].virtualNetwork)
            && nic.ipConfigurations.contains { $0.privateAddress == hop.value }
        }
        if owner == nil {
          findings.warning(
            hop.place, "no NIC has the address `\(hop.value)`: what takes this route is dropped")
        } else if let owner, !owner.ipForwarding {
          findings.warning(
            hop.place,
            "the NIC `\(owner.name)` has not `enableIPForwarding: true`, so what it forwards is dropped"
          )
        }
      }
    }
  }
}
