import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

/// Batches of TCP segments that a kernel left to whoever sends them on.
@Suite("F7: batches stay whole where the way out takes them") struct BatchTests {
  /// The fixture, with TAPs under some of its ports.
  private static func lab(
    taps: [String], batches: PacketPath.Batches = .byTAP, mtu: [String: Int] = [:]
  ) -> Fixture {
    Fixture(batches: batches) { topology in
      func change(_ device: inout Device, _ name: String) {
        if taps.contains(name) { device.kind = .tap }
        device.mtu = mtu[name] ?? device.mtu
      }
      for index in topology.networkInterfaces.indices {
        change(&topology.networkInterfaces[index].device, topology.networkInterfaces[index].name)
      }
      for index in topology.worldPorts.indices {
        change(&topology.worldPorts[index].device, topology.worldPorts[index].kind.rawValue)
      }
    }
  }

  private static func payload(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  private static func batch(
    _ builder: FrameBuilder = FrameBuilder("10.0.1.4", "10.0.2.4"), _ count: Int = 20_000,
    checksum: FrameBuilder.Checksum = .partial
  ) -> [UInt8] {
    builder.tcp(
      40_000, 80, flags: [.ack, .psh], sequence: 1, acknowledgment: 100, payload: payload(count),
      checksum: checksum)
  }

  /// The TCP checksum field holds the pseudo-header's sum, of the addresses that the frame leaves with.
  private static func isPartial(_ frame: SeenFrame) -> Bool {
    var builder = FrameBuilder(frame.source, frame.destination)
    builder.hopLimit = UInt8(frame.hopLimit)
    let expected = batch(builder, frame.payload.count)
    let field = { (bytes: [UInt8], l4: Int) in Array(bytes[(l4 + 16)..<(l4 + 18)]) }
    return field(frame.bytes, frame.l4) == field(expected, SeenFrame(expected).l4)
  }

  @Test(
    "F7: a frame above its link's MTU leaves whole by a TAP, its checksum partial, whatever it was",
    arguments: [FrameBuilder.Checksum.partial, .right])
  func whole(checksum: FrameBuilder.Checksum) throws {
    let lab = Self.lab(taps: ["vm2"])
    let (verdict, sent) = lab.receive(Self.batch(checksum: checksum), from: "vm1")
    #expect(verdict == .forwarded(lab.port("vm2")))
    #expect(sent.count == 1)
    let out = try #require(sent.first)
    #expect(out.segmentSize == 1_460)
    #expect(out.frame.payload == Self.payload(20_000))
    #expect(out.frame.hopLimit == 63)
    #expect(Self.isPartial(out.frame))
    #expect(slowChecksum(Array(out.frame.bytes[14..<34])) == 0)
    // To a port that takes none it is cut.
    let (_, cut) = lab.receive(Self.batch(FrameBuilder("10.0.1.4", Fixture.web)), from: "vm1")
    #expect(cut.count == 14)
    #expect(cut.allSatisfy { $0.segmentSize == 0 && $0.frame.checksumsHold })
    #expect(lab.path.counters.isBalanced)
  }

  @Test("F7: a batch from a TAP whose addresses change stays whole by another, IPv6 as well")
  func translated() throws {
    let lab = Self.lab(taps: ["vm1", "internet"])
    for (builder, source) in [
      (FrameBuilder("10.0.1.4", Fixture.web), "203.0.113.4"),
      (FrameBuilder("fd00:1::4", "2001:db8:9::1"), "2001:db8:1::4"),
    ] {
      let (verdict, sent) = lab.receive(Self.batch(builder), from: "vm1", segmentSize: 1_300)
      #expect(verdict == .forwarded(lab.port("internet")))
      let out = try #require(sent.first)
      #expect(sent.count == 1 && out.segmentSize == 1_300)
      #expect(out.frame.source == source)
      #expect(Self.isPartial(out.frame))
    }
  }

  @Test("F7: segments are as large as the sender wanted, also of a batch below the MTU")
  func senderSize() {
    let lab = Self.lab(taps: ["vm1"])
    let (_, sent) = lab.receive(
      Self.batch(FrameBuilder("10.0.1.4", Fixture.web), 1_200), from: "vm1", segmentSize: 536)
    #expect(sent.map(\.frame.payload.count) == [536, 536, 128])
    #expect(sent.allSatisfy { $0.frame.checksumsHold && $0.segmentSize == 0 })
  }

  @Test("F6 F7: no segment is above the MTU of the way out or what the receiver takes")
  func bounds() {
    let narrow = Self.lab(taps: ["vm1", "vm2"], mtu: ["vm2": 1_400])
    #expect(
      narrow.receive(Self.batch(), from: "vm1", segmentSize: 1_460).sent.map(\.segmentSize)
        == [1_360])
    // The receiver takes segments of 1,000 bytes, by its SYN.
    let lab = Self.lab(taps: ["vm1", "vm2"])
    _ = lab.receive(FrameBuilder("10.0.1.4", "10.0.2.4").tcp(40_000, 80), from: "vm1")
    var answer = FrameBuilder("10.0.2.4", "10.0.1.4")
    answer.sourceMAC = MACAddress(0x0200_0a00_0204)
    _ = lab.receive(
      answer.tcp(
        80, 40_000, flags: [.syn, .ack], sequence: 99, acknowledgment: 1,
        options: [2, 4, 0x03, 0xe8]), from: "vm2")
    #expect(
      lab.receive(Self.batch(), from: "vm1", segmentSize: 1_460).sent.map(\.segmentSize)
        == [1_000])
    // A batch that is one segment by now is a packet like any other, its checksum complete.
    let wide = Self.lab(taps: ["vm2"], mtu: ["vm1": 1_000])
    let (_, sent) = wide.receive(Self.batch(.init("10.0.1.4", "10.0.2.4"), 961), from: "vm1")
    #expect(sent.map(\.segmentSize) == [960])
    let tiny = wide.receive(
      Self.batch(.init("10.0.1.4", "10.0.2.4"), 300), from: "vm1", segmentSize: 400
    ).sent
    #expect(tiny.map(\.segmentSize) == [0] && tiny.allSatisfy { $0.frame.checksumsHold })
  }

  @Test("F7: where every port takes batches, one leaves whole by an interface that is no TAP")
  func anyPort() {
    let lab = Self.lab(taps: [], batches: .byAny)
    let (_, sent) = lab.receive(Self.batch(), from: "vm1")
    #expect(sent.map(\.segmentSize) == [1_460])
    #expect(sent.allSatisfy { Self.isPartial($0.frame) })
  }

  @Test("F7: a replay's frames say nothing of segments: there a batch is cut for a TAP as well")
  func replay() {
    let lab = Self.lab(taps: ["vm2"], batches: .cut)
    let (_, sent) = lab.receive(Self.batch(), from: "vm1")
    #expect(sent.count == 14)
    #expect(sent.allSatisfy { $0.segmentSize == 0 && $0.frame.checksumsHold })
  }

  @Test("F7: a batch cut behind its port is, byte for byte, what the path would have cut")
  func sameSegments() throws {
    var random = SeededGenerator(seed: 7)
    let whole = Self.lab(taps: ["internet"])
    let cut = Self.lab(taps: [])
    for _ in 0..<200 {
      let isIPv6 = Bool.random(using: &random)
      var builder = FrameBuilder(
        isIPv6 ? "fd00:1::4" : "10.0.1.4", isIPv6 ? "2001:db8:9::1" : Fixture.web)
      if Int.random(in: 0..<4, using: &random) == 0 { builder.tags = [(0x8100, 7)] }
      let frame = builder.tcp(
        .random(in: 1_000...1_010, using: &random), 443, flags: [.ack, .psh, .cwr],
        sequence: .random(in: 0 ... .max, using: &random), acknowledgment: 5,
        options: Bool.random(using: &random) ? [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8] : [],
        payload: Self.payload(.random(in: 3_000...60_000, using: &random)),
        checksum: [.partial, .right].randomElement(using: &random)!)
      let size = UInt16.random(in: 500...1_400, using: &random)
      let batch = try #require(
        whole.receive(frame, from: "vm1", segmentSize: size).sent.first?.frame.bytes)
      let expected = cut.receive(frame, from: "vm1", segmentSize: size).sent.map(\.frame.bytes)
      let segments = batch.withUnsafeBytes { bytes -> [[UInt8]] in
        guard let headers = try? Headers.parse(bytes, wireLength: bytes.count) else { return [] }
        let maximum = headers.payloadOffset - headers.l3Offset + Int(size)
        let room = headers.tcpSegmentFrameLength(maximumPacketLength: maximum)
        return (0..<headers.tcpSegmentCount(maximumPacketLength: maximum)).map { index in
          let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 8)
          defer { memory.deallocate() }
          let length = writeTCPSegment(
            index, of: bytes, headers, maximumPacketLength: maximum, into: memory)
          return Array(memory[..<length])
        }
      }
      #expect(segments == expected)
    }
  }

  @Test("An item of a transmission is no larger for it")
  func layout() { #expect(MemoryLayout<Transmission.Item>.stride == 32) }
}
