import Dataplane
import Foundation
import Model
import PacketIO
import TestSupport
import Testing
import Wire

@testable import Replay

@Suite("Verdict lines are those of the slow twin, byte by byte")
struct VerdictLineTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Replays the capture, and compares each line.
  /// - Returns: how many there were.
  private func compare(
    _ capture: String, _ configuration: Snapshot, place: PortAssignment.Place = .unknown
  ) throws -> Int {
    let slow = SlowVerdictLine(snapshot: configuration)
    var lines = VerdictLines(snapshot: configuration)
    var expected = ""
    var options = Replay.Options()
    options.place = place
    var replay = Replay(snapshot: configuration, options: options) { batch in
      lines.add(batch)
      for index in 0..<batch.count { expected += slow.text(batch[index]) + "\n" }
    }
    var reader = try CaptureReader(path: capture)
    while let packets = try? reader.nextBatch(), !packets.isEmpty { try replay.add(packets) }
    try replay.finish()
    let got = String(decoding: lines.text.bytes, as: UTF8.self)
    #expect(got == expected, "\(capture)")
    for line in got.split(separator: "\n") {
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }
    return expected.utf8.count { $0 == UInt8(ascii: "\n") }
  }

  @Test("Forwarded, answered, dropped; replies, strangers, IPv6, no ports, no addresses")
  func kinds() throws {
    var frames = [
      try ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443"),
      try ReplayFixture.frame("udp", "10.0.2.4:1", "\(ReplayFixture.web):65535"),
      try ReplayFixture.frame("udp", "\(ReplayFixture.web):65535", "203.0.113.5:1"),
      try ReplayFixture.frame("udp", "\(ReplayFixture.web):65535", "10.0.2.4:1"),
      try ReplayFixture.frame("icmp", "10.0.2.4", "10.0.1.1"),
      try ReplayFixture.frame("47", "10.0.2.4", "10.0.1.4"),
      try ReplayFixture.frame("tcp", "172.20.0.9:1", "172.20.0.10:2"),
      try ReplayFixture.frame("tcp", "172.20.0.9:1", "10.0.1.4:2"),
      try ReplayFixture.frame("tcp", "[2001:db8::1]:1", "[2001:db8:0:1::]:2"),
      [], [1, 2, 3],
    ]
    frames.append(Array(frames[0][..<30]))
    let snapshot = ReplayFixture.snapshot(try ReplayFixture.configuration())
    let capture = try scratch.capture(frames)
    for place in [.unknown, .port(PortID(0)), .networkInterface(PortID(1))]
      as [PortAssignment.Place]
    {
      #expect(try compare(capture, snapshot, place: place) == frames.count)
    }
  }

  @Test("N1: what a security group refuses names the group and the rule")
  func securityRule() throws {
    var configuration = try ReplayFixture.configuration()
    configuration.topology.securityGroups = [
      SecurityGroup(
        name: "n\"sg",
        rules: [
          SecurityRule(
            name: "no-web", priority: 100, direction: .outbound, access: .deny, transport: .tcp)
        ])
    ]
    configuration.topology.networkInterfaces[0].securityGroup = 0
    let snapshot = ReplayFixture.snapshot(configuration)
    let frames = try ["tcp", "udp", "tcp"].map {
      try ReplayFixture.frame($0, "10.0.1.4:40000", "\(ReplayFixture.web):443")
    }
    #expect(try compare(try scratch.capture(frames), snapshot) == 3)
    var lines = VerdictLines(snapshot: snapshot)
    var replay = Replay(snapshot: snapshot, options: Replay.Options()) { lines.add($0) }
    var reader = try CaptureReader(path: try scratch.capture(frames))
    while let packets = try? reader.nextBatch(), !packets.isEmpty { try replay.add(packets) }
    try replay.finish()
    let text = String(decoding: lines.text.bytes, as: UTF8.self).split(separator: "\n")
    let refused = "\"dropReason\":\"security-group-outbound\""
    #expect(text.map { $0.contains(refused) } == [true, false, true])
    #expect(text[0].contains(#","securityGroup":"n\"sg","securityRule":"no-web","#))
  }

  @Test("Names are escaped as RFC 8259 section 7 says")
  func names() throws {
    var configuration = try ReplayFixture.configuration()
    configuration.topology.networkInterfaces[0].name = "vm \"1\" \\ \n\r\t\u{1} Zoë"
    let capture = try scratch.capture([
      try ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443")
    ])
    #expect(try compare(capture, ReplayFixture.snapshot(configuration)) == 1)
  }

  @Test("Published captures", .needsSharedData)
  func published() throws {
    let folder = try SharedData.path("pcap")
    let snapshot = ReplayFixture.snapshot(try ReplayFixture.configuration())
    var lines = 0
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    where file.hasSuffix(".pcap") && !file.hasPrefix("jumbo") {
      lines += (try? compare("\(folder)/\(file)", snapshot, place: .port(PortID(0)))) ?? 0
    }
    #expect(lines > 10_000)
  }

  @Test("Numbers and addresses are written as their descriptions are")
  func numbers() {
    var random = SeededGenerator(seed: 7)
    var bytes = JSONBytes(capacity: 1)
    func check(_ expected: String, _ add: (inout JSONBytes) -> Void) {
      bytes.removeAll()
      bytes.reserve(64)
      add(&bytes)
      #expect(String(decoding: bytes.bytes, as: UTF8.self) == expected)
    }
    for number in [0, 9, 10, 99, 100, 999_999_999, .max, .max - 1, 10_000_000_000_000_000_000]
      as [UInt64]
    {
      check("\(number)") { $0.add(number) }
    }
    for _ in 0..<2_000 {
      let number = random.next() >> (random.next() % 64)
      check("\(number)") { $0.add(number) }
      let v4 = IPAddress.v4(IPv4Address(UInt32(truncatingIfNeeded: random.next())))
      check("\(v4)") { $0.add(v4) }
      // Many groups of zero.
      var bits: UInt128 = 0
      for _ in 0..<8 {
        let group = random.next() % 2 == 0 ? 0 : random.next() & 0xffff >> (random.next() % 16)
        bits = bits << 16 | UInt128(group & 0xffff)
      }
      let v6 = IPAddress.v6(IPv6Address(bits))
      check("\(v6)") { $0.add(v6) }
    }
    check("::") { $0.add(.v6(IPv6Address(0))) }
  }
}
