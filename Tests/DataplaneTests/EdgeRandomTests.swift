import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

@Suite("The edge takes whatever comes") struct EdgeRandomTests {
  /// Frames that the edge knows: of each kind of caller and of servers, and of a tunnel's far end.
  private static func frames(_ lab: EdgeLab) -> [(port: String, bytes: [UInt8])] {
    var frames: [(String, [UInt8])] = []
    for (caller, address) in [("vm1", "10.0.1.4"), ("twin", "10.0.1.4"), ("vm2", "10.0.2.4")] {
      for server in [EdgeLab.shared, EdgeLab.logs, EdgeLab.orders] {
        var builder = FrameBuilder(address, server)
        builder.sourceMAC =
          lab.fabric.topology.networkInterfaces.first { $0.name == caller }!
          .macAddress
        for bytes in segments(builder) {
          frames += lab.fabric.receive(bytes, from: caller).sent.filter { $0.port == "backbone" }
            .map { ("backbone", $0.frame.bytes) }
        }
      }
    }
    for server in [EdgeLab.shared, EdgeLab.logs] {
      frames += segments(lab.edge.outside("198.51.100.21", server, by: "internet"))
        .map { ("internet", $0) }
      for seen in ["198.51.100.21", "10.0.1.4", "100.64.0.9"] {
        let builder = lab.edge.outside(server, seen, by: "services")
        frames.append(
          ("services", builder.tcp(80, 1_000, flags: [.syn, .ack], sequence: 9, acknowledgment: 6)))
        frames.append(
          ("services", builder.tcp(80, 1_000, flags: .ack, sequence: 10, acknowledgment: 60)))
      }
    }
    return frames
  }

  private static func segments(_ builder: FrameBuilder) -> [[UInt8]] {
    let request = httpRequest(EdgeLab.alpha)
    return [
      builder.tcp(1_000, 80, flags: .syn, sequence: 5),
      builder.tcp(1_000, 80, flags: .ack, sequence: 6, acknowledgment: 10),
      builder.tcp(
        1_000, 80, flags: [.psh, .ack], sequence: 6, acknowledgment: 10, payload: request),
      builder.tcp(
        1_000, 80, flags: .ack, sequence: 6, acknowledgment: 10, payload: Array(request[..<20])),
      builder.tcp(1_000, 80, flags: [.fin, .ack], sequence: 70, acknowledgment: 10),
      builder.tcp(1_000, 80, flags: .rst, sequence: 6), builder.udp(1_000, 80), builder.echo(),
    ]
  }

  @Test(
    "I1 I2: frames in any order, cut, lengthened and changed: each has one verdict, and nothing crashes",
    arguments: FarEnd.all)
  func damaged(far: FarEnd) {
    var random = SeededGenerator(seed: 14)
    let lab = EdgeLab(far, maximumFlows: 16)
    let frames = Self.frames(lab)
    var forwarded = 0
    for round in 0..<6_000 {
      var (port, bytes) = frames.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.removeLast(Int.random(in: 0..<bytes.count / 2, using: &random))
        case 1: bytes += (0..<9).map { _ in UInt8.random(in: 0...255, using: &random) }
        default:
          let place = Int.random(in: 0..<bytes.count, using: &random)
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
      }
      if case .forwarded = lab.deliver(bytes, from: port).verdict { forwarded += 1 }
      lab.edge.now += FlowLimits.second / 10
      if round % 50 == 0 { lab.edge.path.expireFlows(now: lab.edge.now) }
      if round % 500 == 0 { lab.reload { $0.resources.reverse() } }
    }
    #expect(forwarded > 300)
    let counters = lab.edge.path.counters
    #expect(counters.isBalanced, "\(counters)")
    #expect(counters.flows <= 16 && lab.edge.path.inspections.count <= 16)
  }
}
