import Model
import Wire

/// `bgp`: routes learned on gateways, written here or read from a kernel table (R3).
extension BuildConfiguration {
  mutating func buildBGP() {
    guard let section = document.bgp?.section("routes: [...]") else { return }
    var seen: Set<BGPRoute> = []
    for value in section["routes"]?.list(of: "routes") ?? [] {
      guard let route = bgpRoute(value) else { continue }
      var key = route
      key.nextHop = nil
      if seen.insert(key).inserted {
        topology.bgpRoutes.append(route)
      } else {
        value.source.findings.error(
          value.place.key("addressPrefix"),
          "`\(route.prefix)` stands already in the routes of this network's gateway")
      }
    }
    var readers: Set<Int> = []
    for value in section["kernel"]?.list(of: "kernel tables") ?? [] {
      guard let kernel = kernelTable(value) else { continue }
      if !readers.insert(kernel.virtualNetwork).inserted {
        value.error("the network's gateway already learns from another table; it can from one")
      }
      kernelBGP.append(kernel)
    }
    section.finish()
    let learning = Set(topology.bgpRoutes.map(\.virtualNetwork) + kernelBGP.map(\.virtualNetwork))
    for network in learning.sorted()
    where !topology.worldPorts.contains(where: {
      $0.kind == .gateway && $0.virtualNetwork == network
    }) {
      findings.warning(
        section.place,
        "`\(topology.virtualNetworks[network].name)` has no gateway: what takes these routes is dropped; "
          + "write `ports.gateway`")
    }
  }

  private func bgpRoute(_ value: Value) -> BGPRoute? {
    guard let section = value.section("addressPrefix: 10.1.0.0/16") else { return nil }
    let prefix = section.required("addressPrefix", "an address prefix such as `10.1.0.0/16`")?
      .prefix()
    let hop = section["nextHopIpAddress"]?.address()
    let network = gatewayNetwork(section)
    section.finish()
    if let prefix, let hop, prefix.value.isIPv4 != hop.value.isIPv4 {
      findings.error(
        hop.place,
        "`\(hop.value)` cannot be the next hop of \(prefix.value): one is IPv4, the other IPv6")
    }
    guard let prefix, let network else { return nil }
    return BGPRoute(virtualNetwork: network, prefix: prefix.value, nextHop: hop?.value)
  }

  /// `virtualNetwork`, which may be left out where there is only one.
  private func gatewayNetwork(_ section: Section) -> Int? {
    if let value = section["virtualNetwork"] { return network(named: value) }
    if topology.virtualNetworks.count == 1 { return 0 }
    if topology.virtualNetworks.count > 1 {
      findings.error(
        section.place.key("virtualNetwork"),
        "is missing; it must name the network whose gateway learns the route")
    }
    return nil
  }

  private func kernelTable(_ value: Value) -> Configuration.KernelBGP? {
    guard let section = value.section("table: 100") else { return nil }
    let network = gatewayNetwork(section)
    let table = section.required("table", "the number of a routing table").flatMap { value in
      value.parsed("the number of a routing table, from 1 to 4294967295, or `main`") { text in
        KernelNames.tables[text]
          ?? Int(text).flatMap { (1...4_294_967_295).contains($0) ? $0 : nil }
      }
    }
    let routeProtocol = section.required("protocol", "a routing protocol such as `bird` or 12")
      .flatMap(routeProtocol)
    section.finish()
    guard let network, let table, let routeProtocol else { return nil }
    return Configuration.KernelBGP(
      virtualNetwork: network, table: table.value, routeProtocol: routeProtocol)
  }

  private func routeProtocol(_ value: Value) -> Int? {
    guard let text = value.text("a routing protocol such as `bird` or 12") else { return nil }
    if let number = KernelNames.protocols[text.value.lowercased()] { return number }
    if let number = Int(text.value), (1...255).contains(number) { return number }
    let names = KernelNames.protocols.keys.sorted()
    value.error(
      "`\(text.value)` is not a routing protocol: a number from 1 to 255, or \(Spelling.choice(names))"
        + Spelling.suggestion(for: text.value, among: names))
    return nil
  }
}

/// Names that iproute2 has for the kernel's numbers (`/etc/iproute2/rt_protos`, `rt_tables`), and that a host
/// may lack.
enum KernelNames {
  static let tables = ["local": 255, "main": 254, "default": 253]

  static let protocols = [
    "redirect": 1, "kernel": 2, "boot": 3, "static": 4, "gated": 8, "ra": 9, "mrt": 10, "zebra": 11,
    "bird": 12, "dnrouted": 13, "xorp": 14, "ntk": 15, "dhcp": 16, "keepalived": 18, "babel": 42,
    "openr": 99, "bgp": 186, "isis": 187, "ospf": 188, "rip": 189, "eigrp": 192,
  ]
}
