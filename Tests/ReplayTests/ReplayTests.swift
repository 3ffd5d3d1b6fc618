import Dataplane
import Foundation
import Model
import PacketIO
import Testing
import Wire

@testable import Replay

@Suite("A capture is replayed")
struct ReplayTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test("F1, R6: a private source goes to an enabled service unchanged, to the appliance otherwise")
  func privateSources() throws {
    let capture = try scratch.capture([
      ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("tcp", "10.0.1.4:40001", "\(ReplayFixture.web):80"),
      ReplayFixture.frame("tcp", "10.0.2.4:40002", "\(ReplayFixture.storage):443"),
    ])
    let replayed = try Replayed(capture, ReplayFixture.configuration(), scratch: scratch)
    #expect(
      replayed.lines == [
        """
        {"packet":1,"time":"2023-11-14T22:13:20.000000000Z","length":54,"port":"vm1",\
        "portBasis":"source-address","virtualNetwork":"vnet1","protocol":"tcp","source":"10.0.1.4",\
        "sourcePort":40000,"destination":"20.60.26.132","destinationPort":443,"verdict":"forwarded",\
        "egress":"backbone","nextHopType":"VirtualNetworkServiceEndpoint",\
        "routePrefix":"\(try replayed.line(1)["routePrefix"] ?? "")","routeOrigin":"endpoint",\
        "service":"Microsoft.Storage","translatedSource":"10.0.1.4",\
        "translatedDestination":"20.60.26.132","model":"service-endpoints"}
        """,
        """
        {"packet":2,"time":"2023-11-14T22:13:20.001000000Z","length":54,"port":"vm1",\
        "portBasis":"source-address","virtualNetwork":"vnet1","protocol":"tcp","source":"10.0.1.4",\
        "sourcePort":40001,"destination":"198.51.100.80","destinationPort":80,"verdict":"forwarded",\
        "egress":"nva","nextHopType":"VirtualAppliance","nextHop":"10.0.100.4",\
        "routePrefix":"0.0.0.0/0","routeOrigin":"user","translatedSource":"10.0.1.4",\
        "translatedDestination":"198.51.100.80","model":"service-endpoints"}
        """,
        """
        {"packet":3,"time":"2023-11-14T22:13:20.002000000Z","length":54,"port":"vm2",\
        "portBasis":"source-address","virtualNetwork":"vnet1","protocol":"tcp","source":"10.0.2.4",\
        "sourcePort":40002,"destination":"20.60.26.132","destinationPort":443,"verdict":"forwarded",\
        "egress":"internet","nextHopType":"Internet","routePrefix":"0.0.0.0/0",\
        "routeOrigin":"system","translatedSource":"203.0.113.5",\
        "translatedDestination":"20.60.26.132","model":"service-endpoints"}
        """,
      ])
    #expect(replayed.report.summary.byEgress.map(\.name) == ["backbone", "internet", "nva"])
    #expect(
      replayed.report.summary.byService
        == [ReplaySummary.Count(name: "Microsoft.Storage", packets: 1)])
  }

  @Test("F1: a public source is made private for an enabled service, and stays public elsewhere")
  func publicSources() throws {
    let capture = try scratch.capture([
      ReplayFixture.frame("tcp", "203.0.113.4:40000", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("tcp", "203.0.113.5:40001", "\(ReplayFixture.web):80"),
    ])
    let replayed = try Replayed(
      capture, ReplayFixture.configuration(guestAddress: "public"), scratch: scratch)
    let (first, second) = (try replayed.line(1), try replayed.line(2))
    #expect(first["portBasis"] as? String == "public-source")
    #expect(first["egress"] as? String == "backbone")
    #expect(first["translatedSource"] as? String == "10.0.1.4")
    #expect(second["egress"] as? String == "internet")
    #expect(second["translatedSource"] as? String == "203.0.113.5")
    let sent = try frames(of: scratch.path("out.pcapng"))
    #expect(sent.map(\.interface) == ["backbone", "internet"])
    #expect(sent[0].tuple == "tcp 10.0.1.4:40000 > 20.60.26.132:443")
    #expect(sent[0].hasRightChecksums)
    #expect(sent[1].tuple == "tcp 203.0.113.5:40001 > 198.51.100.80:80")
    #expect(replayed.report.summary.hints.isEmpty)
  }

  @Test("A public source of a NIC whose guest uses the private address is dropped, with a hint")
  func publicSourceHint() throws {
    let capture = try scratch.capture([
      ReplayFixture.frame("tcp", "203.0.113.4:40000", "\(ReplayFixture.storage):443")
    ])
    let replayed = try Replayed(capture, ReplayFixture.configuration(), scratch: scratch)
    #expect(try replayed.line(1)["dropReason"] as? String == "spoofed-source")
    #expect(replayed.report.summary.hints.count == 1)
    #expect(replayed.report.summary.hints[0].contains("guestAddress: public on vm1"))
  }

  @Test(
    "F1: replies in a capture taken at the guest come back to it, whichever way the request left",
    arguments: [("private", "10.0.2.4"), ("public", "203.0.113.5")])
  func repliesAtTheGuest(guestAddress: String, captured: String) throws {
    let vm1 = guestAddress == "private" ? "10.0.1.4" : "203.0.113.4"
    let capture = try scratch.capture([
      ReplayFixture.frame("tcp", "\(captured):40001", "\(ReplayFixture.web):80"),
      ReplayFixture.frame("tcp", "\(ReplayFixture.web):80", "\(captured):40001"),
      ReplayFixture.frame("tcp", "\(vm1):40002", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("tcp", "\(ReplayFixture.storage):443", "\(vm1):40002"),
    ])
    let replayed = try Replayed(
      capture, ReplayFixture.configuration(guestAddress: guestAddress), scratch: scratch)
    #expect(replayed.report.summary.forwarded == 4)
    let (web, storage) = (try replayed.line(2), try replayed.line(4))
    #expect(web["port"] as? String == "internet")
    #expect(web["portBasis"] as? String == "reply")
    #expect(web["egress"] as? String == "vm2")
    #expect(web["translatedDestination"] as? String == captured)
    #expect(storage["port"] as? String == "backbone")
    #expect(storage["egress"] as? String == "vm1")
    #expect(storage["translatedDestination"] as? String == vm1)
    let sent = try frames(of: scratch.path("out.pcapng"))
    #expect(sent.allSatisfy { $0.hasRightChecksums })
    #expect(sent.map(\.interface) == ["internet", "vm2", "backbone", "vm1"])
  }

  @Test(
    "Two runs write the same bytes, whatever the size of a batch, with and without a flow table")
  func determinism() throws {
    let capture = try mixedCapture()
    let configuration = try ReplayFixture.configuration()
    let first = try Replayed(capture, configuration, scratch: scratch)
    #expect(first.report.summary.packets == 600)
    #expect(first.report.summary.isBalanced)
    for size in [1, 7, 256] {
      for usesFlowTable in [true, false] {
        let again = try Replayed(capture, configuration, scratch: scratch) { job in
          job.options.batchSize = size
          job.options.limits.usesFlowTable = usesFlowTable
        }
        #expect(again.lines == first.lines, "batches of \(size), flow table \(usesFlowTable)")
        #expect(again.written == first.written, "batches of \(size), flow table \(usesFlowTable)")
        #expect(again.report == first.report)
      }
    }
  }

  @Test("Frames that cannot be read have one verdict each, and the sums agree")
  func malformedFrames() throws {
    let good = try ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443")
    var badChecksum = good
    badChecksum[24] ^= 0xff
    let capture = try scratch.capture([good, Array(good[..<10]), badChecksum, [], good])
    let replayed = try Replayed(capture, ReplayFixture.configuration(), scratch: scratch)
    #expect(
      try (1...5).map { try replayed.line($0)["verdict"] as? String }
        == ["forwarded", "dropped", "dropped", "dropped", "forwarded"])
    #expect(try replayed.line(2)["dropReason"] as? String == "frame-too-short")
    #expect(try replayed.line(3)["dropReason"] as? String == "bad-ipv4-checksum")
    #expect(replayed.report.summary.isBalanced)
  }

  @Test("A capture that breaks off is replayed as far as it goes, and the report says so")
  func brokenCapture() throws {
    let frame = try ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443")
    let whole = try scratch.capture([frame, frame, frame])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
    let cut = scratch.path("cut.pcap")
    try bytes.dropLast(20).write(to: URL(fileURLWithPath: cut))
    let replayed = try Replayed(cut, ReplayFixture.configuration(), scratch: scratch)
    #expect(replayed.lines.count == 2)
    #expect(replayed.report.summary.captureError?.contains("after packet 2") == true)
    #expect(!replayed.report.succeeded)
  }

  @Test("Idle flows end by the capture's time")
  func idleFlows() throws {
    let request = try ReplayFixture.frame("udp", "10.0.2.4:40000", "\(ReplayFixture.web):53")
    let reply = try ReplayFixture.frame("udp", "\(ReplayFixture.web):53", "203.0.113.5:40000")
    let path = scratch.path("idle.pcap")
    let writer = try CaptureWriter(path: path, format: .pcap(nanoseconds: true))
    let start: UInt64 = 1_700_000_000_000_000_000
    for (frame, second) in [(request, 0), (reply, 1), (reply, 1_000)] as [([UInt8], UInt64)] {
      try frame.withUnsafeBytes {
        try writer.write(
          $0, wireLength: $0.count, timestamp: start + second * 1_000_000_000)
      }
    }
    try writer.close()
    let replayed = try Replayed(path, ReplayFixture.configuration(), scratch: scratch)
    #expect(try replayed.line(2)["verdict"] as? String == "forwarded")
    #expect(try replayed.line(3)["dropReason"] as? String == "no-flow")
  }

  /// Requests, replies, other people's packets, fragments of sums: from one generator, so that it is the
  /// same in every run.
  private func mixedCapture() throws -> String {
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let hosts = ["10.0.1.4", "10.0.2.4", "10.0.100.4", "203.0.113.5", "192.168.10.1", "172.20.0.9"]
    let servers = [ReplayFixture.storage, ReplayFixture.web, "10.0.2.4", "10.0.1.4", "10.0.3.9"]
    let frames = try (0..<600).map { _ in
      let host = hosts[random(hosts.count)]
      let server = servers[random(servers.count)]
      let port = 40_000 + random(6)
      let isReply = random(3) == 0
      switch random(4) {
      case 0:
        return try ReplayFixture.frame("icmp", isReply ? server : host, isReply ? host : server)
      case 1:
        return isReply
          ? try ReplayFixture.frame("udp", "\(server):53", "\(host):\(port)")
          : try ReplayFixture.frame("udp", "\(host):\(port)", "\(server):53")
      default:
        return isReply
          ? try ReplayFixture.frame("tcp", "\(server):443", "\(host):\(port)")
          : try ReplayFixture.frame("tcp", "\(host):\(port)", "\(server):443")
      }
    }
    return try scratch.capture(frames)
  }

  private struct SentFrame {
    var interface: String
    var tuple: String
    var hasRightChecksums: Bool
  }

  /// What a written capture holds; `interface` is the name of its port.
  private func frames(of path: String) throws -> [SentFrame] {
    let names = ReplayFixture.snapshot(try ReplayFixture.configuration()).ports.map(\.name)
    var reader = try CaptureReader(path: path)
    var frames: [SentFrame] = []
    let interfaces = try interfaceNumbers(of: path)
    while let packet = try reader.next() {
      let headers = try Headers.parse(packet.bytes, wireLength: packet.wireLength)
      var completed = Array(packet.bytes)
      _ = completed.withUnsafeMutableBytes { completeChecksums($0, headers) }
      frames.append(
        SentFrame(
          interface: names[interfaces[frames.count]],
          tuple: FiveTuple(headers, packet.bytes)?.description ?? "",
          hasRightChecksums: completed == Array(packet.bytes)))
    }
    return frames
  }

  /// The interface of each enhanced packet block (type 6): libpcap does not say.
  private func interfaceNumbers(of path: String) throws -> [Int] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    var numbers: [Int] = []
    var offset = 0
    data.withUnsafeBytes { bytes in
      while offset + 12 <= bytes.count {
        let type = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let length = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        if type == 6 {
          numbers.append(Int(bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)))
        }
        offset += Int(length)
      }
    }
    return numbers
  }
}
