import TestSupport
import Testing
import Wire

@Suite("I1: what no tunnel carries, and what is no tunnel's, is refused by name")
struct TunnelRefusalTests {
  static let frame = TestFrame(
    source: [10, 0, 0, 4], destination: [20, 60, 0, 4], segment: .udp(1_000, 2_000, [1, 2, 3]))

  private func refusal(_ body: () throws -> Void) -> TunnelRefusal? {
    do {
      try body()
      return nil
    } catch {
      return error as? TunnelRefusal
    }
  }

  private func encodes(
    _ tunnel: TestTunnel = .plain, _ state: TestFrame.State = .complete,
    _ change: (inout TestFrame) -> Void
  ) -> TunnelRefusal? {
    var frame = Self.frame
    change(&frame)
    return refusal { _ = try tunnel.encoder.encapsulated(frame.bytes(state)) }
  }

  @Test("Into a service tunnel: no options, no ICMP but echo, no protocol of IPv6's own")
  func encoding() {
    #expect(encodes { _ in } == nil)
    #expect(encodes { $0.options = [1, 1, 1, 0] } == .options)
    #expect(encodes(.vxlan) { $0.options = [1, 1, 1, 0] } == nil)
    #expect(encodes { $0.segment = .icmp(isIPv6: false, type: 3) } == .icmpNotCarried)
    #expect(encodes(.vxlan) { $0.segment = .icmp(isIPv6: false, type: 3) } == nil)
    #expect(encodes { $0.segment = .echo(isIPv6: false) } == nil)
    #expect(
      encodes {
        $0.segment = .echo(isIPv6: false, [UInt8](repeating: 0, count: 24))
        $0.fragment = 0..<16
      } == .icmpNotCarried)
    for number in [0, 2, 43, 44, 51, 58, 59, 60, 135, 139, 140] as [UInt8] {
      #expect(encodes { $0.segment = .other(number, [1, 2, 3, 4]) } == .protocolNotCarried)
    }
    for number in [4, 41, 47] as [UInt8] {
      for tunnel in TestTunnel.all {
        #expect(encodes(tunnel) { $0.segment = .other(number, [1, 2, 3, 4]) } == .nested)
      }
    }
    #expect(encodes(.vxlan) { $0.segment = .udp(50_000, 4_789, [8, 0, 0, 0]) } == .nested)
    #expect(
      encodes(.plain, .none) {
        $0.segment = .udp(1_000, 2_000, [UInt8](repeating: 0, count: 24))
        $0.fragment = 0..<16
      } == .checksumMissing)
    #expect(encodes { $0.segment = .other(200, [UInt8](repeating: 0, count: 65_515)) } == .tooLong)
    var ipv6 = Self.frame
    ipv6.source = [UInt8](repeating: 1, count: 16)
    ipv6.destination = ipv6.source
    #expect(
      refusal { _ = try TestTunnel.plain.encoder.encapsulated(ipv6.bytes()) } == .protocolNotCarried
    )
  }

  @Test("Out of a tunnel: truncated, contradictory, fragmented and nested encapsulations")
  func decoding() throws {
    for tunnel in TestTunnel.all {
      // It is not in it at all.
      #expect(refusal { _ = try tunnel.decoder.decoded(Self.frame.bytes()) } == .notEncapsulated)
    }
    let vxlan = try TestTunnel.vxlan.encoder.encapsulated(Self.frame.bytes())
    let nvgre = try TestTunnel.nvgre.encoder.encapsulated(Self.frame.bytes())
    func decodes(_ tunnel: TestTunnel, _ bytes: [UInt8], _ change: (inout [UInt8]) -> Void)
      -> TunnelRefusal?
    {
      var bytes = bytes
      change(&bytes)
      bytes.replaceSubrange(24..<26, with: [0, 0])
      bytes.replaceSubrange(24..<26, with: big16(slowChecksum(Array(bytes[14..<34]))))
      return refusal { _ = try tunnel.decoder.decoded(bytes) }
    }
    #expect(decodes(.vxlan, vxlan) { _ in } == nil)
    #expect(decodes(.vxlan, vxlan) { $0[42] = 0 } == .malformed)
    // Reserved bits are ignored.
    #expect(decodes(.vxlan, vxlan) { $0[42] = 0xff } == nil)
    #expect(decodes(.vxlan, vxlan) { $0[37] = 1 } == .notEncapsulated)
    #expect(decodes(.vxlan, vxlan) { $0[39] -= 1 } == .malformed)
    #expect(decodes(.vxlan, vxlan) { $0[20] = 0x20 } == .fragmented)
    #expect(decodes(.vxlan, vxlan) { $0[62] = 0x12 } == .malformed)
    #expect(decodes(.vxlan, vxlan) { $0[64] = 0x65 } == .malformed)
    // An inner packet that says it is longer than the outer one.
    #expect(decodes(.vxlan, vxlan) { $0[66] = 9 } == .malformed)
    #expect(decodes(.nvgre, nvgre) { _ in } == nil)
    #expect(decodes(.nvgre, nvgre) { $0[34] = 0xb0 } == .malformed)
    #expect(decodes(.nvgre, nvgre) { $0[35] = 1 } == .malformed)
    #expect(decodes(.nvgre, nvgre) { $0[36] = 8 } == .malformed)
    #expect(decodes(.nvgre, nvgre) { $0[54] = 8 } == .malformed)
    #expect(decodes(.nvgre, nvgre) { $0[23] = 200 } == .notEncapsulated)
    for length in 42..<nvgre.count {
      let cut = Array(nvgre[..<length])
      #expect(throws: (any Error).self) { try TestTunnel.nvgre.decoder.decoded(cut) }
      let isDecided =
        refusal {
          _ = try TestTunnel.nvgre.decoder.decoded(cut, wireLength: nvgre.count)
        }
      #expect(isDecided == (length < 14 + 20 + 8 + 14 + 40 + 8 ? .truncated : nil))
    }
  }

  @Test("A tunnel in a tunnel in a tunnel is refused at the first look inside")
  func looping() throws {
    for tunnel in TestTunnel.all where tunnel.encoder.outer != nil {
      let once = try tunnel.encoder.encapsulated(Self.frame.bytes())
      // By hand: no encoder makes it.
      let vxlan = [50_000, 4_789, 16 + once.count, 0].flatMap(big16) + [8, 0, 0, 0, 0, 0, 100, 0]
      let twice = TestFrame(
        source: [40, 1, 2, 1], destination: [192, 0, 2, 99], segment: .other(17, vxlan + once)
      ).bytes()
      let decoder = TunnelDecoder(isServiceTunnel: false, format: .vxlan(port: 4_789))
      #expect(refusal { _ = try decoder.decoded(twice) } == .nested)
    }
    // IPv6 in IPv6, and GRE, without an outer header.
    for number in [4, 41, 47] as [UInt8] {
      var frame = Self.frame
      frame.source = [UInt8](repeating: 0xfd, count: 16)
      frame.destination = frame.source
      frame.segment = .other(number, [1, 2, 3, 4])
      #expect(refusal { _ = try TestTunnel.plain.decoder.decoded(frame.bytes()) } == .nested)
    }
  }

  @Test("Out of a service tunnel: IPv6 that has no counterpart")
  func counterpart() {
    func decodes(_ change: (inout TestFrame) -> Void) -> TunnelRefusal? {
      var frame = Self.frame
      frame.source = [UInt8](repeating: 0xfd, count: 16)
      frame.destination = frame.source
      change(&frame)
      return refusal { _ = try TestTunnel.plain.decoder.decoded(frame.bytes()) }
    }
    #expect(decodes { _ in } == nil)
    #expect(decodes { $0.extensions = [(0, [0, 5, 2, 0, 0, 1, 0])] } == .options)
    #expect(decodes { $0.extensions = [(60, [0, 1, 4, 0, 0, 0, 0])] } == .options)
    #expect(decodes { $0.segment = .icmp(isIPv6: true, type: 2, rest: 1_280) } == .icmpNotCarried)
    #expect(decodes { $0.segment = .echo(isIPv6: true) } == nil)
    for number in [1, 2, 59, 135] as [UInt8] {
      #expect(
        decodes { $0.segment = .other(number, [UInt8](repeating: 0, count: 8)) }
          == .protocolNotCarried)
    }
  }
}
