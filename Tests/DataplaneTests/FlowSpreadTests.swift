import Testing

@testable import Dataplane

@Suite struct FlowSpreadTests {
  /// The worker of a frame that stands in memory for as long.
  static func worker(
    _ frame: [UInt8], _ spread: inout FlowSpread, from port: PortID = PortID(0), time: UInt64 = 1
  ) -> Int? {
    var bytes = frame
    return bytes.withUnsafeMutableBytes { memory in
      spread.worker(
        of: Frame(
          bytes: memory.baseAddress!, length: memory.count, wireLength: memory.count,
          timestamp: time),
        from: port)
    }
  }

  @Test(
    "Both directions meet the same worker, on both sides of an address translation (F1)",
    arguments: [2, 3, 7, 64])
  func symmetry(workers: Int) throws {
    var spread = FlowSpread(workers: workers, snapshot: Fixture().path.snapshot)
    for _ in 0..<500 {
      let (a, b) = (UInt16.random(in: .min ... .max), UInt16.random(in: .min ... .max))
      for isUDP in [false, true] {
        let build = { (from: String, to: String, source: UInt16, destination: UInt16) in
          let builder = FrameBuilder(from, to)
          return isUDP
            ? builder.udp(source, destination) : builder.tcp(source, destination, flags: .ack)
        }
        let worker = try #require(Self.worker(build("10.0.1.4", "20.60.1.1", a, b), &spread))
        #expect((0..<workers).contains(worker))
        #expect(Self.worker(build("20.60.1.1", "10.0.1.4", b, a), &spread) == worker)
        #expect(Self.worker(build("203.0.113.4", "20.60.1.1", a, b), &spread) == worker)
        #expect(Self.worker(build("20.60.1.1", "203.0.113.4", b, a), &spread) == worker)
        #expect(Self.worker(build("fd00::4", "fd00::5", b, a), &spread) == worker)
        // A tag changes the way that it is read, not where it goes.
        var tagged = FrameBuilder("10.0.1.4", "20.60.1.1")
        tagged.tags = [(0x8100, 5)]
        let frame = isUDP ? tagged.udp(a, b) : tagged.tcp(a, b, flags: .ack)
        #expect(Self.worker(frame, &spread) == worker)
      }
    }
  }

  @Test("Connections of one client to one service are spread over all workers, evenly")
  func evenness() throws {
    for workers in [2, 4, 8] {
      var spread = FlowSpread(workers: workers, snapshot: Fixture().path.snapshot)
      var counts = Array(repeating: 0, count: workers)
      for port in UInt16(32_768)..<61_000 {
        let frame = FrameBuilder("10.0.1.4", "20.60.1.1").tcp(port, 443)
        counts[try #require(Self.worker(frame, &spread))] += 1
      }
      let fair = (61_000 - 32_768) / workers
      for count in counts { #expect(count > fair * 9 / 10 && count < fair * 11 / 10, "\(counts)") }
    }
  }

  @Test(
    "F2: an ICMP error goes to the worker of the packet that it quotes; both sides of a ping meet")
  func icmp() throws {
    var spread = FlowSpread(workers: 16, snapshot: Fixture().path.snapshot)
    for port in UInt16(1_000)..<1_100 {
      let packet = FrameBuilder("203.0.113.4", "20.60.1.1").udp(port, 53)
      let error = FrameBuilder("192.0.2.1", "203.0.113.4").error(type: 3, code: 3, quoting: packet)
      #expect(Self.worker(error, &spread) == Self.worker(packet, &spread))
      let request = FrameBuilder("10.0.1.4", "20.60.1.1").echo(identifier: port)
      let reply = FrameBuilder("20.60.1.1", "10.0.1.4").echo(request: false, identifier: port)
      #expect(Self.worker(request, &spread) == Self.worker(reply, &spread))
      #expect(Self.worker(request, &spread) != nil)
    }
  }

  @Test("F2: fragments follow their first one, by the port that they came in by")
  func fragments() throws {
    var spread = FlowSpread(workers: 16, snapshot: Fixture().path.snapshot)
    for port in UInt16(1_000)..<1_100 {
      var builder = FrameBuilder("10.0.1.4", "20.60.1.1")
      let whole = builder.udp(port, 53)
      builder.dontFragment = false
      builder.identification = port
      builder.moreFragments = true
      let first = builder.udp(port, 53, payload: Array(repeating: 1, count: 32))
      builder.fragmentOffset = 40
      builder.moreFragments = false
      let later = builder.frame(17, [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(Self.worker(later, &spread) == nil, "nobody knows yet")
      let worker = Self.worker(whole, &spread)
      #expect(Self.worker(first, &spread) == worker)
      #expect(Self.worker(later, &spread) == worker)
      spread.adopt(Fixture().path.snapshot, samePlaces: true)
      #expect(
        Self.worker(later, &spread) == worker, "the ports are the same")
      #expect(Self.worker(later, &spread, from: PortID(1)) == nil)
      #expect(Self.worker(later, &spread, time: 40_000_000_000) == nil, "too late")
    }
  }

  @Test("What belongs to no flow stays where it arrived")
  func others() {
    var spread = FlowSpread(workers: 4, snapshot: Fixture().path.snapshot)
    let arp = Array(repeating: UInt8(0xff), count: 12) + [8, 6] + Array(repeating: 0, count: 28)
    #expect(Self.worker(arp, &spread) == nil)
    #expect(Self.worker([], &spread) == nil)
    let frame = FrameBuilder("10.0.1.4", "20.60.1.1").tcp(1, 2)
    for length in 0..<34 { #expect(Self.worker(Array(frame[..<length]), &spread) == nil) }
  }

  @Test(
    "I1: what leaves in a tunnel and the answer that comes in one meet the same worker",
    arguments: FarEnd.all)
  func tunnels(far: FarEnd) throws {
    let lab = far.lab()
    var spread = FlowSpread(workers: 16, snapshot: lab.path.snapshot)
    let backbone = lab.port("backbone")
    for port in UInt16(4_000)..<4_050 {
      let reply = { (_ build: (FrameBuilder) -> [UInt8]) in
        far.frame(
          Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes["vm1"]!, vni: 1, build)
      }
      let request = FrameBuilder("10.0.1.4", Fixture.storage)
      #expect(
        Self.worker(request.tcp(port, 443), &spread)
          == Self.worker(reply { $0.tcp(443, port, flags: .ack) }, &spread, from: backbone))
      #expect(
        Self.worker(request.udp(port, 53), &spread)
          == Self.worker(reply { $0.udp(53, port) }, &spread, from: backbone))
      #expect(
        Self.worker(request.echo(identifier: port), &spread)
          == Self.worker(
            reply { $0.echo(request: false, identifier: port) }, &spread, from: backbone))
    }
  }
}
