import Testing

/// Ports towards the world, and routes learned on gateways.
@Suite("bad configurations: ports and BGP")
struct BadPortTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "a port that does not exist",
      network + """
        ports: { internett: { device: i } }
        """,
      """
      6: ports.internett: is not a key here; did you mean `internet`?
      """),
    Bad(
      "a gateway without a network",
      network + """
        ports: { gateway: { device: g } }
        """,
      """
      6: ports.gateway.virtualNetwork: is missing; it must be the network whose gateway it is
      """),
    Bad(
      "a gateway of nothing",
      network + """
        ports:
          gateway:
        """,
      """
      7: ports.gateway: needs `virtualNetwork`, the network whose gateway it is
      """),
    Bad(
      "a gateway of an unknown network",
      network + """
        ports: { gateway: { virtualNetwork: vnet } }
        """,
      """
      6: ports.gateway.virtualNetwork: there is no virtual network `vnet`
      """),
    Bad(
      "two gateways of one network",
      network + """
        ports: { gateway: [{ device: g, virtualNetwork: v }, { device: h, virtualNetwork: v }] }
        """,
      """
      6: ports.gateway: the network `v` has two gateways; it can have one
      """),
    Bad(
      "the Internet of one network",
      network + """
        ports: { internet: { virtualNetwork: v } }
        """,
      """
      6: ports.internet.virtualNetwork: only the gateway belongs to one network; remove it
      """),
    Bad(
      "a neighbour with our own address",
      network + """
        ports: { internet: { macAddress: 02:00:00:00:00:01, peerMacAddress: 02:00:00:00:00:01 } }
        """,
      """
      6: ports.internet.peerMacAddress: `02:00:00:00:00:01` is the port's own address; the neighbour has another
      """),
    Bad(
      "one device for two ports",
      network + """
        ports: { internet: { device: e }, backbone: { device: e } }
        """,
      """
      6: ports.backbone.device: the interface `e` is that of the port `internet` too
      """),
    Bad(
      "an address of a port with a length",
      network + """
        ports: { internet: { addresses: [192.0.2.1/30] } }
        """,
      """
      6: ports.internet.addresses[0]: `192.0.2.1/30` is not an IP address such as `10.0.1.4`
      """),
    Bad(
      "a BGP route without its prefix",
      network + """
        bgp: { routes: [{ nextHopIpAddress: 169.254.2.2 }] }
        """,
      """
      6: bgp.routes[0].addressPrefix: is missing; it must be an address prefix such as `10.1.0.0/16`
      """),
    Bad(
      "a BGP route twice",
      network + """
        bgp: { routes: [{ addressPrefix: 10.9.0.0/16 }, { addressPrefix: 10.9.0.0/16, nextHopIpAddress: 169.254.2.2 }] }
        """,
      """
      6: bgp.routes[1].addressPrefix: `10.9.0.0/16` stands already in the routes of this network's gateway
      """),
    Bad(
      "a BGP route of one of several networks",
      network + """
          - { name: w, location: westeurope, addressSpace: [10.1.0.0/16] }
        bgp: { routes: [{ addressPrefix: 10.9.0.0/16 }] }
        """,
      """
      7: bgp.routes[0].virtualNetwork: is missing; it must name the network whose gateway learns the route
      """),
    Bad(
      "a routing protocol that is misspelt",
      network + """
        bgp: { kernel: [{ table: 100, protocol: brid }] }
        """,
      """
      6: bgp.kernel[0].protocol: `brid` is not a routing protocol: a number from 1 to 255, or `babel`, `bgp`, `bird`, `boot`, `dhcp`, `dnrouted`, `eigrp`, `gated`, `isis`, `keepalived`, `kernel`, `mrt`, `ntk`, `openr`, `ospf`, `ra`, `redirect`, `rip`, `static`, `xorp` or `zebra`; did you mean `bird`?
      """),
    Bad(
      "a table that is none",
      network + """
        bgp: { kernel: [{ table: 0, protocol: 12 }] }
        """,
      """
      6: bgp.kernel[0].table: `0` is not the number of a routing table, from 1 to 4294967295, or `main`
      """),
    Bad(
      "two tables for one gateway",
      network + """
        bgp: { kernel: [{ table: 100, protocol: bird }, { table: 101, protocol: bird }] }
        """,
      """
      6: bgp.kernel[1]: the network's gateway already learns from another table; it can from one
      """),
  ]
}
