import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

@Suite("The fast path does what the way for any packet does") struct FastPathTests {
  /// A frame of a random conversation, near enough to the others that it often belongs to a flow.
  private static func frame(
    _ lab: Fixture, _ random: inout SeededGenerator
  ) -> (port: String, bytes: [UInt8]) {
    let server = ["198.51.100.80", Fixture.storage, "10.0.2.4", "2001:db8:9::1"]
      .randomElement(using: &random)!
    let isIPv6 = server.contains(":")
    let way = ["10.0.2.4": "vm2", Fixture.storage: "backbone"][server] ?? "internet"
    let isReply = Int.random(in: 0..<3, using: &random) == 0
    var builder: FrameBuilder
    if isReply {
      let client = isIPv6 ? "2001:db8:1::4" : way == "internet" ? "203.0.113.4" : "10.0.1.4"
      builder = lab.outside(server, client, by: way)
    } else {
      builder = FrameBuilder(isIPv6 ? "fd00:1::4" : "10.0.1.4", server)
    }
    switch Int.random(in: 0..<24, using: &random) {
    case 0: builder.hopLimit = 1
    case 1: builder.tags = [(0x8100, 7)]
    case 2: builder.moreFragments = !isIPv6
    case 3: builder.options = isIPv6 ? [] : [1, 1, 1, 0]
    case 4: builder.wrongIPChecksum = true
    case 5: builder.destinationMAC = MACAddress(0x0200_0000_9999)
    default: builder.hopLimit = 64
    }
    let checksum = [FrameBuilder.Checksum.right, .right, .right, .none, .partial]
      .randomElement(using: &random)!
    let client = UInt16(1_000 + Int.random(in: 0..<12, using: &random))
    let (from, to) = isReply ? (80, client) : (client, 80)
    let size = [0, 1, 20, 700, 1_433, 1_473, 4_000].randomElement(using: &random)!
    let payload = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
    var bytes: [UInt8]
    switch Int.random(in: 0..<8, using: &random) {
    case 0...1: bytes = builder.udp(from, to, payload: payload, checksum: checksum)
    case 2: bytes = builder.tcp(from, to, flags: isReply ? [.syn, .ack] : .syn, sequence: 1_000)
    case 3 where Int.random(in: 0..<4, using: &random) == 0:
      bytes = builder.tcp(from, to, flags: [[.fin, .ack], .rst].randomElement(using: &random)!)
    default:
      bytes = builder.tcp(
        from, to, flags: .ack, sequence: .random(in: 0...5_000, using: &random),
        acknowledgment: .random(in: 0...5_000, using: &random), payload: payload,
        checksum: checksum)
    }
    if Int.random(in: 0..<6, using: &random) == 0 { bytes += [1, 2, 3] }
    return (isReply ? way : "vm1", bytes)
  }

  /// What one vector came to, in a form that can be compared.
  struct Outcome: Equatable {
    var verdicts: [Verdict]
    var details: [String]
    var sent: [String]
    var frames: [[UInt8]]
    var counters: Counters
    var flows: [FlowRecord]
  }

  static func process(
    _ frames: [[UInt8]], from port: String, in lab: Fixture, fast: inout Int
  ) -> Outcome {
    var vector = PacketVector()
    for frame in frames {
      let fits = frame.withUnsafeBytes {
        vector.append($0, wireLength: frame.count, timestamp: lab.now)
      }
      precondition(fits)
    }
    var start = 0
    while start < vector.count {
      let end = min(start + PacketPath.batch, vector.count)
      _ = lab.path.recognize(vector, start..<end, from: lab.port(port))
      for index in 0..<end - start {
        if let half = lab.path.candidates[index].half, half.pointee.isSteady { fast += 1 }
      }
      start = end
    }
    lab.output.removeAll()
    lab.path.process(vector, from: lab.port(port), into: &lab.output)
    return outcome(lab)
  }

  /// Where the packets of each direction left, and with which source.
  private struct Departures {
    private var last: [FlowKey: (Verdict, UInt128)] = [:]
    private(set) var repeated = 0

    /// A packet without a departure leaves as the one before it of its flow.
    mutating func check(_ frames: [[UInt8]], from port: String, in lab: Fixture) {
      let noted = Dictionary(
        uniqueKeysWithValues: lab.output.departures.map { ($0.index, $0.translatedSource) })
      for (index, frame) in frames.enumerated() {
        guard case .forwarded = lab.output.verdicts[index],
          let headers = try? frame.withUnsafeBytes({
            try Headers.parse($0, wireLength: frame.count)
          }), let source = lab.output.details[index].translatedSource?.bits
        else {
          #expect(noted[index] == nil)
          continue
        }
        let key = FlowKey(headers, port: lab.port(port))
        let departure = (lab.output.verdicts[index], source)
        if let noted = noted[index] {
          #expect(noted == source)
        } else {
          repeated += 1
          let before = last[key]
          #expect(before?.0 == departure.0 && before?.1 == departure.1)
        }
        last[key] = departure
      }
    }
  }

  static func outcome(_ lab: Fixture) -> Outcome {
    #expect(lab.output.verdicts.count == lab.output.details.count)
    return Outcome(
      verdicts: Array(lab.output.verdicts), details: lab.output.details.map { "\($0)" },
      sent: lab.output.items.map { "\($0.port) \($0.cause.map(String.init) ?? "-")" },
      frames: lab.sent.map(\.frame.bytes), counters: lab.path.counters,
      flows: lab.path.flows(now: lab.now))
  }

  @Test(
    "Same frames, verdicts, details, counters, flows and resets, whole vectors at a time",
    arguments: [65_536, 6])
  func equivalence(maximumFlows: Int) {
    var limits = FlowLimits()
    // With few, flows give way and slots are used again in the middle of a vector.
    limits.maximumFlows = maximumFlows
    var decidesAnew = limits
    decidesAnew.usesFlowTable = false
    let labs = [Fixture(limits: limits), Fixture(limits: decidesAnew)]
    var random = SeededGenerator(seed: UInt64(maximumFlows))
    var (fast, none) = (0, 0)
    var departures = Departures()
    for round in 0..<200 {
      var byPort: [String: [[UInt8]]] = [:]
      for _ in 0..<Int.random(in: 1...200, using: &random) {
        let (port, bytes) = Self.frame(labs[0], &random)
        byPort[port, default: []].append(bytes)
      }
      for (port, frames) in byPort.sorted(by: { $0.key < $1.key }) {
        let outcome = Self.process(frames, from: port, in: labs[0], fast: &fast)
        departures.check(frames, from: port, in: labs[0])
        let expected = Self.process(frames, from: port, in: labs[1], fast: &none)
        #expect(outcome == expected, "round \(round)")
      }
      for lab in labs {
        lab.now += 500_000_000
        if round % 10 == 0 { lab.path.expireFlows(now: lab.now) }
        if round % 25 == 0 {
          let services = round % 50 == 0 ? ["Microsoft.Storage"] : []
          lab.switchEndpoints(services, of: "vnet1/app")
        }
      }
      if round % 25 == 0 {
        // The resets say which sequence numbers were seen.
        #expect(Self.outcome(labs[0]) == Self.outcome(labs[1]), "round \(round)")
      }
    }
    #expect(fast > (maximumFlows == 6 ? 100 : 1_500))
    #expect(departures.repeated > (maximumFlows == 6 ? 50 : 1_000))
    #expect(none == 0)
    #expect(labs[0].path.counters.isBalanced)
  }

  @Test("A flow that is closed in the middle of a vector is closed for the rest of it")
  func closing() {
    let lab = Fixture()
    SwitchTests.connect(lab, to: Fixture.web)
    let client = FrameBuilder("10.0.1.4", Fixture.web)
    let data = client.tcp(
      40_000, 443, flags: .ack, sequence: 1_051, acknowledgment: 9_701, payload: [1])
    let reset = client.tcp(40_000, 443, flags: .rst, sequence: 1_051)
    // A new connection with the same ports takes the place of the old one.
    let syn = client.tcp(40_000, 443, sequence: 77_000)
    var fast = 0
    let outcome = Self.process([data, reset, data, syn, data], from: "vm1", in: lab, fast: &fast)
    #expect(fast == 3)
    #expect(outcome.verdicts.allSatisfy { $0 == .forwarded(lab.port("internet")) })
    #expect(lab.path.counters.flowsByState == ["opening": 1])
    #expect(outcome.flows.map(\.packets) == [2])
  }

  @Test(
    "A plain packet of UDP enters its flow, and is forwarded with those that follow it in the vector"
  )
  func beginning() {
    let lab = Fixture()
    func vector(_ frames: [UInt8]...) -> PacketVector {
      var vector = PacketVector()
      for frame in frames {
        let fits = frame.withUnsafeBytes {
          vector.append($0, wireLength: frame.count, timestamp: lab.now)
        }
        precondition(fits)
      }
      return vector
    }
    let client = FrameBuilder("10.0.1.4", Fixture.web)
    let tagged = {
      var builder = client
      builder.tags = [(0x8100, 7)]
      return builder
    }()
    let frames = vector(
      client.udp(4_000, 53), client.udp(4_000, 53, payload: [1]),
      FrameBuilder("10.0.9.9", Fixture.web).udp(4_000, 53),
      FrameBuilder("10.0.1.4", "224.0.0.251").udp(4_000, 53), client.tcp(4_000, 53),
      tagged.udp(4_001, 53))
    let port = lab.path.snapshot.ports[Int(lab.port("vm1").index)]
    _ = lab.path.recognize(frames, 0..<frames.count, from: port.id)
    let beginnings = (0..<frames.count).map { index in
      switch lab.path.begin(frames[index], lab.path.candidates + index, from: port) {
      case .entered: "entered"
      case .refused(let reason): reason.rawValue
      case .notTaken: "not taken"
      }
    }
    #expect(
      beginnings == [
        "entered", "entered", "spoofed-source", "group-address", "not taken", "not taken",
      ])
    // Twice: a packet of a flow that is there is none of a beginning's.
    #expect(lab.path.candidates[0].half == lab.path.candidates[1].half)
    if case .notTaken = lab.path.begin(frames[0], lab.path.candidates, from: port) {
    } else {
      Issue.record("begun twice")
    }
    #expect(lab.path.flows(now: lab.now).map(\.packets) == [0])
    lab.path.process(frames, from: port.id, into: &lab.output)
    let isForwarded = lab.output.verdicts.map { $0 == .forwarded(lab.port("internet")) }
    #expect(isForwarded == [true, true, false, false, true, true])
    #expect(lab.output.departures.map(\.index) == [0, 4, 5])
    #expect(lab.path.flows(now: lab.now).map(\.packets).sorted() == [1, 1, 2])
    #expect(lab.path.counters.isBalanced)
  }

  @Test("A packet above the MTU of its way out is none of the fast path's")
  func mtu() {
    let lab = Fixture { topology in
      for index in topology.worldPorts.indices { topology.worldPorts[index].device.mtu = 1_400 }
    }
    let client = FrameBuilder("10.0.1.4", Fixture.web)
    _ = lab.receive(client.udp(4_000, 53), from: "vm1")
    let payload = { [UInt8](repeating: 1, count: $0 - 28) }
    #expect(
      lab.receive(client.udp(4_000, 53, payload: payload(1_400)), from: "vm1").verdict
        == .forwarded(lab.port("internet")))
    #expect(
      lab.receive(client.udp(4_000, 53, payload: payload(1_401)), from: "vm1").verdict
        == .answered(.fragmentationNeeded))
  }
}
