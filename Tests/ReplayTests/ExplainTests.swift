import Dataplane
import Foundation
import Model
import Testing
import Wire

@testable import Replay

@Suite("One packet is explained")
struct ExplainTests {
  let scratch: Scratch
  let snapshot: Snapshot

  init() throws {
    scratch = try Scratch()
    snapshot = ReplayFixture.snapshot(try ReplayFixture.configuration())
  }

  @Test("R6: words, hex and a capture lead to the same explanation, which names losers and model")
  func formsAgree() throws {
    let vm1 = try snapshot.namedPort("vm1")
    let tuple = try FiveTuple(
      protocol: "tcp", source: "10.0.1.4:40000", destination: "\(ReplayFixture.storage):443")
    let frame = try PacketProbe(tuple).frame(at: vm1)
    let words = try snapshot.explain(frame: frame, at: vm1.id)

    let text = frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    let hex = try HexInput.frame(try HexInput.bytes(text), isRawIP: nil, at: vm1)
    #expect(hex == frame)
    let packet = try HexInput.frame(
      try HexInput.bytes(String(text.dropFirst(14 * 3))), isRawIP: nil, at: vm1)
    #expect(packet == frame)

    let other = try ReplayFixture.frame("tcp", "10.0.2.4:1", "\(ReplayFixture.web):80")
    var job = ReplayJob(
      configuration: try ReplayFixture.configuration(),
      capture: try scratch.capture([other, frame]))
    let captured = try job.explain(packet: 2)
    job.options.place = .networkInterface(vm1.id)
    let placed = try job.explain(packet: 2)

    for explanation in [captured, placed] {
      #expect(explanation.port == "vm1")
      #expect(explanation.explanation.steps == words.explanation.steps)
    }
    #expect(words.explanation.verdict == "forwarded")
    #expect(words.explanation.egress == "backbone")
    let route = try #require(words.explanation.route)
    #expect(route.model == .serviceEndpoints)
    #expect(route.candidates.count >= 3)
    #expect(route.candidates[0].lostBecause == nil)
    #expect(route.candidates.dropFirst().allSatisfy { $0.lostBecause != nil })
    #expect(route.candidates.contains { $0.route.name == "everything" })
  }

  @Test("A packet of a capture is explained with the flows that the packets before it have made")
  func replyInCapture() throws {
    let capture = try scratch.capture([
      ReplayFixture.frame("tcp", "10.0.2.4:40001", "\(ReplayFixture.web):80"),
      ReplayFixture.frame("tcp", "\(ReplayFixture.web):80", "10.0.2.4:40001"),
    ])
    let job = ReplayJob(configuration: try ReplayFixture.configuration(), capture: capture)
    let reply = try job.explain(packet: 2)
    #expect(reply.port == "internet")
    #expect(reply.explanation.egress == "vm2")
    #expect(reply.explanation.translatedDestination == "10.0.2.4")
    #expect(throws: ReplayError.noSuchPacket(number: 3, inCapture: 2)) {
      try job.explain(packet: 3)
    }
  }

  @Test("R8: a packet from on-premises takes no endpoint, and the explanation says so")
  func onPremises() throws {
    let gateway = try snapshot.namedPort("gateway")
    let frame = try PacketProbe(
      FiveTuple(
        protocol: "tcp", source: "192.168.10.1:40000", destination: "\(ReplayFixture.storage):80")
    )
    .frame(at: gateway)
    let explained = try snapshot.explain(frame: frame, at: gateway.id).explanation
    #expect(explained.steps.contains { $0.text.contains("R8") })
    #expect(explained.route?.candidates.allSatisfy { $0.route.origin != .endpoint } != false)
  }

  @Test("A port that is not there is refused with the names of those that are")
  func unknownPort() {
    #expect(
      throws: ReplayError.unknownPort(
        "vm9", known: ["vm1", "vm2", "nva", "internet", "gateway", "backbone"])
    ) { try snapshot.namedPort("vm9") }
  }

  @Test(
    "A packet built from words can be read again, with right checksums",
    arguments: [
      "tcp 10.0.1.4:40000 20.60.26.132:443", "udp 10.0.1.4:5353 10.0.2.4:53",
      "icmp 10.0.1.4 10.0.2.4",
      "sctp 10.0.1.4:1 10.0.2.4:2", "47 10.0.1.4 10.0.2.4",
      "tcp [2001:db8::4]:40000 [2001:db8::5]:443",
      "icmpv6 2001:db8::4 2001:db8::5", "udp [2001:db8::4]:1 [2001:db8::5]:53",
      "dccp 10.0.1.4:1 10.0.2.4:2", "udplite 10.0.1.4:1 10.0.2.4:2",
    ])
  func probe(text: String) throws {
    let words = text.split(separator: " ").map(String.init)
    let tuple = try FiveTuple(protocol: words[0], source: words[1], destination: words[2])
    var frame = try PacketProbe(tuple).frame(at: try snapshot.namedPort("vm1"))
    let headers = try frame.withUnsafeBytes { try Headers.parse($0, wireLength: $0.count) }
    #expect(frame.withUnsafeBytes { FiveTuple(headers, $0) } == tuple)
    #expect(headers.end == frame.count)
    let before = frame
    _ = frame.withUnsafeMutableBytes { completeChecksums($0, headers) }
    #expect(frame == before)
    if tuple.transport == .icmp {
      #expect(frame.withUnsafeBytes { checksum(UnsafeRawBufferPointer(rebasing: $0[34...])) } == 0)
    }
  }

  @Test(
    "Words that make no packet are refused",
    arguments: [
      ("tpc", "10.0.1.4:1", "10.0.2.4:2", "'tpc' is no protocol"),
      ("tcp", "10.0.1.4:1", "[2001:db8::1]:2", "different IP versions"),
      ("tcp", "10.0.1.4:1", "10.0.2.4", "needs a destination port"),
      ("tcp", "10.0.1.4:99999", "10.0.2.4:1", "is not an address with a port"),
      ("tcp", "2001:db8::1:80", "vm1:1", "is not an address with a port"),
      ("icmp", "10.0.1.4:1", "10.0.2.4:2", "has no ports"),
      ("icmp", "2001:db8::1", "2001:db8::2", "is not the ICMP of"),
      ("arp", "10.0.1.4", "10.0.2.4", "--hex"),
    ])
  func badWords(name: String, source: String, destination: String, message: String) {
    do {
      _ = try PacketProbe(
        FiveTuple(protocol: name, source: source, destination: destination))
      Issue.record("accepted")
    } catch {
      #expect(error.description.contains(message), "\(error)")
    }
  }
}
