import Dataplane
import Foundation
import TestSupport
import Testing

@testable import PacketIO

/// By what an interface is received from and sent to; whatever it is, the same frames have to come and go.
enum LiveBackend: String, CaseIterable, CustomTestStringConvertible {
  case libpcap
  case ring

  var testDescription: String { rawValue }
}

extension TestNamespace {
  func port(_ device: String, _ backend: LiveBackend) throws -> any PacketIO.Port {
    switch backend {
    case .libpcap: return try pcapPort(device)
    case .ring: return try ringPort(device)
    }
  }

  func ringPort(_ device: String, blocks: Int = RingPort.defaultBlocks) throws -> RingPort {
    try NetworkNamespace(name).perform { () throws(PortError) -> sending RingPort in
      try RingPort(name: "port-\(device)", device: device, blocks: blocks)
    }
  }
}

@Suite(
  "Live capture and injection by libpcap and by the packet ring", .serialized, .needsNamespaces)
struct LivePortTests {
  @Test(
    "A frame that is sent arrives once at the other end, and does not come back",
    arguments: LiveBackend.allCases)
  func injection(backend: LiveBackend) throws {
    let link = try TestLink("inject")
    let a = try link.a.port("spla", backend)
    let b = try link.b.port("splb", backend)
    let sent = (0..<40).map { sampleFrame(UInt8($0), count: 60 + $0 * 37) }
    try a.send(sent)
    #expect(try b.frames(41, patience: 200) == sent)
    #expect(try a.frames(1, patience: 100) == [])
    #expect(a.statistics.transmitted == 40)
    #expect(a.statistics.transmitErrors == 0)
    #expect(b.statistics.received == 40)
    #expect(b.statistics.droppedByKernel == 0)
  }

  @Test("What others on this side send is not captured", arguments: LiveBackend.allCases)
  func inboundOnly(backend: LiveBackend) throws {
    let link = try TestLink("inbound")
    let a = try link.a.port("spla", backend)
    let watched = try link.b.port("splb", backend)
    let other = try link.b.port("splb", backend)
    try other.send([sampleFrame(1)])
    #expect(try a.frames(1) == [sampleFrame(1)])
    #expect(try watched.frames(1, patience: 100) == [])
    try a.send([sampleFrame(2)])
    #expect(try watched.frames(2, patience: 100) == [sampleFrame(2)])
  }

  @Test("F2: 802.1Q and QinQ tags survive capture and injection", arguments: LiveBackend.allCases)
  func tags(backend: LiveBackend) throws {
    let link = try TestLink("tags")
    let a = try link.a.port("spla", backend)
    let b = try link.b.port("splb", backend)
    let plain = sampleFrame(1, count: 200)
    let macs = Array(plain[..<12])
    let payload = Array(plain[12...])
    let frames = [
      macs + [0x81, 0x00, 0xa0, 0x07] + payload,
      macs + [0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x07] + payload,
      // Priority alone.
      macs + [0x81, 0x00, 0xe0, 0x00] + payload,
    ]
    try a.send(frames)
    let received = try b.frames(3)
    #expect(received == frames)
    // On arrival the kernel took the outer tag out and kept it beside the packet: libpcap has put it back.
    // And back, as received.
    try b.send(received)
    #expect(try a.frames(3) == frames)
  }

  @Test(
    "A frame above the MTU is refused and counted; those around it leave",
    arguments: LiveBackend.allCases)
  func aboveMTU(backend: LiveBackend) throws {
    let link = try TestLink("mtu")
    let a = try link.a.port("spla", backend)
    let b = try link.b.port("splb", backend)
    let full = sampleFrame(2, count: 1_514)
    let tagged = Array(full[..<12]) + [0x81, 0, 0, 7] + Array(full[12...])
    try a.send([sampleFrame(1), sampleFrame(9, count: 1_519), full, tagged, sampleFrame(3)])
    #expect(try b.frames(5, patience: 200) == [sampleFrame(1), full, tagged, sampleFrame(3)])
    #expect(a.statistics.transmitErrors == 1)
    #expect(a.statistics.transmitted == 4)
  }

  @Test("What the kernel's ring could not hold is counted: sent = received + dropped")
  func drops() throws {
    let link = try TestLink("drops")
    let a = try link.a.pcapPort("spla")
    let b = try link.b.pcapPort("splb", bufferSize: 1 << 20)
    let sent = 600
    for number in 0..<sent { try a.send([sampleFrame(UInt8(number & 255))]) }
    #expect(a.statistics.transmitted == UInt64(sent))
    let received = try b.frames(sent, patience: 200)
    let statistics = b.statistics
    #expect(statistics.droppedByKernel > 0)
    #expect(statistics.received == UInt64(received.count))
    #expect(statistics.received + statistics.droppedByKernel == UInt64(sent))
    // Reading the counters clears them in the kernel, not here.
    #expect(b.statistics == statistics)
    b.close()
    #expect(b.statistics == statistics)
  }

  @Test("What the packet ring could not hold is counted: sent = received + dropped")
  func ringDrops() throws {
    let link = try TestLink("ringdrops")
    let a = try link.a.pcapPort("spla")
    let b = try link.b.ringPort("splb", blocks: 2)
    let sent = 3_000
    let frame = sampleFrame(1, count: 1_500)
    for _ in 0..<sent { try a.send([frame]) }
    let received = try b.frames(sent, patience: 200)
    let statistics = b.statistics
    #expect(statistics.droppedByKernel > 0)
    #expect(received.allSatisfy { $0 == frame })
    #expect(statistics.received + statistics.droppedByKernel == UInt64(sent))
    // Reading the counters clears them in the kernel, not here.
    #expect(b.statistics == statistics)
    b.close()
    #expect(b.statistics == statistics)
  }

  @Test(
    "Frames of the packet ring stay until the next call, over the end of a block and of the ring")
  func ringBlocks() throws {
    let link = try TestLink("ringblocks")
    let a = try link.a.pcapPort("spla")
    let b = try link.b.ringPort("splb", blocks: 4)
    var number = 0
    for round in 0..<40 {
      let sent = (0..<100).map { sampleFrame(UInt8(($0 + round) & 255), count: 700 + $0) }
      try a.send(sent)
      #expect(try b.frames(100) == sent)
      number += 100
    }
    #expect(b.statistics.received == UInt64(number))
    #expect(b.statistics.droppedByKernel == 0)
  }

  @Test("The default ring of libpcap holds two vectors while nobody reads")
  func defaultRing() throws {
    let link = try TestLink("ring")
    let a = try link.a.pcapPort("spla")
    let b = try link.b.pcapPort("splb")
    let sent = (0..<512).map { sampleFrame(UInt8($0 & 255)) }
    for start in stride(from: 0, to: 512, by: 256) { try a.send(Array(sent[start..<start + 256])) }
    var vector = PacketVector()
    #expect(try b.receive(into: &vector) == 256)
    #expect(try b.receive(into: &vector) == 0, "a full vector takes no more")
    vector.removeAll()
    #expect(try b.receive(into: &vector) == 256)
    #expect(b.statistics.droppedByKernel == 0)
  }

  @Test("Timestamps are the kernel's, in nanoseconds", arguments: LiveBackend.allCases)
  func timestamps(backend: LiveBackend) throws {
    let link = try TestLink("time")
    let a = try link.a.port("spla", backend)
    let b = try link.b.port("splb", backend)
    let now = { UInt64(Date().timeIntervalSince1970 * 1e9) }
    // Date has the grain of a double: some hundred nanoseconds.
    let before = now() - 1_000
    try a.send((0..<100).map { sampleFrame($0) })
    var vector = PacketVector()
    var descriptor = pollfd(fd: try #require(b.pollDescriptor), events: Int16(POLLIN), revents: 0)
    while vector.count < 100, poll(&descriptor, 1, 1_000) > 0 { _ = try b.receive(into: &vector) }
    let after = now() + 1_000
    let times = (0..<vector.count).map { vector[$0].timestamp }
    #expect(times.count == 100)
    #expect(times.allSatisfy { before <= $0 && $0 <= after })
    #expect(times == times.sorted())
    #expect(times.contains { !$0.isMultiple(of: 1_000) })
  }

  @Test(
    "An interface that goes down and up again works on; one that is gone is an error",
    arguments: LiveBackend.allCases)
  func downAndGone(backend: LiveBackend) throws {
    let link = try TestLink("down")
    let a = try link.a.port("spla", backend)
    let b = try link.b.port("splb", backend)
    try link.b.ip("link", "set", "splb", "down")
    #expect(try b.frames(1, patience: 50) == [])
    try b.send([sampleFrame(1)])
    #expect(b.statistics.transmitErrors == 1)
    // The peer's carrier is lost.
    try a.send([sampleFrame(2)])
    try link.b.ip("link", "set", "splb", "up")
    #expect(try b.frames(1, patience: 50) == [])
    try a.send([sampleFrame(3)])
    #expect(try b.frames(1) == [sampleFrame(3)])
    try b.send([sampleFrame(4)])
    #expect(try a.frames(1) == [sampleFrame(4)])

    try link.b.ip("link", "del", "splb")
    try b.send([sampleFrame(5)])
    #expect(b.statistics.transmitErrors == 2)
    #expect(throws: PortError.failed(port: "port-splb", reason: "The interface disappeared (splb)"))
    {
      for _ in 0..<20 { _ = try b.frames(1, patience: 50) }
    }
  }

  @Test(
    "F7: frames above the MTU with checksums left to the interface arrive whole", .needs("iperf3"),
    arguments: LiveBackend.allCases)
  func segmentationOffload(backend: LiveBackend) throws {
    let link = try TestLink("gso")
    try link.a.ip("addr", "add", "192.0.2.1/24", "dev", "spla")
    try link.b.ip("addr", "add", "192.0.2.2/24", "dev", "splb")
    let b = try link.b.port("splb", backend)
    let server = Process()
    server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    server.arguments = [
      "ip", "netns", "exec", link.b.name, "iperf3", "-s", "-1", "-B", "192.0.2.2",
    ]
    server.standardOutput = FileHandle.nullDevice
    try server.run()
    defer {
      server.terminate()
      server.waitUntilExit()
    }
    let client = Task.detached { [name = link.a.name] in
      for attempt in 1...20 {
        do {
          return try Shell.run(
            "ip", "netns", "exec", name, "iperf3", "-c", "192.0.2.2", "-n", "8M")
        } catch {
          // The server may not listen yet.
          if attempt == 20 { throw error }
          usleep(100_000)
        }
      }
      return ""
    }
    defer { client.cancel() }
    var large = 0
    var partial = 0
    var vector = PacketVector()
    var descriptor = pollfd(fd: try #require(b.pollDescriptor), events: Int16(POLLIN), revents: 0)
    // iperf3 answers within a second, and pauses only when it is done.
    while large < 64, poll(&descriptor, 1, 5_000) > 0 {
      vector.removeAll()
      _ = try b.receive(into: &vector)
      for index in 0..<vector.count {
        let frame = vector[index]
        let bytes = frame.buffer
        #expect(!frame.isTruncated)
        guard bytes[12] == 8, bytes[13] == 0 else { continue }
        let totalLength = Int(bytes[16]) << 8 | Int(bytes[17])
        guard frame.length > 1_514 else { continue }
        large += 1
        #expect(totalLength + 14 == frame.length)
        if !tcpChecksumIsRight(bytes) { partial += 1 }
      }
    }
    #expect(large > 0, "a veth with its default offloads hands over segments above the MTU")
    #expect(partial == large, "their TCP checksums are left to the interface")
  }

  /// RFC 1071 over pseudo header and segment.
  private func tcpChecksumIsRight(_ frame: UnsafeMutableRawBufferPointer) -> Bool {
    let headerLength = Int(frame[14] & 15) * 4
    let totalLength = Int(frame[16]) << 8 | Int(frame[17])
    let tcp = Array(frame[(14 + headerLength)..<(14 + totalLength)])
    let pseudo = Array(frame[26..<34]) + [0, 6, UInt8(tcp.count >> 8), UInt8(tcp.count & 255)]
    var sum = 0
    let bytes = pseudo + tcp + (tcp.count.isMultiple(of: 2) ? [] : [0])
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += Int(bytes[index]) << 8 | Int(bytes[index + 1])
    }
    while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
    return sum == 0xffff
  }

  @Test("What cannot be opened says why and what to do", arguments: LiveBackend.allCases)
  func refused(backend: LiveBackend) throws {
    let namespace = try TestNamespace("refused")
    try namespace.ip("link", "add", "spldown", "type", "veth", "peer", "name", "splpeer")
    try namespace.ip("tuntap", "add", "dev", "spltun", "mode", "tun")
    try namespace.ip("link", "set", "spltun", "up")
    let reasons = [
      "splnone": "there is no such interface", "spldown": "it is down",
      "spltun": "not an Ethernet interface",
    ]
    for (device, reason) in reasons {
      let error = #expect(throws: PortError.self) { _ = try namespace.port(device, backend) }
      let text = try #require(error).description
      #expect(text.hasPrefix("cannot open port-\(device): interface \(device): "))
      #expect(text.contains(reason), "\(text)")
    }
    #expect(throws: PortError.self) { _ = try namespace.pcapPort("lo", bufferSize: -1) }
    let error = #expect(throws: PortError.self) {
      try NetworkNamespace("spl-io-nowhere").perform { () throws(PortError) -> sending Int in 1 }
    }
    #expect(try #require(error).description.contains("ip netns list"))
    #expect(throws: PortError.self) { try NetworkNamespace("../../proc/self/ns/net").join() }
  }

  @Test("A closed port refuses, and closing twice is harmless", arguments: LiveBackend.allCases)
  func closed(backend: LiveBackend) throws {
    let link = try TestLink("closed")
    let a = try link.a.port("spla", backend)
    a.close()
    a.close()
    #expect(a.pollDescriptor == nil)
    var vector = PacketVector()
    #expect(throws: PortError.failed(port: "port-spla", reason: "it is closed")) {
      try a.receive(into: &vector)
    }
    #expect(throws: PortError.failed(port: "port-spla", reason: "it is closed")) {
      try a.send([sampleFrame(1)])
    }
  }
}

@Suite("Counters of 32 bits")
struct WrappingCounterTests {
  @Test("A counter that wraps goes on")
  func wraps() {
    var counter = WrappingCounter()
    counter.advance(to: 4_000_000_000)
    counter.advance(to: 4_000_000_000)
    counter.advance(to: 5)
    #expect(counter.total == 4_294_967_301)
  }
}
