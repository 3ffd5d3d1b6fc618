import Dataplane
import Model
import PacketIO
import Testing
import Wire

@testable import Replay

@Suite("I1: a replay writes what the backbone carries")
struct TunnelReplayTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test("Frames that leave are in their tunnel, and those beside them are as they were")
  func written() throws {
    var configuration = try ReplayFixture.configuration()
    let backbone = try #require(
      configuration.topology.worldPorts.firstIndex { $0.kind == .backbone })
    configuration.topology.worldPorts[backbone].encapsulation = BackboneEncapsulation(
      kind: .serviceTunnel)
    // Neighbours in the file: a header that is written before one must not touch the one before it.
    let frames = try (0..<50).map {
      try ReplayFixture.frame(
        "tcp", "10.0.1.4:\(40_000 + $0)",
        $0 % 3 == 2 ? "\(ReplayFixture.web):80" : "\(ReplayFixture.storage):443")
    }
    let capture = try scratch.capture(frames)
    let replayed = try Replayed(capture, configuration, scratch: scratch)
    let anew = try Replayed(capture, configuration, scratch: scratch) {
      $0.options.limits.usesFlowTable = false
    }
    #expect(replayed.written == anew.written)
    #expect(replayed.report.summary.byEgress.map(\.name) == ["backbone", "nva"])

    var reader = try CaptureReader(path: scratch.path("out.pcapng"))
    var index = 0
    while let packet = try reader.next() {
      let headers = try Headers.parse(packet.bytes, wireLength: packet.wireLength)
      #expect(headers.sourcePort == UInt16(40_000 + index))
      #expect(headers.hopLimit == 63)
      if index % 3 == 2 {
        #expect(headers.destinationAddress == IPAddress(ReplayFixture.web))
      } else {
        #expect(headers.destinationAddress == IPAddress("fd53:504c:ffff::143c:1a84"))
        #expect(headers.sourceAddress == IPAddress("fd53:504c:d3c9:0:1001:1:a00:104"))
      }
      index += 1
    }
    #expect(index == frames.count)
  }
}
