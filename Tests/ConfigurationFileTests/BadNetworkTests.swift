import Testing

/// Virtual networks.
@Suite("bad configurations: virtual networks")
struct BadNetworkTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "no virtual network",
      """
      name: empty
      """,
      """
      1: virtualNetworks: is missing; a configuration needs a virtual network
      """),
    Bad(
      "everything missing",
      """
      virtualNetworks: [{}]
      """,
      """
      1: virtualNetworks[0].name: is missing; it must be the network's name
      """),
    Bad(
      "a name is all there is",
      """
      virtualNetworks: [{ name: v }]
      """,
      """
      1: virtualNetworks[0].location: is missing; it must be a region such as `westeurope`
      1: virtualNetworks[0].addressSpace: is missing; it must be a list of address prefixes such as `[10.0.0.0/16]`
      """),
    Bad(
      "an identity that is too large",
      """
      virtualNetworks:
        - name: v
          id: 16777216
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      3: virtualNetworks[0].id: `16777216` is not a whole number from 1 to 16777215
      """),
    Bad(
      "the same identity twice",
      """
      virtualNetworks:
        - name: v
          id: 7
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
        - { name: w, id: 7, location: westeurope, addressSpace: [10.1.0.0/16] }
      """,
      """
      7: virtualNetworks[1].id: 7 is the identity of `v` too; write another `id`
      """),
    Bad(
      "the same name twice",
      network + """
          - { name: V, location: westeurope, addressSpace: [10.1.0.0/16] }
        """,
      """
      6: virtualNetworks[1].name: `V` is the name of another virtual network, in line 2
      """),
    Bad(
      "a prefix with host bits",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.1/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: virtualNetworks[0].addressSpace[0]: `10.0.0.1/16` has bits behind its length; did you mean `10.0.0.0/16`?
      """),
    Bad(
      "a prefix without its length",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: virtualNetworks[0].addressSpace[0]: `10.0.0.0` has no length; write `10.0.0.0/32` if the one address is meant
      """),
    Bad(
      "a prefix that is none",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/33]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: virtualNetworks[0].addressSpace[0]: `10.0.0.0/33` is not an address prefix such as `10.0.1.0/24`
      """),
    Bad(
      "an empty address space",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: []
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: virtualNetworks[0].addressSpace: is empty; a network needs an address prefix such as `10.0.0.0/16`
      """),
    Bad(
      "an address space that overlaps itself",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16, 10.0.128.0/17]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: virtualNetworks[0].addressSpace[1]: `10.0.128.0/17` overlaps `10.0.0.0/16` of the same address space
      """),
    Bad(
      "multicast in the address space",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16, 239.0.0.0/8]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: virtualNetworks[0].addressSpace[1]: `239.0.0.0/8` overlaps 224.0.0.0/4 (multicast), which no network can have
      """),
    Bad(
      "a classic network",
      """
      virtualNetworks:
        - name: v
          type: Microsoft.ClassicNetwork/virtualNetworks
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      3: virtualNetworks[0].type: `Microsoft.ClassicNetwork/virtualNetworks`: the feature is available only to virtual networks deployed through the Azure Resource Manager deployment model; the type must be `Microsoft.Network/virtualNetworks`
      """),
  ]
}
