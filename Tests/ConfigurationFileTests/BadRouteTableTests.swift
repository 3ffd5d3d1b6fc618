import Testing

/// User-defined routes.
@Suite("bad configurations: R2 route tables")
struct BadRouteTableTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "an appliance without its address",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance }
        """,
      """
      9: routeTables[0].routes[0].nextHopIpAddress: is missing; a route to a `VirtualAppliance` needs the appliance's address
      """),
    Bad(
      "an address without an appliance",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 0.0.0.0/0, nextHopType: Internet, nextHopIpAddress: 10.0.1.4 }
        """,
      """
      9: routeTables[0].routes[0].nextHopIpAddress: only a route to a `VirtualAppliance` has an address; this one goes to `Internet`
      """),
    Bad(
      "a misspelt next hop",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 0.0.0.0/0, nextHopType: VirtualAplliance }
        """,
      """
      9: routeTables[0].routes[0].nextHopType: `VirtualAplliance` is not `VirtualAppliance`, `VirtualNetworkGateway`, `VnetLocal`, `Internet` or `None`; did you mean `VirtualAppliance`?
      """),
    Bad(
      "next hops that nobody can write",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 0.0.0.0/0, nextHopType: VirtualNetworkServiceEndpoint }
              - { name: s, addressPrefix: 10.9.0.0/16, nextHopType: VNetPeering }
        """,
      """
      9: routeTables[0].routes[0].nextHopType: `VirtualNetworkServiceEndpoint` cannot be written in a route: enabling a service endpoint on the subnet makes these routes; write `VirtualAppliance`, `VirtualNetworkGateway`, `VnetLocal`, `Internet` or `None`
      10: routeTables[0].routes[1].nextHopType: `VNetPeering` cannot be written in a route: a peering makes these routes; write `VirtualAppliance`, `VirtualNetworkGateway`, `VnetLocal`, `Internet` or `None`
      """),
    Bad(
      "a tag that does not exist",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: Storage.WestEurop, nextHopType: Internet }
        """,
      """
      9: routeTables[0].routes[0].addressPrefix: `Storage.WestEurop` is neither an address prefix nor a service tag (built in); did you mean `Storage.WestEurope`?
      """),
    Bad(
      "the same prefix twice",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 10.9.0.0/16, nextHopType: None }
              - { name: s, addressPrefix: 10.9.0.0/16, nextHopType: Internet }
        """,
      """
      10: routeTables[0].routes[1].addressPrefix: `10.9.0.0/16` is the destination of the route `r` too; a table has one route for each
      """),
    Bad(
      "the same route name twice",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 10.9.0.0/16, nextHopType: None }
              - { name: r, addressPrefix: 10.8.0.0/16, nextHopType: None }
        """,
      """
      10: routeTables[0].routes[1].name: `r` is the name of another route of `t`, in line 9
      """),
    Bad(
      "a prefix with host bits",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 10.9.1.0/16, nextHopType: None }
        """,
      """
      9: routeTables[0].routes[0].addressPrefix: `10.9.1.0/16` has bits behind its length; did you mean `10.9.0.0/16`?
      """),
    Bad(
      "a next hop of the other version",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: '::/0', nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 }
        """,
      """
      9: routeTables[0].routes[0].nextHopIpAddress: `10.0.1.4` cannot be the next hop of ::/0: one is IPv4, the other IPv6
      """),
    Bad(
      "a key of the portal",
      network + """
        routeTables:
          - name: t
            routes:
              - { name: r, addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIPAddress: 10.0.1.4 }
        """,
      """
      9: routeTables[0].routes[0].nextHopIPAddress: is not a key here; did you mean `nextHopIpAddress`?
      """),
    Bad(
      "everything missing",
      network + """
        routeTables:
          - name: t
            routes:
              - {  }
        """,
      """
      9: routeTables[0].routes[0].name: is missing; it must be the route's name
      9: routeTables[0].routes[0].addressPrefix: is missing; it must be an address prefix or a service tag, such as `0.0.0.0/0` or `Storage`
      9: routeTables[0].routes[0].nextHopType: is missing; it must be `VirtualAppliance`, `VirtualNetworkGateway`, `VnetLocal`, `Internet` or `None`
      """),
  ]
}
