import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

@Suite("Into and out of tunnels, the fast path does what the way for any packet does")
struct TunnelFastPathTests {
  /// A frame of a random conversation between one of two networks' NICs and a service.
  private static func frame(
    _ far: FarEnd, _ random: inout SeededGenerator
  ) -> (port: String, bytes: [UInt8]) {
    let (vni, nic) = [(1 as UInt32, "vm1"), (2, "twin")].randomElement(using: &random)!
    let isReply = Bool.random(using: &random)
    let port = UInt16(1_000 + Int.random(in: 0..<6, using: &random))
    let (from, to) = isReply ? (80, port) : (port, 80)
    let size = [0, 1, 20, 700, 1_390, 1_402, 1_433, 1_453, 4_000].randomElement(using: &random)!
    let payload = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
    let checksum = [FrameBuilder.Checksum.right, .right, .none, .partial]
      .randomElement(using: &random)!
    let kind = Int.random(in: 0..<8, using: &random)
    let numbers = (0..<2).map { _ in UInt32.random(in: 0...5_000, using: &random) }
    let hop: UInt8 = Int.random(in: 0..<12, using: &random) == 0 ? 1 : 64
    let isTagged = Int.random(in: 0..<12, using: &random) == 0
    let cut = Bool.random(using: &random)
    let build = { (builder: FrameBuilder) in
      var builder = builder
      builder.hopLimit = hop
      builder.dontFragment = !cut
      return switch kind {
      case 0...2: builder.udp(from, to, payload: payload, checksum: checksum)
      case 3:
        builder.tcp(
          from, to, flags: isReply ? [.syn, .ack] : .syn, sequence: 1_000,
          options: [2, 4, 5, 180])
      default:
        builder.tcp(
          from, to, flags: .ack, sequence: numbers[0], acknowledgment: numbers[1],
          payload: payload, checksum: checksum == .none ? .right : checksum)
      }
    }
    guard !isReply else {
      return (
        "backbone",
        far.frame(
          Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes[nic]!, vni: vni, build)
      )
    }
    var builder = FrameBuilder("10.0.1.4", Fixture.storage)
    if nic == "twin" { builder.sourceMAC = MACAddress(0x0200_0a00_0106) }
    if isTagged { builder.tags = [(0x8100, 7)] }
    return (nic, build(builder))
  }

  @Test("Same frames, verdicts, details, counters and flows", arguments: FarEnd.all)
  func equivalence(far: FarEnd) {
    var decidesAnew = FlowLimits()
    decidesAnew.usesFlowTable = false
    let labs = [far.lab(), far.lab(limits: decidesAnew)]
    var random = SeededGenerator(seed: UInt64(far.overhead))
    var (fast, none) = (0, 0)
    for round in 0..<60 {
      var byPort: [String: [[UInt8]]] = [:]
      for _ in 0..<Int.random(in: 1...200, using: &random) {
        let (port, bytes) = Self.frame(far, &random)
        byPort[port, default: []].append(bytes)
      }
      for (port, frames) in byPort.sorted(by: { $0.key < $1.key }) {
        let outcome = FastPathTests.process(frames, from: port, in: labs[0], fast: &fast)
        let expected = FastPathTests.process(frames, from: port, in: labs[1], fast: &none)
        #expect(outcome == expected, "round \(round)")
      }
      for lab in labs { lab.now += 500_000_000 }
    }
    #expect(fast > 300)
    #expect(labs[0].path.counters.isBalanced)
    #expect(labs[0].path.counters.forwarded > 1_000)
  }

  @Test("Where a port leaves no room before its frames, they are copied", arguments: FarEnd.all)
  func headroom(far: FarEnd) throws {
    let labs = [far.lab(), far.lab()]
    for round in 0..<3 {
      let bytes = FrameBuilder("10.0.1.4", Fixture.storage).udp(4_000, 443, payload: [UInt8(round)])
      let (verdict, sent) = labs[0].receive(bytes, from: "vm1")
      #expect(verdict == .forwarded(labs[0].port("backbone")))
      // Memory that ends where the frame begins.
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
      defer { memory.deallocate() }
      memory.copyBytes(from: bytes)
      var vector = PacketVector()
      let frame = Frame(
        bytes: memory.baseAddress!, length: bytes.count, wireLength: bytes.count,
        timestamp: labs[1].now)
      let isTaken = vector.append(frame)
      #expect(isTaken)
      labs[1].output.removeAll()
      labs[1].path.process(vector, from: labs[1].port("vm1"), into: &labs[1].output)
      #expect(labs[1].sent.map(\.frame.bytes) == sent.map(\.frame.bytes))
      let start = labs[1].output.items[0].frame.bytes
      #expect(start < memory.baseAddress! || start >= memory.baseAddress! + bytes.count)
    }
  }

  @Test("Tens of thousands of packets into a tunnel, and not one allocation", arguments: FarEnd.all)
  func allocation(far: FarEnd) {
    let lab = far.lab()
    let bytes = FrameBuilder("10.0.1.4", Fixture.storage).udp(4_000, 443)
    _ = lab.receive(bytes, from: "vm1")
    let reply = far.frame(
      Fixture.storage, to: "10.0.1.4", prefix: FarEnd.prefixes["vm1"]!, vni: 1
    ) { $0.udp(443, 4_000) }
    _ = lab.receive(reply, from: "backbone")
    var vector = PacketVector()
    var output = Transmission()
    for (frame, port) in [(bytes, "vm1"), (reply, "backbone")] {
      var count: UInt64 = 0
      var sent = 0
      for _ in 0..<100 {
        vector.removeAll()
        for _ in 0..<256 {
          _ = frame.withUnsafeBytes { vector.append($0, wireLength: $0.count, timestamp: lab.now) }
        }
        let id = lab.port(port)
        count += allocations {
          output.removeAll()
          lab.path.process(vector, from: id, into: &output)
          sent += output.items.count
        }
      }
      #expect(sent == 25_600)
      #expect(count == 0)
    }
  }
}
