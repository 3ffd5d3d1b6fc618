import Testing

/// Keys that are unknown, values of the wrong kind.
@Suite("bad configurations: keys and types")
struct BadKeyTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "an unknown key with a near one",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          adressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: virtualNetworks[0].adressSpace: is not a key here; did you mean `addressSpace`?
      """),
    Bad(
      "an unknown key like nothing",
      network + """
        colour: red
        """,
      """
      6: colour: is not a key here; the keys are `name`, `routing`, `virtualNetworks`, `routeTables`, `networkSecurityGroups`, `serviceEndpointPolicies`, `applicationSecurityGroups`, `networkInterfaces`, `publicIPAddresses`, `resources`, `roleDefinitions`, `roleAssignments`, `ports`, `bgp`, `serviceTags`, `services`, `flows`, `control`, `edge`, `lab` or `azure`
      """),
    Bad(
      "a key in the wrong case",
      """
      virtualnetworks: []
      """,
      """
      1: virtualnetworks: is not a key here; did you mean `virtualNetworks`?
      """),
    Bad(
      "a list that is a word",
      """
      virtualNetworks: v
      """,
      """
      1: virtualNetworks: must be a list of resources, not a single value
      """),
    Bad(
      "a mapping that is a word",
      network + """
        flows: 100
        """,
      """
      6: flows: must be a mapping such as `maximum: 65536`, not a single value
      """),
    Bad(
      "a word that is a list",
      """
      virtualNetworks:
        - name: [v]
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      2: virtualNetworks[0].name: must be the network's name, not a list
      """),
    Bad(
      "a number that is a word",
      network + """
        flows: { maximum: many }
        """,
      """
      6: flows.maximum: `many` is not a whole number from 1 to 16777216
      """),
    Bad(
      "a number in another notation",
      network + """
        flows: { maximum: 0x100 }
        """,
      """
      6: flows.maximum: `0x100` is not a whole number from 1 to 16777216
      """),
    Bad(
      "a number out of range",
      network + """
        flows: { maximum: 0 }
        """,
      """
      6: flows.maximum: `0` is not a whole number from 1 to 16777216
      """),
    Bad(
      "yes for true",
      network + """
        routing: { icmpFollowsEndpoints: yes }
        """,
      """
      6: routing.icmpFollowsEndpoints: `yes` is not `true` or `false`
      """),
    Bad(
      "an unknown precedence model",
      network + """
        routing: { precedence: longest-prefixes }
        """,
      """
      6: routing.precedence: `longest-prefixes` is not `service-endpoints`, `longest-prefix`, `equal-prefix` or `observed`; did you mean `longest-prefix`?
      """),
    Bad(
      "a name that is no name",
      """
      name: my lab
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      1: name: `my lab` cannot be a name here: at most 64 letters, digits, `-`, `_` and `.`, the first a letter, digit or `_`
      """),
    Bad(
      "a relative socket",
      network + """
        control: { socket: run/lab.sock }
        """,
      """
      6: control.socket: `run/lab.sock` must be an absolute path such as `/run/spurline/lab.sock`
      """),
    Bad(
      "a socket of too long a path",
      network + """
        control: { socket: /run/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx }
        """,
      """
      6: control.socket: is longer than 107 bytes, the most that a Unix socket's path can have
      """),
    Bad(
      "an empty value",
      """
      virtualNetworks:
        - name: ""
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      2: virtualNetworks[0].name: is empty; it must be the network's name
      """),
    Bad(
      "a key flat and below properties",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          properties: { addressSpace: { addressPrefixes: [10.1.0.0/16] } }
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      5: virtualNetworks[0].properties.addressSpace: stands already in line 4, outside `properties`; remove one
      """),
  ]
}
