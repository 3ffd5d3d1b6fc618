import Testing

/// Namespaces and links.
@Suite("bad configurations: lab")
struct BadLabTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "the namespace that is always there",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: fabric }]
        """,
      """
      9: lab.namespaces[0].name: `fabric` is the namespace that the dataplane runs in, and is always there
      """),
    Bad(
      "a NIC that is misspelt",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, networkInterface: vm2 }]
        """,
      """
      9: lab.namespaces[0].networkInterface: there is no NIC `vm2`; did you mean `vm1`?
      """),
    Bad(
      "a port that is not there",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, port: gateway }]
        """,
      """
      9: lab.namespaces[0].port: there is no port `gateway`; there are `internet` or `backbone`
      """),
    Bad(
      "two namespaces at one NIC",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, networkInterface: vm1 }, { name: m, networkInterface: vm1 }]
        """,
      """
      9: lab.namespaces[1].networkInterface: the namespace `n` stands there already
      """),
    Bad(
      "a NIC and a port",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, networkInterface: vm1, port: internet }]
        """,
      """
      9: lab.namespaces[0].port: stands beside `networkInterface`; a namespace has one of the two
      """),
    Bad(
      "the same name twice",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n }, { name: n }]
        """,
      """
      9: lab.namespaces[1].name: `n` is the name of another namespace, in line 9
      """),
    Bad(
      "addresses without an interface",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, addresses: [192.0.2.2/30] }]
        """,
      """
      9: lab.namespaces[0].addresses: there is no interface for them: only a namespace with a `networkInterface` or a `port` has one; write `loopbackAddresses`, or addresses at `links`
      """),
    Bad(
      "an address without a length",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, port: internet, addresses: [192.0.2.2] }]
        """,
      """
      9: lab.namespaces[0].addresses[0]: `192.0.2.2` needs the length of its link's prefix, such as `192.0.2.2/30`
      """),
    Bad(
      "a route to nowhere",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, routes: [{ destination: 10.0.0.0/16 }] }]
        """,
      """
      9: lab.namespaces[0].routes[0].via: is missing; a route needs `via`, `device` or both
      """),
    Bad(
      "a route of mixed versions",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, routes: [{ destination: 10.0.0.0/16, via: 'fe80::1' }] }]
        """,
      """
      9: lab.namespaces[0].routes[0].via: `fe80::1` cannot be the next hop of 10.0.0.0/16: one is IPv4, the other IPv6
      """),
    Bad(
      "a link with one end",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n }]
          links: [{ ends: [{ namespace: n, device: e }] }]
        """,
      """
      10: lab.links[0].ends: must have two ends, not 1
      """),
    Bad(
      "a link to an unknown namespace",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: internet }]
          links: [{ ends: [{ namespace: fabric, device: e }, { namespace: internett, device: e }] }]
        """,
      """
      10: lab.links[0].ends[1].namespace: there is no namespace `internett`; did you mean `internet`?
      """),
    Bad(
      "devices that are taken",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: n, port: internet }]
          links: [{ ends: [{ namespace: fabric, device: vm1 }, { namespace: n, device: eth0 }] }]
        """,
      """
      10: lab.links[0].ends[0].device: the interface `vm1` of `fabric` is that of the NIC `vm1` too
      10: lab.links[0].ends[1].device: the interface `eth0` of `n` is that of the namespace's link to the dataplane too
      """),
    Bad(
      "a name that is no name",
      network + """
        networkInterfaces:
          - { name: vm1, subnet: v/a, ipConfigurations: [{ }] }
        lab:
          namespaces: [{ name: a b }]
        """,
      """
      9: lab.namespaces[0].name: `a b` cannot be a name here: at most 64 letters, digits, `-`, `_` and `.`, the first a letter, digit or `_`
      """),
  ]
}
