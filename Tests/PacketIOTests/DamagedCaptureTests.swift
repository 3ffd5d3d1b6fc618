import Foundation
import TestSupport
import Testing

@testable import PacketIO

@Suite("Damaged captures: the good packets, then an error with file and packet; never a crash")
struct DamagedCaptureTests {
  /// Three packets of each format, and where each packet's last byte is.
  private static func sample(_ format: String) -> (bytes: [UInt8], ends: [Int]) {
    var file = CaptureBytes(isBigEndian: format.hasSuffix("big"))
    var ends: [Int] = []
    if format.hasPrefix("pcapng") {
      file.section()
      file.interface(resolution: 9)
      // libpcap would refuse the second interface.
      if format.contains("different") { file.interface(linkType: 113) }
      for number in 1...3 {
        file.enhancedPacket(sampleFrame(UInt8(number), count: 61 + number), ticks: 1)
        ends.append(file.bytes.count)
      }
    } else {
      file.pcapHeader(nanoseconds: true)
      for number in 1...3 {
        file.pcapPacket(sampleFrame(UInt8(number), count: 61 + number))
        ends.append(file.bytes.count)
      }
    }
    return (file.bytes, ends)
  }

  static let formats = [
    "pcap-little", "pcap-big", "pcapng-little", "pcapng-big", "pcapng-different-little",
    "pcapng-different-big",
  ]

  @Test("Cut at any byte", arguments: formats)
  func cut(format: String) throws {
    let (bytes, ends) = Self.sample(format)
    // The second packet is one byte longer, and padded to the same length in pcapng.
    let headers = ends[0] - (ends[1] - ends[0]) + (format.hasPrefix("pcapng") ? 0 : 1)
    for length in 0..<bytes.count {
      let file = try TemporaryFile(Array(bytes[..<length]))
      let capture = ReadCapture(file.path)
      let whole = ends.count { $0 <= length }
      if format.hasPrefix("pcap-") {
        let byLibpcap = ReadCapture(byLibpcap: file.path)
        #expect(capture.packets == byLibpcap.packets, "cut to \(length) bytes")
        #expect((capture.error == nil) == (byLibpcap.error == nil), "cut to \(length) bytes")
      }
      #expect(capture.packets.count == whole, "cut to \(length) bytes")
      #expect(
        capture.packets.map(\.bytes)
          == (1...3).prefix(whole).map { sampleFrame(UInt8($0), count: 61 + $0) })
      // A cut between two packets, or between two blocks, leaves a good file.
      if ends.contains(length) { #expect(capture.error == nil, "cut to \(length) bytes") }
      if length > headers, !ends.contains(length) {
        guard case .malformedCapture(let path, let packet, let reason) = capture.error else {
          Issue.record("cut to \(length) bytes: \(String(describing: capture.error))")
          continue
        }
        #expect(path == file.path)
        #expect(packet == whole)
        #expect(!reason.isEmpty)
      }
    }
  }

  @Test("Random bytes changed", arguments: formats)
  func mutations(format: String) throws {
    let (bytes, _) = Self.sample(format)
    var random = SeededGenerator(seed: 0x5eed)
    let file = try TemporaryFile()
    for round in 0..<1_500 {
      var damaged = bytes
      for _ in 0...Int(random.next() % 4) {
        let place = Int(random.next() % UInt64(damaged.count))
        damaged[place] = random.next() % 3 == 0 ? 0xff : UInt8(truncatingIfNeeded: random.next())
      }
      try Data(damaged).write(to: URL(fileURLWithPath: file.path))
      let capture = ReadCapture(file.path)
      #expect(
        capture.packets.map(\.number) == Array(1..<capture.packets.count + 1), "round \(round)")
      for packet in capture.packets { #expect(packet.wireLength >= packet.bytes.count) }
      let byLibpcap = ReadCapture(byLibpcap: file.path)
      // libpcap reads a fraction of a second that cannot be with a sign, and stops at interfaces that differ.
      if format.hasPrefix("pcap-") {
        #expect(capture.packets.map(\.bytes) == byLibpcap.packets.map(\.bytes), "round \(round)")
        #expect(
          capture.packets.map(\.wireLength) == byLibpcap.packets.map(\.wireLength),
          "round \(round)")
        #expect((capture.error == nil) == (byLibpcap.error == nil), "round \(round)")
      }
    }
  }

  @Test("An error stays: who asks again gets it again")
  func errorStays() throws {
    let (bytes, _) = Self.sample("pcapng-different-big")
    let file = try TemporaryFile(Array(bytes.dropLast(5)))
    var reader = try CaptureReader(path: file.path)
    #expect(try reader.next()?.number == 1)
    #expect(try reader.next()?.number == 2)
    let error = PortError.malformedCapture(
      path: file.path, packet: 2, reason: "the file ends within a block")
    #expect(throws: error) { try reader.next() }
    #expect(throws: error) { try reader.next() }
    #expect(error.description == "\(file.path): after packet 2: the file ends within a block")
  }

  @Test("What is no capture is refused by name")
  func noCapture() throws {
    #expect(
      throws: PortError.cannotOpen(port: "/nonexistent/a.pcap", reason: "No such file or directory")
    ) {
      _ = try CaptureReader(path: "/nonexistent/a.pcap")
    }
    for bytes in [
      [], Array("Not a capture, but some text.\n".utf8), [0x0a], [0x0a, 0x0d, 0x0d, 0x0a],
    ] {
      let capture = try ReadCapture(bytes)
      guard case .malformedCapture(_, packet: 0, _) = capture.error else {
        Issue.record("\(bytes): \(String(describing: capture.error))")
        continue
      }
    }
    guard case .malformedCapture(path: "/", packet: 0, _) = ReadCapture("/").error else {
      Issue.record("a folder: \(String(describing: ReadCapture("/").error))")
      return
    }
  }

  @Test("A damaged gzip file gives what could be unpacked, then an error", .needs("gzip"))
  func damagedGzip() throws {
    var bytes = CaptureBytes(isBigEndian: false)
    bytes.pcapHeader(nanoseconds: true)
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      bytes.pcapPacket(
        sampleFrame(0) + (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
    let plain = try TemporaryFile(bytes.bytes)
    try Shell.run("gzip", "-k", plain.path)
    defer { _ = try? Shell.run("rm", "-f", plain.path + ".gz") }
    let packed = Array(try Data(contentsOf: URL(fileURLWithPath: plain.path + ".gz")))
    let capture = try ReadCapture(Array(packed[..<(packed.count / 2)]))
    #expect(capture.packets.count > 100)
    #expect(capture.packets.count < 1_000)
    guard case .malformedCapture(_, let packet, let reason) = capture.error else {
      Issue.record("\(String(describing: capture.error))")
      return
    }
    #expect(packet == capture.packets.count)
    #expect(reason.contains("gzip"))
  }
}
