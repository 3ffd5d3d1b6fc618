import Dataplane
import TestSupport
import Testing
import Wire

@Suite("From vector to vector nothing is allocated") struct AllocationTests {
  @Test("The counter sees what is allocated")
  func counter() {
    var kept: [[Int]] = []
    #expect(
      allocations { for size in 1...10 { kept.append(Array(repeating: 1, count: size)) } } >= 10)
    #expect(kept.count == 10)
    #expect(allocations {} == 0)
  }

  @Test("A million packets of known flows, and not one allocation")
  func knownFlows() {
    let lab = Fixture()
    var frames: [[UInt8]] = []
    for port in 0..<128 {
      let client = FrameBuilder("10.0.1.4", Fixture.web)
      _ = lab.receive(client.udp(UInt16(1_000 + port), 53), from: "vm1")
      frames.append(client.udp(UInt16(1_000 + port), 53))
    }
    SwitchTests.connect(lab, to: Fixture.web)
    let data = FrameBuilder("10.0.1.4", Fixture.web).tcp(
      40_000, 443, flags: .ack, sequence: 1_051, acknowledgment: 9_701, payload: [1, 2, 3])
    for _ in 0..<128 { frames.append(data) }
    let port = lab.port("vm1")
    var vector = PacketVector()
    var output = Transmission()
    var forwarded = 0
    var count: UInt64 = 0
    for _ in 0..<3_907 {
      vector.removeAll()
      for frame in frames {
        _ = frame.withUnsafeBytes { vector.append($0, wireLength: $0.count, timestamp: lab.now) }
      }
      count += allocations {
        output.removeAll()
        lab.path.process(vector, from: port, into: &output)
        forwarded += output.items.count
      }
    }
    #expect(forwarded == 3_907 * 256)
    #expect(count == 0)
  }
}
