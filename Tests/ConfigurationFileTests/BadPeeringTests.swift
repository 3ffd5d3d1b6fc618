import Testing

/// Peerings.
@Suite("bad configurations: peerings")
struct BadPeeringTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "a network that is not there",
      network + """
            virtualNetworkPeerings: [{ remoteVirtualNetwork: ww }]
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
        """,
      """
      6: virtualNetworks[0].virtualNetworkPeerings[0].remoteVirtualNetwork: there is no virtual network `ww`; did you mean `w`?
      """),
    Bad(
      "a network with itself",
      network + """
            virtualNetworkPeerings: [{ remoteVirtualNetwork: v }]
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
        """,
      """
      6: virtualNetworks[0].virtualNetworkPeerings[0].remoteVirtualNetwork: a network cannot be peered with itself
      """),
    Bad(
      "only one side",
      network + """
            virtualNetworkPeerings: [{ remoteVirtualNetwork: w }]
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
        """,
      """
      6: virtualNetworks[0].virtualNetworkPeerings[0].remoteVirtualNetwork: `w` has no peering with `v`; two networks are connected when each has one
      """),
    Bad(
      "overlapping address spaces",
      network + """
            virtualNetworkPeerings: [{ remoteVirtualNetwork: w }]
          - name: w
            location: westeurope
            addressSpace: [10.0.128.0/17]
            virtualNetworkPeerings: [{ remoteVirtualNetwork: v }]
        """,
      """
      4: virtualNetworks[0].addressSpace[0]: `10.0.0.0/16` overlaps `10.0.128.0/17` of the peer `w`; networks with overlapping addresses cannot be peered
      """),
    Bad(
      "twice the same",
      network + """
            virtualNetworkPeerings: [{ name: p, remoteVirtualNetwork: w }, { name: q, remoteVirtualNetwork: w }]
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
            virtualNetworkPeerings: [{ remoteVirtualNetwork: v }]
        """,
      """
      6: virtualNetworks[0].virtualNetworkPeerings[1].remoteVirtualNetwork: `v` has another peering with `w`
      """),
    Bad(
      "a remote gateway without transit and gateway",
      network + """
            virtualNetworkPeerings: [{ remoteVirtualNetwork: w, useRemoteGateways: true }]
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
            virtualNetworkPeerings: [{ remoteVirtualNetwork: v }]
        """,
      """
      6: virtualNetworks[0].virtualNetworkPeerings[0].useRemoteGateways: needs `allowGatewayTransit: true` in the peering of `w` with `v`
      6: virtualNetworks[0].virtualNetworkPeerings[0].useRemoteGateways: `w` has no gateway; write `ports.gateway` with `virtualNetwork: w`, or a subnet `GatewaySubnet`
      """),
    Bad(
      "a remote gateway beside an own one",
      network + """
            virtualNetworkPeerings: [{ remoteVirtualNetwork: w, useRemoteGateways: true }]
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
            virtualNetworkPeerings: [{ remoteVirtualNetwork: v, allowGatewayTransit: true }]
        ports:
          gateway: [{ device: g1, virtualNetwork: v }, { device: g2, virtualNetwork: w }]
        """,
      """
      6: virtualNetworks[0].virtualNetworkPeerings[0].useRemoteGateways: `v` has a gateway of its own and cannot use another's
      """),
    Bad(
      "without a remote network",
      network + """
            virtualNetworkPeerings: [{ name: p }]
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
        """,
      """
      6: virtualNetworks[0].virtualNetworkPeerings[0].remoteVirtualNetwork: is missing; it must be the name of a virtual network
      """),
  ]
}
