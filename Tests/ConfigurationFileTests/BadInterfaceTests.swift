import Testing

/// NICs and their ports.
@Suite("bad configurations: network interfaces")
struct BadInterfaceTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "a subnet that is not there",
      network + """
        networkInterfaces:
          - { name: n, subnet: v/b, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        """,
      """
      7: networkInterfaces[0].subnet: there is no subnet `v/b`; did you mean `v/a`?
      """),
    Bad(
      "a network that is misspelt",
      network + """
        networkInterfaces:
          - { name: n, subnet: vv/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        """,
      """
      7: networkInterfaces[0].subnet: there is no subnet `vv/a`; did you mean `v/a`?
      """),
    Bad(
      "a subnet that several networks have",
      network + """
          - { name: w, location: westeurope, addressSpace: [10.0.0.0/16], subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }] }
        networkInterfaces:
          - { name: n, subnet: a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        """,
      """
      8: networkInterfaces[0].subnet: `a` is in several networks; write `v/a` or `w/a`
      """),
    Bad(
      "no subnet and no address",
      network + """
        networkInterfaces:
          - { name: n }
        """,
      """
      7: networkInterfaces[0].subnet: is missing; it must be `network/subnet`
      """),
    Bad(
      "no address",
      network + """
        networkInterfaces:
          - { name: n, subnet: v/a }
        """,
      """
      7: networkInterfaces[0].ipConfigurations: is missing; a NIC needs an address: `ipConfigurations: [{privateIPAddress: 10.0.1.4}]`
      """),
    Bad(
      "an address outside the subnet",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.2.4 }] }
        """,
      """
      7: networkInterfaces[0].ipConfigurations[0].privateIPAddress: `10.0.2.4` is outside the subnet `v/a`, 10.0.1.0/24
      """),
    Bad(
      "reserved addresses",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.0 }] }
          - { name: n1, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.3 }] }
          - { name: n2, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.255 }] }
        """,
      """
      7: networkInterfaces[0].ipConfigurations[0].privateIPAddress: `10.0.1.0` is reserved: of 10.0.1.0/24 a NIC can have 10.0.1.4 to 10.0.1.254
      8: networkInterfaces[1].ipConfigurations[0].privateIPAddress: `10.0.1.3` is reserved: of 10.0.1.0/24 a NIC can have 10.0.1.4 to 10.0.1.254
      9: networkInterfaces[2].ipConfigurations[0].privateIPAddress: `10.0.1.255` is reserved: of 10.0.1.0/24 a NIC can have 10.0.1.4 to 10.0.1.254
      """),
    Bad(
      "an address that another has",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
          - { name: n1, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        """,
      """
      8: networkInterfaces[1].ipConfigurations[0].privateIPAddress: `10.0.1.4` is an address of the NIC `n0` too, in the same network
      """),
    Bad(
      "an address that is none",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.400 }] }
        """,
      """
      7: networkInterfaces[0].ipConfigurations[0].privateIPAddress: `10.0.1.400` is not an IP address such as `10.0.1.4`
      """),
    Bad(
      "a public address that another has",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ publicIPAddress: 203.0.113.4 }] }
          - { name: n1, subnet: v/a, ipConfigurations: [{ publicIPAddress: 203.0.113.4 }] }
        """,
      """
      8: networkInterfaces[1].ipConfigurations[0].publicIPAddress: `203.0.113.4` is a public address of the NIC `n0` too
      """),
    Bad(
      "a public address that is private",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ publicIPAddress: 10.0.1.4 }] }
        """,
      """
      7: networkInterfaces[0].ipConfigurations[0].publicIPAddress: `10.0.1.4` is not a public address: 10.0.0.0/8 is private
      """),
    Bad(
      "a public address that is not there",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ publicIPAddress: ip-one }] }
        publicIPAddresses: [{ name: ip-1, ipAddress: 203.0.113.1 }]
        """,
      """
      7: networkInterfaces[0].ipConfigurations[0].publicIPAddress: there is no public address `ip-one`
      """),
    Bad(
      "a public address of the other version",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, ipConfigurations: [{ publicIPAddress: '2001:db8::4' }] }
        """,
      """
      7: networkInterfaces[0].ipConfigurations[0].publicIPAddress: `2001:db8::4` cannot stand for `10.0.1.4`: one is IPv4, the other IPv6
      """),
    Bad(
      "a group MAC address",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, macAddress: 03:00:00:00:00:01, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].macAddress: `03:00:00:00:00:01` is not the address of one interface; the first byte must be even
      """),
    Bad(
      "a MAC address that is none",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, macAddress: 02-00-00-00-01, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].macAddress: `02-00-00-00-01` is not a MAC address such as `02:00:0a:00:01:04`
      """),
    Bad(
      "a MAC address that another has",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, macAddress: 00-0D-3A-00-00-01, ipConfigurations: [{ }] }
          - { name: n1, subnet: v/a, macAddress: 00-0D-3A-00-00-01, ipConfigurations: [{ }] }
        """,
      """
      8: networkInterfaces[1].macAddress: `00:0d:3a:00:00:01` is the address of the NIC `n0` too
      """),
    Bad(
      "a device that another has",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, port: { device: eth7 }, ipConfigurations: [{ }] }
          - { name: n1, subnet: v/a, port: { device: eth7 }, ipConfigurations: [{ }] }
        """,
      """
      8: networkInterfaces[1].port.device: the interface `eth7` is that of the NIC `n0` too
      """),
    Bad(
      "a device name that the kernel refuses",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, port: { device: a-very-long-name-indeed }, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].port.device: `a-very-long-name-indeed` cannot be the name of an interface: at most 15 characters, no space, `/` or `:`
      """),
    Bad(
      "a device and a tap",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, port: { device: a, tap: b }, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].port.tap: stands beside `device`; write one of the two
      """),
    Bad(
      "a namespace without a tap",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, port: { device: a, namespace: b }, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].port.namespace: only a `tap` has a namespace; an interface is taken where the dataplane runs
      """),
    Bad(
      "an MTU that is too small",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, port: { device: a, mtu: 100 }, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].port.mtu: `100` is not a whole number from 576 to 65535
      """),
    Bad(
      "a public guest without a public address",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, guestAddress: public, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].guestAddress: `public` needs a `publicIPAddress` in `ipConfigurations`
      """),
    Bad(
      "a guest address that is neither",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, guestAddress: pubic, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].guestAddress: `pubic` is not `private` or `public`; did you mean `public`?
      """),
    Bad(
      "a platform address without a platform port, private, and another's",
      network + """
        networkInterfaces:
          - { name: n0, subnet: v/a, platformAddress: 203.0.113.9, ipConfigurations: [{ publicIPAddress: 203.0.113.4 }] }
          - { name: n1, subnet: v/a, platform: n1p, platformAddress: 10.0.0.4, ipConfigurations: [{ }] }
          - { name: n2, subnet: v/a, platform: n2p, platformAddress: 203.0.113.4, ipConfigurations: [{ }] }
          - { name: n3, subnet: v/a, platform: n3p, platformAddress: host, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].platformAddress: is the address of what comes in by a `platform` port, and there is none
      8: networkInterfaces[1].platformAddress: `10.0.0.4` is not a public address: 10.0.0.0/8 is private
      9: networkInterfaces[2].platformAddress: `203.0.113.4` is a public address of the NIC `n0` too
      10: networkInterfaces[3].platformAddress: `host` is not an IP address such as `10.0.1.4`
      """),
    Bad(
      "the name of a port",
      network + """
        networkInterfaces:
          - { name: gateway, subnet: v/a, ipConfigurations: [{ }] }
        """,
      """
      7: networkInterfaces[0].name: `gateway` is the name of a port towards the world; the NIC needs another
      """),
    Bad(
      "the same name twice",
      network + """
        networkInterfaces:
          - { name: n, subnet: v/a, ipConfigurations: [{ }] }
          - { name: n, subnet: v/a, ipConfigurations: [{ }] }
        """,
      """
      8: networkInterfaces[1].name: `n` is the name of another NIC, in line 7
      """),
    Bad(
      "more NICs than addresses",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/29 }]
      networkInterfaces:
        - { name: n0, subnet: v/a, ipConfigurations: [{ }] }
        - { name: n1, subnet: v/a, ipConfigurations: [{ }] }
        - { name: n2, subnet: v/a, ipConfigurations: [{ }] }
        - { name: n3, subnet: v/a, ipConfigurations: [{ }] }
      """,
      """
      10: networkInterfaces[3].ipConfigurations[0].privateIPAddress: is missing, and `v/a` has no free address for it
      """),
  ]
}
