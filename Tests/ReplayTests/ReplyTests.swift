import Dataplane
import Foundation
import Model
import PacketIO
import Testing
import Wire

@testable import Replay

@Suite("What comes back to a capture's guest is more than plain replies")
struct ReplyTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test("F2: an ICMP error from a router on the way finds the request that it quotes")
  func quotedRequest() throws {
    let request = try ReplayFixture.frame("udp", "10.0.2.4:40000", "\(ReplayFixture.web):33434")
    // Type 11, time exceeded, about the request as the guest sent it.
    let message = [11, 0, 0, 0, 0, 0, 0, 0] + request[14...]
    let error = Self.ipv4(1, "192.0.2.2", "10.0.2.4", Self.checksummed(message))
    let replayed = try Replayed(
      try scratch.capture([request, error]), ReplayFixture.configuration(), scratch: scratch)
    let line = try replayed.line(2)
    #expect(line["port"] as? String == "internet")
    #expect(line["arrivalDestination"] as? String == "203.0.113.5")
    #expect(line["egress"] as? String == "vm2")
    let sent = try sentFrames()
    let headers = try sent[1].withUnsafeBytes { try Headers.parse($0, wireLength: $0.count) }
    let quoted = try #require(sent[1].withUnsafeBytes { Headers.parseQuoted($0, headers) })
    #expect(headers.destinationAddress.description == "10.0.2.4")
    #expect(headers.address(quoted.source).description == "10.0.2.4")
    #expect(
      sent[1].withUnsafeBytes {
        checksum(UnsafeRawBufferPointer(rebasing: $0[headers.l4Offset..<headers.end]))
      } == 0)
  }

  @Test("F2: later fragments of a reply go where its first one went")
  func fragments() throws {
    let request = try ReplayFixture.frame("udp", "10.0.2.4:40000", "\(ReplayFixture.web):53")
    let datagram: [UInt8] =
      [0, 53, 0x9c, 0x40, 0, 24, 0, 0] + Array(repeating: 0x55, count: 16)
    let first = Self.ipv4(
      17, ReplayFixture.web, "10.0.2.4", Array(datagram[..<16]), fragment: 0x2000)
    let second = Self.ipv4(
      17, ReplayFixture.web, "10.0.2.4", Array(datagram[16...]), fragment: 0x0002)
    let replayed = try Replayed(
      try scratch.capture([request, first, second, second]), ReplayFixture.configuration(),
      scratch: scratch)
    for number in 2...4 {
      #expect(try replayed.line(number)["port"] as? String == "internet")
      #expect(try replayed.line(number)["egress"] as? String == "vm2")
    }
  }

  @Test("F7: a reply whose checksum was left to the interface leaves with a right one")
  func partialChecksum() throws {
    let request = try ReplayFixture.frame("tcp", "10.0.2.4:40000", "\(ReplayFixture.web):80")
    var reply = try ReplayFixture.frame("tcp", "\(ReplayFixture.web):80", "10.0.2.4:40000")
    var pseudoHeader = NetworkBytes()
    pseudoHeader.bytes = Array(reply[26..<34])
    pseudoHeader.add(UInt16(6))
    pseudoHeader.add(UInt16(20))
    let sum = ~pseudoHeader.bytes.withUnsafeBytes { checksum($0) }
    reply[50] = UInt8(sum >> 8)
    reply[51] = UInt8(sum & 0xff)
    let replayed = try Replayed(
      try scratch.capture([request, reply]), ReplayFixture.configuration(), scratch: scratch)
    #expect(try replayed.line(2)["egress"] as? String == "vm2")
    let sent = try sentFrames()[1]
    var completed = sent
    let headers = try sent.withUnsafeBytes { try Headers.parse($0, wireLength: $0.count) }
    _ = completed.withUnsafeMutableBytes { completeChecksums($0, headers) }
    #expect(completed == sent)
  }

  @Test("A link type that carries no IP we can read has one verdict for each packet")
  func unsupportedLinkType() throws {
    // LINKTYPE_IEEE802_15_4_NOFCS, little-endian, two packets of three bytes.
    var bytes: [UInt8] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0]
    bytes += [230, 0, 0, 0]
    for _ in 0..<2 { bytes += [0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3] }
    let path = scratch.path("wpan.pcap")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let configuration = try ReplayFixture.configuration()
    for place in [PortAssignment.Place.unknown, .port(PortID(0))] {
      let replayed = try Replayed(path, configuration, scratch: scratch) {
        $0.options.place = place
      }
      #expect(replayed.report.summary.packets == 2)
      #expect(
        replayed.report.summary.byDropReason
          == [ReplaySummary.Count(name: "unsupported-link-type", packets: 2)])
    }
  }

  private func sentFrames() throws -> [[UInt8]] {
    var reader = try CaptureReader(path: scratch.path("out.pcapng"))
    var frames: [[UInt8]] = []
    while let packet = try reader.next() { frames.append(Array(packet.bytes)) }
    return frames
  }

  /// An Ethernet frame with an IPv4 packet in it; `fragment` is the word of flags and offset.
  private static func ipv4(
    _ transport: UInt8, _ source: String, _ destination: String, _ payload: [UInt8],
    fragment: UInt16 = 0
  ) -> [UInt8] {
    var header = NetworkBytes()
    header.add(UInt16(0x4500))
    header.add(UInt16(20 + payload.count))
    header.add(UInt16(7))
    header.add(fragment)
    header.add(UInt8(60))
    header.add(transport)
    header.add(UInt16(0))
    for address in [source, destination] {
      header.add(UInt32(truncatingIfNeeded: IPAddress(address)?.bits ?? 0))
    }
    let sum = header.bytes.withUnsafeBytes { checksum($0) }
    header.bytes[10] = UInt8(sum >> 8)
    header.bytes[11] = UInt8(sum & 0xff)
    return Array(repeating: 0xde, count: 12) + [8, 0] + header.bytes + payload
  }

  /// An ICMP message with its checksum.
  private static func checksummed(_ message: [UInt8]) -> [UInt8] {
    let sum = message.withUnsafeBytes { checksum($0) }
    var message = message
    message[2] = UInt8(sum >> 8)
    message[3] = UInt8(sum & 0xff)
    return message
  }
}
