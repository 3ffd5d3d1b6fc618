import Foundation
import TestSupport
import Testing
import Wire

@Suite("I1: tunnels against frames put together the slow way") struct TunnelTests {
  /// Frames that a service tunnel can carry.
  static let frames: [TestFrame] = {
    var generator = SeededGenerator(seed: 7637)
    return (0..<4_000).map { _ in TestFrame.random(&generator) }.filter { frame in
      !frame.isIPv6 && frame.options.isEmpty && frame.segment.number != 47
        && !(frame.segment.number == 1 && frame.fragment != nil)
    }
  }()

  @Test("A packet in a tunnel is the frame that its parts make", arguments: TestTunnel.all)
  func encode(tunnel: TestTunnel) throws {
    #expect(Self.frames.count > 500)
    for frame in Self.frames {
      let bytes = frame.bytes()
      expectSame(try tunnel.encoder.encapsulated(bytes), tunnel.expected(frame), from: bytes)
    }
  }

  @Test("What comes out of a tunnel is what went in", arguments: TestTunnel.all)
  func roundTrip(tunnel: TestTunnel) throws {
    for var frame in Self.frames {
      // What IPv6 has no place for, and nobody misses.
      frame.padding = []
      if tunnel.decoder.isServiceTunnel {
        frame.dontFragment = frame.fragment == nil
        if frame.fragment == nil { frame.identification = 0 }
      }
      let bytes = frame.bytes()
      let outside = try tunnel.encoder.encapsulated(bytes)
      let packet = try tunnel.decoder.decoded(outside)
      #expect(packet.vni == (tunnel.encoder.outer == nil ? nil : 100))
      if let prefixes = packet.prefixes {
        #expect(prefixes.source == TestTunnel.source)
        #expect(prefixes.destination == TestTunnel.destination)
      }
      expectSame(try tunnel.decoder.decapsulated(outside), bytes, from: outside)
    }
  }

  @Test("UDP without a checksum gets one in a service tunnel, and keeps none in VXLAN")
  func missingChecksum() throws {
    var frame = TestFrame(
      source: [10, 0, 0, 4], destination: [20, 60, 0, 4],
      segment: .udp(1_000, 2_000, [1, 2, 3], surplus: []))
    let expected = TestTunnel.plain.expected(frame)
    expectSame(
      try TestTunnel.plain.encoder.encapsulated(frame.bytes(.none)), expected,
      from: frame.bytes(.none))
    frame.identification = 7
    expectSame(
      try TestTunnel.vxlan.decoder.decapsulated(
        TestTunnel.vxlan.encoder.encapsulated(frame.bytes(.none))), frame.bytes(.none),
      from: frame.bytes(.none))
  }

  @Test("F7: a checksum that was left to an interface is still left to one when it comes out")
  func partialChecksum() throws {
    for tunnel in TestTunnel.all {
      for var frame in Self.frames where [6, 17].contains(frame.segment.number) {
        guard frame.fragment == nil else { continue }
        frame.padding = []
        frame.dontFragment = true
        frame.identification = 0
        let outside = tunnel.expected(frame, .partial)
        expectSame(
          try tunnel.decoder.decapsulated(outside), frame.bytes(.partial), from: outside)
      }
    }
  }

  @Test("Type of service and time to live go along, and congestion marked on the way comes back")
  func congestion() throws {
    for tunnel in TestTunnel.all {
      for service in [0 as UInt8, 0xb8, 0xba, 0xbb, 0x01] {
        var bytes = TestFrame(
          source: [10, 0, 0, 4], destination: [20, 60, 0, 4], hopLimit: 17, identification: 0,
          dontFragment: true, segment: .udp(1_000, 2_000, [1, 2, 3])
        ).bytes()
        bytes[15] = service
        bytes.replaceSubrange(24..<26, with: [0, 0])
        bytes.replaceSubrange(24..<26, with: big16(slowChecksum(Array(bytes[14..<34]))))
        var outside = try tunnel.encoder.encapsulated(bytes)
        expectSame(try tunnel.decoder.decapsulated(outside), bytes, from: outside)
        guard tunnel.encoder.outer != nil else { continue }
        #expect(outside[15] == service)
        outside[15] |= 3
        outside.replaceSubrange(24..<26, with: [0, 0])
        outside.replaceSubrange(24..<26, with: big16(slowChecksum(Array(outside[14..<34]))))
        guard service & 3 != 0 else {
          #expect(throws: TunnelRefusal.malformed) { try tunnel.decoder.decoded(outside) }
          continue
        }
        let inside = try tunnel.decoder.decapsulated(outside)
        #expect(inside[15] == service | 3)
        #expect(slowChecksum(Array(inside[14..<34])) == 0)
      }
    }
  }

  @Test("The UDP source port is a flow's own, and in the dynamic range")
  func entropy() throws {
    var ports: Set<Int> = []
    for source in 1..<200 {
      let frame = TestFrame(
        source: [10, 0, 0, 4], destination: [20, 60, 0, 4],
        segment: .udp(source, 53, [UInt8](repeating: 1, count: source)))
      let bytes = try TestTunnel.vxlan.encoder.encapsulated(frame.bytes())
      #expect(try TestTunnel.vxlan.encoder.encapsulated(frame.bytes())[34..<36] == bytes[34..<36])
      ports.insert(Int(bytes[34]) << 8 | Int(bytes[35]))
    }
    #expect(ports.allSatisfy { $0 >= 49_152 })
    #expect(ports.count > 190)
  }

  @Test("An ARP message goes into VXLAN as it is")
  func arp() throws {
    let message = hex(
      """
      ffff ffff ffff  0200 0000 0302 0806
      0001 0800 0604 0001 0200 0000 0302 143c 0004 0000 0000 0000 0a00 0004
      """)
    let outside = try TestTunnel.vxlan.encoder.encapsulated(message)
    #expect(outside.count == message.count + 50)
    #expect(Array(outside[64...]) == Array(message[14...]))
    let packet = try TestTunnel.vxlan.decoder.decoded(outside)
    #expect(packet.inner.network == .arp)
    expectSame(try TestTunnel.vxlan.decoder.decapsulated(outside), message, from: outside)
  }

  @Test("F6: a SYN's segment size is lowered and never raised, wherever it stands in the header")
  func segmentSize() throws {
    let paddings: [[UInt8]] = [[], [1], [1, 1], [1, 1, 1], [8, 10, 1, 2, 3, 4, 5, 6, 7, 8]]
    for padding in paddings {
      for (announced, limit) in [(1_460, 1_390), (1_390, 1_390), (536, 1_390), (9_000, 1_411)] {
        func frame(_ size: Int) -> [UInt8] {
          var options = padding + [2, 4] + big16(size)
          while options.count % 4 != 0 { options.append(0) }
          return TestFrame(
            source: [10, 0, 0, 4], destination: [20, 60, 0, 4],
            segment: .tcp(1_000, 80, sequence: 1, acknowledgment: 0, flags: 2, options: options)
          ).bytes()
        }
        var bytes = frame(announced)
        let headers = try parse(bytes)
        bytes.withUnsafeMutableBytes {
          clampMaximumSegment($0.baseAddress!, headers, to: limit)
        }
        expectSame(bytes, frame(min(announced, limit)), from: frame(announced))
      }
    }
  }
}

extension TestTunnel {
  /// The frame in the tunnel, by the RFCs' diagrams, field after field.
  func expected(_ frame: TestFrame, _ state: TestFrame.State = .complete) -> [UInt8] {
    var inner = frame
    inner.padding = []
    if decoder.isServiceTunnel {
      inner.source = bytes(Self.source) + frame.source
      inner.destination = bytes(Self.destination) + frame.destination
      if frame.segment.number == 1 { inner.segment = frame.segment.asICMPv6 }
    }
    guard let outer = encoder.outer else {
      inner.padding = frame.padding
      return inner.bytes(state)
    }
    inner.tags = []
    inner.destinationMAC = mac(Self.innerDestination)
    inner.sourceMAC = mac(Self.innerSource)
    let content = inner.bytes(state)
    let tunnel: [UInt8] =
      switch outer.format {
      case .nvgre: [0x20, 0, 0x65, 0x58, 0, 0, 100, 0]
      case .vxlan: [8, 0, 0, 0, 0, 0, 100, 0]
      }
    var ip: [UInt8] = [0x45, 0] + big16(0) + [0, 0, 0x40, 0, 64, 47, 0, 0]
    ip += [40, 1, 2, 1, 192, 0, 2, 99]
    var transport: [UInt8] = []
    if case .vxlan = outer.format {
      ip[9] = 17
      transport = sourcePort(frame) + big16(4_789) + big16(16 + content.count) + [0, 0]
    }
    let payload = transport + tunnel + content
    ip.replaceSubrange(2..<4, with: big16(20 + payload.count))
    ip.replaceSubrange(10..<12, with: big16(slowChecksum(ip)))
    return frame.destinationMAC + frame.sourceMAC + frame.tags.flatMap { $0 } + [8, 0] + ip
      + payload + frame.padding
  }

  /// Which port it is, is the encoder's choice: here only its place is checked.
  private func sourcePort(_ frame: TestFrame) -> [UInt8] {
    let bytes = try! encoder.encapsulated(frame.bytes())
    return Array(bytes[(frame.l3Offset + 20)..<(frame.l3Offset + 22)])
  }

  private func bytes(_ prefix: OverlayPrefix) -> [UInt8] {
    (0..<12).map { UInt8(truncatingIfNeeded: prefix.bits >> UInt128(120 - 8 * $0)) }
  }

  private func mac(_ address: MACAddress) -> [UInt8] {
    (0..<6).map { UInt8(truncatingIfNeeded: address.bits >> UInt64(40 - 8 * $0)) }
  }
}

extension Segment {
  fileprivate var asICMPv6: Segment {
    var segment = self
    segment.number = 58
    segment.bytes[0] = bytes[0] == 8 ? 128 : 129
    segment.checksum = .withPseudoHeader(2)
    return segment
  }
}
