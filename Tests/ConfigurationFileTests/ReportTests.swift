import ConfigurationFile
import Foundation
import Testing

/// How problems are told.
@Suite("the report")
struct ReportTests {
  @Test("everything that is wrong is reported at once, in the order of the lines")
  func allAtOnce() {
    let yaml = """
      name: two words
      routing: { precedence: fastest }
      virtualNetworks:
        - name: v
          adressSpace: [10.0.0.0/16]
          location: westeurope
          subnets:
            - { name: a, addressPrefix: 10.0.1.7/24, routeTable: t }
            - { name: b, addressPrefix: 10.0.2.0/24, serviceEndpoints: [{ locations: "*" }] }
      networkInterfaces:
        - { name: n, subnet: v/c, macAddress: zero }
      lab: { namespaces: [{ name: fabric, colour: red }] }
      ports: { internet: { mtu: 12 } }
      """
    let precedence = "`service-endpoints`, `longest-prefix`, `equal-prefix` or `observed`"
    #expect(
      Outcome.of(yaml).lines == """
        1: name: `two words` cannot be a name here: at most 64 letters, digits, `-`, `_` and `.`, the first a letter, digit or `_`
        2: routing.precedence: `fastest` is not \(precedence)
        5: virtualNetworks[0].adressSpace: is not a key here; did you mean `addressSpace`?
        8: virtualNetworks[0].subnets[0].addressPrefix: `10.0.1.7/24` has bits behind its length; did you mean `10.0.1.0/24`?
        8: virtualNetworks[0].subnets[0].routeTable: there is no route table `t`
        9: virtualNetworks[0].subnets[1].serviceEndpoints[0].service: is missing; it must be a service such as `Microsoft.Storage`
        11: networkInterfaces[0].subnet: there is no subnet `v/c`; did you mean `v/a`?
        11: networkInterfaces[0].macAddress: `zero` is not a MAC address such as `02:00:0a:00:01:04`
        12: lab.namespaces[0].name: `fabric` is the namespace that the dataplane runs in, and is always there
        12: lab.namespaces[0].colour: is not a key here; the keys are `name`, `networkInterface`, `port`, `addresses`, `loopbackAddresses`, `ipForwarding`, `edge` or `routes`
        13: ports.internet.mtu: `12` is not a whole number from 576 to 65535
        """)
  }

  @Test("a problem's text is file:line:column: field: message")
  func description() {
    let errors = ConfigurationErrors(problems: Outcome.of("name: [\n", path: "a/b.yaml").problems)
    #expect(errors.description.hasPrefix("a/b.yaml:2:1: is not YAML: "))
    let one = ConfigurationProblem(
      path: "f", line: 3, column: 9, field: "a[0].b", message: "is wrong")
    #expect(one.description == "f:3:9: a[0].b: is wrong")
  }

  @Test("files that are included come after the configuration, each by its lines")
  func severalFiles() throws {
    let json = """
      { "type": "Microsoft.Network/routeTables", "name": "t", "properties": {
        "routes": [ { "name": "r", "properties": { "addressPrefix": "1.2.3.4", "nextHopType": "None" } } ] } }
      """
    let yaml = "azure: [t.json]\nflows: { maximum: 0 }\n" + network
    try Place.withFiles(["t.json": json, "lab.yaml": yaml]) { folder in
      let problems = Outcome.ofFile(folder.appendingPathComponent("lab.yaml").path).problems
      #expect(
        problems.map { "\($0.path.split(separator: "/").last!):\($0.line):\($0.column)" }
          == ["lab.yaml:2:19", "t.json:2:63"])
      #expect(problems.last?.field == "properties.routes[0].properties.addressPrefix")
    }
  }

  @Test("what is probably not meant is a warning, with its place")
  func warnings() throws {
    let yaml = """
      virtualNetworks:
        - name: v
          location: westeurop
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24, routeTable: t, natGateway: { id: nat } }]
      routeTables:
        - name: t
          routes:
            - { name: r, addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.9 }
            - { name: s, addressPrefix: 10.9.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 }
      networkInterfaces: [{ name: n, subnet: a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }]
      bgp: { routes: [{ addressPrefix: 10.9.0.0/16 }] }
      ports: { backbone: }
      """
    let configuration = try #require(Outcome.of(yaml).configuration)
    #expect(
      Outcome.lines(configuration.warnings) == """
        3: virtualNetworks[0].location: `westeurop` is not a region of the service data; did you mean `westeurope`?
        5: virtualNetworks[0].subnets[0].natGateway: is not applied: a NAT gateway has no effect here; give NICs public addresses
        9: routeTables[0].routes[0].nextHopIpAddress: no NIC has the address `10.0.1.9`: what takes this route is dropped
        10: routeTables[0].routes[1].nextHopIpAddress: the NIC `n` has not `enableIPForwarding: true`, so what it forwards is dropped
        12: bgp: `v` has no gateway: what takes these routes is dropped; write `ports.gateway`
        13: ports.internet: is missing: what goes to the Internet is dropped
        """)
  }

  @Test("F5: one address in two networks that both use endpoints is allowed, and warned of")
  func sharedAddress() throws {
    let yaml = """
      virtualNetworks:
        - { name: v, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Sql] }] }
        - { name: w, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Sql] }] }
      networkInterfaces:
        - { name: n, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        - { name: m, subnet: w/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
      """
    let configuration = try #require(Outcome.of(yaml).configuration)
    #expect(
      Outcome.lines(configuration.warnings) == """
        6: networkInterfaces[1].ipConfigurations[0].privateIPAddress: `10.0.1.4` is an address of `n` in another network, and both use service endpoints: without an encapsulation replies for the second one are dropped
        """)
  }
}
