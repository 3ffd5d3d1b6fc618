import ConfigurationFile
import Testing

@Suite("I2: the service edge in the file")
struct BadEdgeTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  private static let ports =
    network + """
      ports: { internet: {}, backbone: { addresses: [169.254.3.1], encapsulation: service-tunnel } }

      """

  private static func edge(_ rest: String) -> String { ports + "edge: { \(rest) }\n" }

  static let cases = [
    Bad(
      "nothing in it", ports + "edge: 3\n",
      """
      7: edge: must be a mapping such as `ports: {...}`, not a single value
      """),
    Bad(
      "no ports", edge("translation: 198.18.0.0/16"),
      """
      7: edge.ports: is missing; it must be a mapping
      """),
    Bad(
      "a key that does not exist", edge("ports: {}, resources: []"),
      """
      7: edge.resources: is not a key here; the keys are `translation` or `ports`
      """),
    Bad(
      "a port that does not exist", edge("ports: { gateway: {} }"),
      """
      7: edge.ports.gateway: is not a key here; the keys are `backbone`, `internet` or `services`
      """),
    Bad(
      "a key of a port that does not exist", edge("ports: { services: { virtualNetwork: v } }"),
      """
      7: edge.ports.services.virtualNetwork: is not a key here; the keys are `device`, `mtu`, `macAddress`, `peerMacAddress` or `addresses`
      """),
    Bad(
      "what the other end says",
      edge(
        "ports: { backbone: { mtu: 1400, macAddress: 02:00:00:00:00:01, peerMacAddress: 02:00:00:00:00:02 } }"
      ),
      """
      7: edge.ports.backbone.mtu: is that of the other end, `ports.backbone`; remove it
      7: edge.ports.backbone.macAddress: is that of the other end, `ports.backbone`; remove it
      7: edge.ports.backbone.peerMacAddress: is that of the other end, `ports.backbone`; remove it
      """),
    Bad(
      "no other end", network + "ports: { internet: {} }\nedge: { ports: {} }\n",
      """
      7: edge: is the other end of `ports.backbone`, which is missing
      """),
    Bad(
      "an outer header to nowhere",
      network + """
        ports: { internet: {}, backbone: { addresses: [169.254.3.1], encapsulation: { type: service-tunnel, outer: nvgre } } }
        edge: { ports: {} }
        """,
      """
      7: edge: needs `remoteAddress` in `ports.backbone.encapsulation`: the edge's address in the outer header of NVGRE
      """),
    Bad(
      "one interface for two ports",
      edge("ports: { backbone: { device: a }, internet: { device: b }, services: { device: b } }"),
      """
      7: edge.ports.services: the interface `b` is that of the edge's port `internet` too
      """),
    Bad(
      "a neighbour with our own address",
      edge(
        "ports: { services: { macAddress: 02:00:00:00:00:01, peerMacAddress: 02:00:00:00:00:01 } }"),
      """
      7: edge.ports.services.peerMacAddress: `02:00:00:00:00:01` is the port's own address; the neighbour has another
      """),
    Bad(
      "an address with a length", edge("ports: { services: { addresses: [192.0.2.1/30] } }"),
      """
      7: edge.ports.services.addresses[0]: `192.0.2.1/30` is not an IP address such as `10.0.1.4`
      """),
    Bad(
      "a translation of too few addresses", edge("translation: 198.18.0.0/31, ports: {}"),
      """
      7: edge.translation: `198.18.0.0/31` must be an IPv4 prefix of /30 or shorter
      """),
    Bad(
      "a translation to IPv6", edge("translation: 'fd00::/64', ports: {}"),
      """
      7: edge.translation: `fd00::/64` must be an IPv4 prefix of /30 or shorter
      """),
    Bad(
      "a translation to a network's own addresses", edge("translation: 10.0.7.0/24, ports: {}"),
      """
      7: edge.translation: `10.0.7.0/24` overlaps `10.0.0.0/16` of the virtual network `v`; write another
      """),
    Bad(
      "a network in the translation that nobody has written",
      """
      virtualNetworks: [{ name: v, location: westeurope, addressSpace: [100.64.8.0/24] }]
      edge: { ports: {} }
      """,
      """
      2: edge.translation: `100.64.0.0/16` overlaps `100.64.8.0/24` of the virtual network `v`; write another
      """),
    Bad(
      "a resource in the translation",
      ports + """
        resources: [{ name: r, service: Microsoft.Storage, location: westeurope, addresses: [198.18.0.9] }]
        edge: { translation: 198.18.0.0/16, ports: {} }
        """,
      """
      8: edge.translation: `198.18.0.0/16` holds `198.18.0.9` of the resource `r`; write another
      """),
    Bad(
      "a namespace for an edge that is not there",
      ports + "lab: { namespaces: [{ name: edge, port: backbone, edge: true }] }\n",
      """
      7: lab.namespaces[0].edge: there is no edge: write `edge` with its ports beside `lab`
      """),
    Bad(
      "an edge that is not on the backbone, and a host at once",
      edge("ports: {}") + """
        lab:
          namespaces:
            - { name: edge, port: internet, edge: true, addresses: [192.0.2.2/30], loopbackAddresses: [192.0.2.9], ipForwarding: true, routes: [] }
        """,
      """
      10: lab.namespaces[0].edge: the edge stands on the far side of the backbone; write `port: backbone`
      10: lab.namespaces[0].addresses: stands in the edge's namespace, where only the edge speaks; remove it
      10: lab.namespaces[0].loopbackAddresses: stands in the edge's namespace, where only the edge speaks; remove it
      10: lab.namespaces[0].ipForwarding: stands in the edge's namespace, where only the edge speaks; remove it
      10: lab.namespaces[0].routes: stands in the edge's namespace, where only the edge speaks; remove it
      """),
    Bad(
      "two edges",
      edge("ports: {}") + """
        lab:
          namespaces:
            - { name: one, port: backbone, edge: true }
            - { name: two, edge: true }
        """,
      """
      11: lab.namespaces[1].edge: the edge stands on the far side of the backbone; write `port: backbone`
      """),
    Bad(
      "not a boolean", edge("ports: {}") + "lab: { namespaces: [{ name: one, edge: perhaps }] }\n",
      """
      8: lab.namespaces[0].edge: `perhaps` is not `true` or `false`
      """),
  ]

  @Test("an edge without resources is allowed, and warned of")
  func noResources() throws {
    let configuration = try #require(Outcome.of(Self.edge("ports: {}")).configuration)
    #expect(
      Outcome.lines(configuration.warnings)
        == "7: edge: there are no `resources`: the edge refuses whatever arrives")
  }

  @Test("F5: with an encapsulation one address in two networks needs no warning")
  func sharedAddress() throws {
    let yaml = { (ports: String) in
      """
      virtualNetworks:
        - { name: v, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Sql] }] }
        - { name: w, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Sql] }] }
      networkInterfaces:
        - { name: n, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        - { name: m, subnet: w/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
      \(ports)
      """
    }
    for (encapsulation, count) in [("service-tunnel", 0), ("none", 1)] {
      let outcome = Outcome.of(
        yaml("ports: { internet: {}, backbone: { encapsulation: \(encapsulation) } }"))
      #expect(try #require(outcome.configuration).warnings.count == count, "\(encapsulation)")
    }
  }
}
