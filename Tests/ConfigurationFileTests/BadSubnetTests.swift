import Testing

/// Subnets.
@Suite("bad configurations: subnets")
struct BadSubnetTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "outside the address space",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.1.0.0/24 }]
      """,
      """
      5: virtualNetworks[0].subnets[0].addressPrefix: `10.1.0.0/24` is outside the address space of `v`, 10.0.0.0/16
      """),
    Bad(
      "delegations that name no type of resources",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets:
            - { name: a, addressPrefix: 10.0.0.0/24, delegations: Microsoft.Web/serverFarms }
            - name: b
              addressPrefix: 10.0.1.0/24
              delegations:
                - serverFarms
                - { name: web }
                - { serviceName: Microsoft.Web/ }
                - { serviceName: Microsoft.Web/serverFarms, servicename: x }
      """,
      """
      6: virtualNetworks[0].subnets[0].delegations: must be a list of delegations, not a single value
      10: virtualNetworks[0].subnets[1].delegations[0]: `serverFarms` is not a type of resources such as `Microsoft.Web/serverFarms`
      11: virtualNetworks[0].subnets[1].delegations[1].serviceName: is missing; it must be a type of resources such as `Microsoft.Web/serverFarms`
      12: virtualNetworks[0].subnets[1].delegations[2].serviceName: `Microsoft.Web/` is not a type of resources such as `Microsoft.Web/serverFarms`
      13: virtualNetworks[0].subnets[1].delegations[3].servicename: is not a key here; did you mean `serviceName`?
      """),
    Bad(
      "overlapping a sibling",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: 
            - { name: a, addressPrefix: 10.0.1.0/24 }
            - { name: b, addressPrefix: 10.0.0.0/23 }
      """,
      """
      7: virtualNetworks[0].subnets[1].addressPrefix: `10.0.0.0/23` overlaps `10.0.1.0/24` of the subnet `a`
      """),
    Bad(
      "without a prefix",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a }]
      """,
      """
      5: virtualNetworks[0].subnets[0].addressPrefix: is missing; it must be an address prefix such as `10.0.1.0/24`
      """),
    Bad(
      "too small",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/30 }]
      """,
      """
      5: virtualNetworks[0].subnets[0].addressPrefix: `10.0.1.0/30` is too small: five addresses of a subnet are reserved, so /29 is the smallest
      """),
    Bad(
      "an IPv6 subnet that is not a /64",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16, 'fd00::/48']
          subnets: [{ name: a, addressPrefix: 'fd00::/80' }]
      """,
      """
      5: virtualNetworks[0].subnets[0].addressPrefix: `fd00::/80` must be a /64: every IPv6 subnet is one
      """),
    Bad(
      "both forms of the prefix",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24, addressPrefixes: [10.0.2.0/24] }]
      """,
      """
      5: virtualNetworks[0].subnets[0].addressPrefix: stands beside `addressPrefixes`; write one of the two
      """),
    Bad(
      "the same name twice",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: 
            - { name: a, addressPrefix: 10.0.1.0/24 }
            - { name: A, addressPrefix: 10.0.2.0/24 }
      """,
      """
      7: virtualNetworks[0].subnets[1].name: `A` is the name of another subnet of `v`, in line 6
      """),
    Bad(
      "a route table that is not there",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24, routeTable: to-aplliance }]
      routeTables: [{ name: to-appliance }]
      """,
      """
      5: virtualNetworks[0].subnets[0].routeTable: there is no route table `to-aplliance`; did you mean `to-appliance`?
      """),
    Bad(
      "a slash in the name",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: v/a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      5: virtualNetworks[0].subnets[0].name: `v/a` cannot be a name: `/` parts a network from a subnet
      """),
  ]
}
