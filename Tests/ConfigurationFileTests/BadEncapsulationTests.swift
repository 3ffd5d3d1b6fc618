import ConfigurationFile
import Model
import Testing
import Wire

@Suite("I1: encapsulations of the backbone")
struct BadEncapsulationTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  private static func backbone(_ rest: String) -> String {
    network + "ports: { internet: {}, backbone: { \(rest) } }\n"
  }

  static let cases = [
    Bad(
      "a type that does not exist", backbone("encapsulation: vxlann"),
      """
      6: ports.backbone.encapsulation: `vxlann` is not `none`, `service-tunnel` or `vxlan`; did you mean `vxlan`?
      """),
    Bad(
      "no type", backbone("encapsulation: { outer: nvgre }"),
      """
      6: ports.backbone.encapsulation.type: is missing; it must be `none`, `service-tunnel` or `vxlan`
      """),
    Bad(
      "VXLAN without addresses", backbone("encapsulation: vxlan"),
      """
      6: ports.backbone.encapsulation.localAddress: is missing; it must be our IPv4 address on the backbone, unless `addresses` has one
      6: ports.backbone.encapsulation.remoteAddress: is missing; it must be the IPv4 address of the far end, such as `169.254.3.2`
      """),
    Bad(
      "ourselves at the far end",
      backbone("addresses: [192.0.2.1], encapsulation: { type: vxlan, remoteAddress: 192.0.2.1 }"),
      """
      6: ports.backbone.encapsulation.remoteAddress: `192.0.2.1` is our own address on the backbone
      """),
    Bad(
      "an underlay of groups",
      backbone("encapsulation: { type: vxlan, localAddress: 192.0.2.1, remoteAddress: 239.1.1.1 }"),
      """
      6: ports.backbone.encapsulation.remoteAddress: `239.1.1.1` is not the IPv4 address of one host on the backbone
      """),
    Bad(
      "an outer header's fields without one",
      backbone("encapsulation: { type: service-tunnel, udpPort: 4789 }"),
      """
      6: ports.backbone.encapsulation.udpPort: belongs to an outer header; write `outer: nvgre` or `outer: vxlan`
      """),
    Bad(
      "a port of NVGRE",
      backbone(
        "addresses: [192.0.2.1], encapsulation: { type: service-tunnel, outer: nvgre, udpPort: 1 }"),
      """
      6: ports.backbone.encapsulation.udpPort: belongs to VXLAN; NVGRE has no UDP port
      """),
    Bad(
      "prefixes of VXLAN",
      backbone(
        "addresses: [192.0.2.1], encapsulation: { type: vxlan, remoteAddress: 192.0.2.2, outer: nvgre }"
      ),
      """
      6: ports.backbone.encapsulation.outer: belongs to a `service-tunnel`; remove it
      """),
    Bad(
      "a prefix of another length",
      backbone("encapsulation: { type: service-tunnel, servicePrefix: 'fd00::/64' }"),
      """
      6: ports.backbone.encapsulation.servicePrefix: `fd00::/64` must be an IPv6 prefix of 96 bits: an IPv4 address stands behind it
      """),
    Bad(
      "prefixes of nobody",
      backbone(
        "encapsulation: { type: service-tunnel, prefixes: { w: 'fd00::/96', v/b: 'fd00::/96' } }"),
      """
      6: ports.backbone.encapsulation.prefixes.w: there is no virtual network `w`; a subnet is written `network/subnet`
      6: ports.backbone.encapsulation.prefixes.v/b: there is no subnet `v/b`
      """),
    Bad(
      "no room for the headers",
      backbone("mtu: 580, encapsulation: service-tunnel"),
      """
      6: ports.backbone.encapsulation: leaves 552 of the backbone's 580 bytes; every IPv4 link carries 576
      """),
    Bad(
      "an encapsulation of the Internet",
      network + "ports: { internet: { encapsulation: vxlan } }\n",
      """
      6: ports.internet.encapsulation: is not a key here; the keys are `device`, `macAddress`, `peerMacAddress`, `addresses` or `mtu`
      """),
    Bad(
      "two subnets with one number",
      """
      virtualNetworks:
        - name: v
          id: 7
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets:
            - { name: a, addressPrefix: 10.0.1.0/24, number: 2 }
            - { name: b, addressPrefix: 10.0.2.0/24 }
      ports: { internet: {}, backbone: { encapsulation: service-tunnel } }
      """,
      """
      8: virtualNetworks[0].subnets[1].number: the subnets `v/a` and `v/b` have one identity, fd53:504c:d3c9:0:7:2::/96; write another `number`
      """),
  ]
}
