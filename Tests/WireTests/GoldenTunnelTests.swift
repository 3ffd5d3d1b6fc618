import Foundation
import TestSupport
import Testing
import Wire

@Suite("I1: golden tunnels") struct GoldenTunnelTests {
  @Test(
    "SONiC-DASH's worked example comes out exactly", .enabled(if: WireTests.SharedData.isExpected))
  func example() throws {
    struct File: Decodable {
      struct Example: Decodable {
        struct Expected: Decodable {
          var overlaySip: String
          var overlayDip: String
          var outerSrc: String
          var outerDst: String
        }
        var src: String
        var dst: String
        var overlaySipPrefix: String
        var overlayDipPrefix: String
        var underlaySip: String
        var encapsulation: String
        var expect: Expected
      }
      var example: Example
    }
    let folder = try #require(WireTests.SharedData.folder, "../shared/data is missing")
    let data = try Data(contentsOf: folder.appendingPathComponent("vectors/service-tunnel.json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let example = try decoder.decode(File.self, from: data).example
    let words = example.encapsulation.split(separator: " ")
    #expect(words.first == "nvgre")
    let source = try #require(Self.prefix(example.overlaySipPrefix))
    let destination = try #require(Self.prefix(example.overlayDipPrefix))
    let underlay = try #require(IPv4Address(example.underlaySip))
    let vni = try #require(words.last.flatMap { UInt32($0) })
    let encoder = TunnelEncoder(
      prefixes: (source, destination),
      outer: .init(
        format: .nvgre, local: underlay, remote: nil, vni: vni, sourceMAC: TestTunnel.innerSource,
        destinationMAC: TestTunnel.innerDestination))
    let from = try #require(IPv4Address(example.src))
    let to = try #require(IPv4Address(example.dst))
    let frame = TestFrame(
      source: big32(from.bits), destination: big32(to.bits), segment: .udp(1_000, 53, [1, 2, 3]))
    let packet = try TestTunnel.nvgre.decoder.decoded(encoder.encapsulated(frame.bytes()))
    #expect(packet.vni == 100)
    #expect(packet.outer.sourceAddress == IPAddress(example.expect.outerSrc))
    #expect(packet.outer.destinationAddress == IPAddress(example.expect.outerDst))
    #expect(packet.inner.sourceAddress == IPAddress(example.expect.overlaySip))
    #expect(packet.inner.destinationAddress == IPAddress(example.expect.overlayDip))
  }

  private static func prefix(_ text: String) -> OverlayPrefix? {
    IPPrefix(text).flatMap { OverlayPrefix($0) }
  }

  /// Of `Golden.plain`, TCP with three bytes.
  static let serviceTunnel = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6, traffic class 0, flow label 0
    0017 0640                                # 23 bytes of payload, next header 6, hop limit 64
    fd00 0108 0000 d204 0000 0200 0a00 0104  # source: prefix, 10.0.1.4
    2603 10e1 0100 0002 0000 0000 143c 0004  # destination: prefix, 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344 5566 7788                      # sequence, acknowledgment
    5018 ffff                                # 20 bytes of header, PSH ACK, window
    183c 0000                                # checksum, urgent pointer
    4745 54                                  # "GET"
    """)

  static let inNVGRE =
    hex(
      """
      1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
      0800                                     # IPv4
      4500 0069                                # version 4, 20 bytes of header, 105 in all
      0000 4000                                # identification, do not fragment
      402f 4e01                                # time to live 64, protocol 47, header checksum
      2801 0201                                # source 40.1.2.1
      c000 0263                                # destination 192.0.2.99
      2000 6558                                # GRE: a key; transparent Ethernet bridging
      0000 6400                                # virtual subnet 100, flow 0
      0200 0000 0302  0200 0100 0064           # to the far end, from subnet 1 of network 100
      """) + serviceTunnel[12...]

  @Test("A service tunnel, plain and inside NVGRE, byte for byte")
  func serviceTunnels() throws {
    expectSame(
      try TestTunnel.plain.encoder.encapsulated(Golden.plain), Self.serviceTunnel,
      from: Golden.plain)
    expectSame(
      try TestTunnel.nvgre.encoder.encapsulated(Golden.plain), Self.inNVGRE, from: Golden.plain)
  }

  @Test("I1: an identity's prefix shows its numbers, and gives them back")
  func prefixes() throws {
    let identity = NetworkIdentity(region: 0x1234, network: 0xabcdef, subnet: 0x5678)
    #expect(identity.prefix.description == "fd53:504c:1234:ab:cdef:5678::/96")
    var generator = SeededGenerator(seed: 96)
    for _ in 0..<1_000 {
      let identity = NetworkIdentity(
        region: .random(in: 0...UInt16.max, using: &generator),
        network: .random(in: 0...0xff_ffff, using: &generator),
        subnet: .random(in: 0...UInt16.max, using: &generator))
      #expect(NetworkIdentity(identity.prefix) == identity)
    }
    #expect(NetworkIdentity(TestTunnel.source) == nil)
    #expect(OverlayPrefix(IPPrefix("fd00::/95")!) == nil)
    #expect(OverlayPrefix(IPPrefix("10.0.0.0/8")!) == nil)
    #expect(NetworkIdentity(OverlayPrefix(upper: identity.prefix.bits >> 32 | 1 << 40)) == nil)
  }
}
