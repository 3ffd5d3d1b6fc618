import Dataplane
import Foundation
import TestSupport
import Testing

@testable import PacketIO

@Suite("Live frames by AF_XDP", .serialized, .needsNamespaces)
struct XDPPortTests {
  private func port(
    _ link: TestNamespace, _ device: String, _ memory: FrameMemory,
    mode: XDPPort.Mode = .native
  ) throws -> XDPPort {
    nonisolated(unsafe) let memory = memory
    nonisolated(unsafe) var port: XDPPort?
    try NetworkNamespace(link.name).perform { () throws(PortError) -> sending Void in
      port = try XDPPort(name: "port-\(device)", device: device, memory: memory, mode: mode)
    }
    return port!
  }

  @Test(
    "The same bytes arrive as by libpcap, each once, and leave the same", arguments: [true, false])
  func sameBytes(isNative: Bool) throws {
    let link = try TestLink("xdp-same")
    let memory = FrameMemory(ports: 2)
    let b = try port(link.b, "splb", memory, mode: isNative ? .native : .generic)
    let a = try link.a.pcapPort("spla")
    let plain = sampleFrame(1, count: 200)
    let tagged = Array(plain[..<12]) + [0x81, 0x00, 0xa0, 0x07] + Array(plain[12...])
    let twice =
      Array(plain[..<12]) + [0x88, 0xa8, 0x00, 0x05, 0x81, 0, 0, 7] + Array(plain[12...])
    let sent =
      (0..<40).map { sampleFrame(UInt8($0), count: 60 + $0 * 37) } + [tagged, twice]
    try a.send(sent)
    #expect(try b.frames(sent.count + 1, patience: 200) == sent)
    #expect(b.statistics.received == UInt64(sent.count))
    #expect(b.statistics.droppedByKernel == 0)

    try b.send(sent)
    #expect(try a.frames(sent.count + 1, patience: 200) == sent)
    #expect(b.statistics.transmitted == UInt64(sent.count))
    #expect(b.statistics.transmitErrors == 0)
    #expect(try b.frames(1, patience: 100) == [], "what it sends does not come back to it")
  }

  @Test("A frame goes from port to port where it stands, and comes back to the memory")
  func withoutCopy() throws {
    let left = try TestLink("xdp-left")
    let right = try TestLink("xdp-right")
    let memory = FrameMemory(ports: 2)
    let total = memory.unused
    let from = try port(left.b, "splb", memory)
    let to = try port(right.a, "spla", memory)
    let source = try left.a.pcapPort("spla")
    let sink = try right.b.pcapPort("splb")
    var received = 0
    var vector = PacketVector()
    for round in 0..<200 {
      let frames = (0..<50).map { sampleFrame(UInt8(($0 + round) & 255), count: 60 + $0) }
      try source.send(frames)
      vector.removeAll()
      var count = 0
      while count < 50 {
        vector.removeAll()
        let here = try from.receive(into: &vector)
        guard here > 0 else {
          var descriptor = pollfd(fd: from.pollDescriptor!, events: Int16(POLLIN), revents: 0)
          guard poll(&descriptor, 1, 1_000) > 0 else { break }
          continue
        }
        count += here
        for index in 0..<vector.count {
          #expect(memory.frame(of: vector[index].bytes) != nil)
        }
        // Every third is dropped, and has to be taken back.
        let kept = (0..<vector.count).filter { $0 % 3 != 0 }.map { vector[$0] }
        try kept.withUnsafeBufferPointer { try to.transmit($0) }
        received += kept.count
        // An answer from elsewhere, and one frame twice: both are copied.
        try from.send([sampleFrame(9)])
        try Array(kept.suffix(1)).withUnsafeBufferPointer { try to.transmit($0) }
        received += min(kept.count, 1)
      }
      #expect(count == 50)
      let arrived = try sink.frames(received, patience: 300)
      #expect(arrived.count == received)
      received = 0
    }
    from.close()
    to.close()
    #expect(memory.unused == total, "no frame is lost")
  }

  @Test("Many vectors at once leave, all of them, though nothing follows")
  func burst() throws {
    let link = try TestLink("xdp-burst")
    let memory = FrameMemory(ports: 2)
    let total = memory.unused
    let b = try port(link.b, "splb", memory)
    let a = try link.a.ringPort("spla")
    let frames = (0..<256).map { sampleFrame(UInt8($0), count: 1_500) }
    for _ in 0..<6 { try b.send(frames) }
    #expect(b.statistics.transmitErrors == 0)
    #expect(try a.frames(1_536, patience: 300).count == 1_536)
    // What has left comes back without another frame.
    var vector = PacketVector()
    for _ in 0..<20 where memory.unused < total - XDPPort.ringSize {
      _ = try b.receive(into: &vector)
      usleep(10_000)
    }
    #expect(memory.unused == total - XDPPort.ringSize, "all but the fill ring's")
  }

  @Test("What the rings cannot hold is counted: sent = received + dropped")
  func drops() throws {
    let link = try TestLink("xdp-drops")
    let memory = FrameMemory(ports: 2)
    let b = try port(link.b, "splb", memory)
    let a = try link.a.pcapPort("spla")
    let sent = 3_000
    for number in 0..<sent { try a.send([sampleFrame(UInt8(number & 255))]) }
    let received = try b.frames(sent, patience: 200)
    let statistics = b.statistics
    #expect(statistics.droppedByKernel > 0)
    #expect(statistics.received == UInt64(received.count))
    #expect(statistics.received + statistics.droppedByKernel == UInt64(sent))
    b.close()
    #expect(b.statistics == statistics)
  }

  @Test(
    "A frame above the MTU, or larger than the memory's, is refused or dropped; those around it leave"
  )
  func tooLong() throws {
    let link = try TestLink("xdp-mtu")
    let memory = FrameMemory(ports: 2)
    let b = try port(link.b, "splb", memory)
    let a = try link.a.pcapPort("spla")
    try b.send([sampleFrame(1), sampleFrame(9, count: 1_900), sampleFrame(3)])
    #expect(try a.frames(3, patience: 200) == [sampleFrame(1), sampleFrame(3)])
    #expect(b.statistics.transmitErrors == 1)
  }

  @Test("An interface that goes down and up again works on; one that is gone is an error")
  func downAndGone() throws {
    let link = try TestLink("xdp-down")
    let memory = FrameMemory(ports: 2)
    let a = try link.a.pcapPort("spla")
    let b = try port(link.b, "splb", memory)
    try link.b.ip("link", "set", "splb", "down")
    #expect(try b.frames(1, patience: 50) == [])
    try b.send([sampleFrame(1)])
    #expect(b.statistics.transmitErrors == 1)
    try link.b.ip("link", "set", "splb", "up")
    try a.send([sampleFrame(3)])
    #expect(try b.frames(1) == [sampleFrame(3)])
    try b.send([sampleFrame(4)])
    #expect(try a.frames(2, patience: 200) == [sampleFrame(4)], "the old frame stays away")

    try link.b.ip("link", "del", "splb")
    try b.send([sampleFrame(5)])
    #expect(b.statistics.transmitErrors == 2)
    #expect(throws: PortError.failed(port: "port-splb", reason: "the interface disappeared (splb)"))
    {
      for _ in 0..<20 { _ = try b.frames(1, patience: 50) }
    }
  }

  @Test("The program goes with the port, so another can take the interface")
  func again() throws {
    let link = try TestLink("xdp-again")
    let memory = FrameMemory(ports: 2)
    let total = memory.unused
    for _ in 0..<5 {
      let b = try port(link.b, "splb", memory)
      #expect(try link.b.ip("link", "show", "splb").contains("prog/xdp"))
      let error = #expect(throws: PortError.self) { _ = try port(link.b, "splb", memory) }
      #expect(try #require(error).description.contains("interface splb: AF_XDP: cannot bind"))
      b.close()
      #expect(memory.unused == total)
      #expect(try !link.b.ip("link", "show", "splb").contains("prog/xdp"))
    }
  }

  @Test("What cannot be opened says why")
  func refused() throws {
    let link = try TestLink("xdp-refused")
    let memory = FrameMemory(ports: 2)
    let missing = #expect(throws: PortError.self) { _ = try port(link.b, "splnone", memory) }
    #expect(try #require(missing).description.contains("there is no such interface"))
    try link.a.ip("link", "set", "spla", "mtu", "9000")
    let large = #expect(throws: PortError.self) { _ = try port(link.b, "splb", memory) }
    #expect(try #require(large).description.contains("cannot attach the program"))
    #expect(memory.unused == memory.count)
  }
}
