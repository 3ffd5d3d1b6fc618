import Dataplane
import Foundation
import TestSupport
import Testing

@testable import PacketIO

@Suite("Captures that we write are read by us, by Wireshark, and are the same each time")
struct CaptureWriterTests {
  struct Written {
    var bytes: [UInt8]
    var wireLength: Int
    var timestamp: UInt64
    var interface: Int
  }

  /// Lengths that need every padding, a cut frame, the largest frame.
  static let packets =
    (0..<9).map { index in
      Written(
        bytes: sampleFrame(UInt8(index), count: 60 + index),
        wireLength: 60 + index + (index == 4 ? 900 : 0),
        timestamp: 1_700_000_000_123_456_789 + UInt64(index) * 1_000_000_001, interface: index % 3)
    } + [
      Written(
        bytes: sampleFrame(9, count: PacketVector.frameCapacity), wireLength: 0, timestamp: 5,
        interface: 0)
    ]

  static let interfaces = ["vm1", "internet", "a name of odd length"]

  static func write(_ format: CaptureWriter.Format, _ packets: [Written] = packets) throws
    -> TemporaryFile
  {
    let file = try TemporaryFile()
    let writer = try CaptureWriter(path: file.path, format: format)
    for packet in packets {
      var isPcap = false
      if case .pcap = format { isPcap = true }
      try packet.bytes.withUnsafeBytes { bytes in
        try writer.write(
          bytes, wireLength: packet.wireLength, timestamp: packet.timestamp,
          interface: isPcap ? 0 : packet.interface)
      }
    }
    try writer.close()
    try writer.close()
    return file
  }

  static let formats: [CaptureWriter.Format] = [
    .pcap(nanoseconds: false), .pcap(nanoseconds: true), .pcapng(interfaces: interfaces),
  ]

  @Test("What was written is read back", arguments: formats)
  func roundTrip(format: CaptureWriter.Format) throws {
    let file = try Self.write(format)
    let capture = ReadCapture(file.path)
    #expect(capture.error == nil)
    let grain: UInt64 = format == .pcap(nanoseconds: false) ? 1_000 : 1
    #expect(capture.packets.map(\.bytes) == Self.packets.map(\.bytes))
    #expect(
      capture.packets.map(\.wireLength) == Self.packets.map { max($0.wireLength, $0.bytes.count) })
    #expect(capture.packets.map(\.timestamp) == Self.packets.map { $0.timestamp / grain * grain })
    if case .pcapng = format {
      #expect(
        ReadCapture(file.path).packets.map(\.interface)
          == Self.packets.map(\.interface))
    }
  }

  @Test("Two runs write identical bytes", arguments: formats)
  func deterministic(format: CaptureWriter.Format) throws {
    #expect(try Self.write(format).bytes == Self.write(format).bytes)
  }

  @Test("tshark reads times, lengths and interface names", .needs("tshark"), arguments: formats)
  func tshark(format: CaptureWriter.Format) throws {
    let file = try Self.write(format)
    let table = try Shell.run(
      "tshark", "-r", file.path, "-T", "fields", "-E", "separator=/s", "-E", "quote=d", "-e",
      "frame.number",
      "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e",
      "frame.interface_name")
    let lines = table.split(separator: "\n").filter { $0.hasPrefix("\"") }.map(String.init)
    let expected = Self.packets.enumerated().map { index, packet in
      let grain: UInt64 = format == .pcap(nanoseconds: false) ? 1_000 : 1
      let nanoseconds = String(packet.timestamp % 1_000_000_000 / grain * grain)
      let fraction = String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds
      let time = "\(packet.timestamp / 1_000_000_000).\(fraction)"
      let name =
        if case .pcapng = format { " \"\(Self.interfaces[packet.interface])\"" } else { " " }
      return "\"\(index + 1)\" \"\(time)\" \"\(max(packet.wireLength, packet.bytes.count))\" "
        + "\"\(packet.bytes.count)\"\(name)"
    }
    #expect(
      lines.map { $0.trimmingCharacters(in: .whitespaces) }
        == expected.map { $0.trimmingCharacters(in: .whitespaces) })
  }

  @Test("The smallest pcapng file, byte for byte")
  func golden() throws {
    let file = try Self.write(
      .pcapng(interfaces: ["ab"]),
      [Written(bytes: [1, 2, 3, 4, 5], wireLength: 6, timestamp: 0x1_0000_0002, interface: 0)])
    let expected: [UInt8] = [
      // Section header: length 28, byte-order mark, version 1.0, section length unknown.
      0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
      // Interface description: Ethernet, 262,144 bytes, if_name "ab", if_tsresol 9.
      1, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0,
      2, 0, 2, 0, 0x61, 0x62, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0,
      // Enhanced packet: interface 0, time, 5 bytes of 6, padded to 8.
      6, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0,
      1, 2, 3, 4, 5, 0, 0, 0, 40, 0, 0, 0,
    ]
    #expect(try file.bytes == expected)
  }

  @Test("A full disk is reported with the file's name")
  func fullDisk() throws {
    let error = PortError.failed(
      port: "/dev/full", reason: "cannot write: No space left on device")
    let writer = try CaptureWriter(path: "/dev/full", format: .pcap(nanoseconds: true))
    // Gathered first, so that the error comes with the flush.
    #expect(throws: error) { try writer.close() }

    let busy = try CaptureWriter(path: "/dev/full", format: .pcapng(interfaces: ["a"]))
    let frame = sampleFrame(1, count: 60_000)
    #expect(throws: error) {
      for _ in 0..<10 {
        try frame.withUnsafeBytes { try busy.write($0, wireLength: $0.count, timestamp: 0) }
      }
    }
    #expect(
      throws: PortError.cannotOpen(port: "/nonexistent/x.pcap", reason: "No such file or directory")
    ) {
      _ = try CaptureWriter(path: "/nonexistent/x.pcap", format: .pcap(nanoseconds: true))
    }
  }

  @Test("Who forgets to close loses nothing")
  func forgotten() throws {
    let file = try TemporaryFile()
    do {
      let writer = try CaptureWriter(path: file.path, format: .pcap(nanoseconds: true))
      try sampleFrame(1).withUnsafeBytes { try writer.write($0, wireLength: 64, timestamp: 0) }
    }
    #expect(ReadCapture(file.path).packets.count == 1)
  }
}
