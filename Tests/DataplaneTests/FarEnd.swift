import Model
import Testing
import Wire

@testable import Dataplane

/// The far end of the backbone, reading and writing encapsulations the slow, obvious way.
struct FarEnd: CustomTestStringConvertible {
  enum Outer { case none, nvgre, vxlan }

  var testDescription: String
  var isServiceTunnel: Bool
  var outer: Outer
  var encapsulation: BackboneEncapsulation

  static let local = IPv4Address(169, 254, 3, 1)
  static let remote = IPv4Address(169, 254, 3, 2)
  static let services = "fd53:504c:ffff::"

  static let all = [
    FarEnd(
      testDescription: "service-tunnel", isServiceTunnel: true, outer: .none,
      encapsulation: .init(kind: .serviceTunnel)),
    FarEnd(
      testDescription: "service-tunnel in NVGRE", isServiceTunnel: true, outer: .nvgre,
      encapsulation: .init(kind: .serviceTunnel, outer: .nvgre, local: local, remote: remote)),
    FarEnd(
      testDescription: "service-tunnel in VXLAN", isServiceTunnel: true, outer: .vxlan,
      encapsulation: .init(kind: .serviceTunnel, outer: .vxlan, local: local, remote: remote)),
    FarEnd(
      testDescription: "vxlan", isServiceTunnel: false, outer: .vxlan,
      encapsulation: .init(kind: .vxlan, local: local, remote: remote)),
  ]

  /// Bytes by which an IP packet becomes longer.
  var overhead: Int {
    (isServiceTunnel ? 20 : 0) + (outer == .none ? 0 : outer == .nvgre ? 42 : 50)
  }

  /// A path with an encapsulated backbone, and endpoints for Storage in both networks of 10.0.0.0/16.
  func lab(
    limits: FlowLimits = FlowLimits(), change: (inout Topology) -> Void = { _ in }
  ) -> Fixture {
    Fixture(limits: limits) { topology in
      topology.worldPorts[2].encapsulation = encapsulation
      for subnet in topology.subnets.indices {
        topology.subnets[subnet].serviceEndpoints = [ServiceEndpoint(service: "Microsoft.Storage")]
      }
      change(&topology)
    }
  }

  /// What a frame on the backbone says: the inner packet, and whose it is.
  struct Seen {
    var inner: SeenFrame
    var vni: Int?
    /// The prefix in a service tunnel, the MAC in VXLAN.
    var identity: String
  }

  func read(_ sent: Fixture.Sent) throws -> Seen {
    #expect(sent.port == "backbone")
    let frame = sent.frame
    #expect(frame.destinationMAC == MACAddress(0x0200_0000_0302))
    #expect(frame.sourceMAC == MACAddress(0x0200_0000_0301))
    var seen = Seen(inner: frame, identity: "")
    if outer != .none {
      #expect(frame.source == "169.254.3.1" && frame.destination == "169.254.3.2")
      #expect(slowChecksum(Array(frame.bytes[frame.l3..<frame.l4])) == 0)
      #expect(frame.end == frame.bytes.count)
      var at = frame.l4
      if outer == .vxlan {
        #expect(frame.transport == 17 && frame.destinationPort == 4_789)
        #expect(frame.number(at + 4, 2) == frame.end - at && frame.number(at + 6, 2) == 0)
        #expect(frame.number(at + 8, 4) == 0x0800_0000)
        at += 8
      } else {
        #expect(frame.transport == 47 && frame.number(at, 4) == 0x2000_6558)
      }
      seen.vni = frame.number(at + 4, 4) >> 8
      seen.inner = SeenFrame(Array(frame.bytes[(at + 8)...]))
      seen.identity = seen.inner.sourceMAC.description
      #expect(seen.inner.destinationMAC == MACAddress(0x0200_0000_0302))
    }
    if isServiceTunnel {
      #expect(seen.inner.etherType == 0x86dd)
      let bits = IPv6Address(seen.inner.source)!.bits
      seen.identity = IPv6Address((bits >> 32) << 32).description
      #expect(
        IPv6Address(seen.inner.destination)!.bits >> 32 == IPv6Address(Self.services)!.bits >> 32)
    }
    return seen
  }

  /// An IPv4 address as the inner packet has it.
  func overlay(_ address: String, of prefix: String) -> String {
    guard isServiceTunnel else { return address }
    let v4 = IPv4Address(address)!
    return IPv6Address(IPv6Address(prefix)!.bits | UInt128(v4.bits)).description
  }

  /// An inner packet to `address` in a network: its frame is what `build` makes of a builder.
  /// - Parameter prefix: of the subnet.
  func frame(
    _ service: String, to address: String, prefix: String, vni: UInt32,
    _ build: (FrameBuilder) -> [UInt8]
  ) -> [UInt8] {
    var builder = FrameBuilder(
      overlay(service, of: Self.services), overlay(address, of: prefix))
    builder.destinationMAC = MACAddress(0x0200_0000_0301)
    builder.sourceMAC = MACAddress(0x0200_0000_0302)
    guard outer != .none else { return build(builder) }
    builder.destinationMAC = MACAddress(0x0200_0100_0000 | UInt64(vni))
    return wrap(build(builder), vni: vni)
  }

  /// Any inner frame in the outer header.
  func wrap(_ inner: [UInt8], vni: UInt32) -> [UInt8] {
    var builder = FrameBuilder("169.254.3.2", "169.254.3.1")
    builder.destinationMAC = MACAddress(0x0200_0000_0301)
    builder.sourceMAC = MACAddress(0x0200_0000_0302)
    let tunnel = big(vni << 8)
    return outer == .nvgre
      ? builder.frame(47, [0x20, 0, 0x65, 0x58] + tunnel + inner)
      : builder.udp(50_000, 4_789, payload: [8, 0, 0, 0] + tunnel + inner, checksum: .none)
  }

  /// Of `vnet1/app` and `twin/app` in the fixture.
  static let prefixes = ["vm1": prefix(1), "twin": prefix(2)]

  private static func prefix(_ network: UInt32) -> String {
    let region = Region("westeurope").number
    return NetworkIdentity(region: region, network: network, subnet: 1).prefix.prefix.address
      .description
  }
}
