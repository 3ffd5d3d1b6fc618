import Glibc
import TestSupport
import Testing

@testable import PacketIO

@Suite("Capture files: every format gives the packets, times and lengths that were written")
struct CaptureFormatTests {
  @Test("pcap, both byte orders, micro- and nanoseconds", arguments: [false, true], [false, true])
  func pcap(isBigEndian: Bool, nanoseconds: Bool) throws {
    var file = CaptureBytes(isBigEndian: isBigEndian)
    file.pcapHeader(nanoseconds: nanoseconds)
    file.pcapPacket(sampleFrame(1), seconds: 1_700_000_000, fraction: 123_456)
    file.pcapPacket(Array(sampleFrame(2)[..<20]), seconds: 4_294_967_295, wireLength: 64)
    let capture = try ReadCapture(file.bytes)
    #expect(capture.error == nil)
    #expect(
      capture.packets == [
        ReadPacket(
          number: 1, timestamp: 1_700_000_000_000_000_000 + (nanoseconds ? 123_456 : 123_456_000),
          bytes: sampleFrame(1), wireLength: 64),
        ReadPacket(
          number: 2, timestamp: 4_294_967_295_000_000_000, bytes: Array(sampleFrame(2)[..<20]),
          wireLength: 64),
      ])
  }

  @Test("pcapng with several interfaces says which one a packet is of", arguments: [false, true])
  func pcapngAlike(isBigEndian: Bool) throws {
    var file = CaptureBytes(isBigEndian: isBigEndian)
    file.section()
    file.interface(resolution: 9)
    file.interface()
    file.enhancedPacket(sampleFrame(1), interface: 0, ticks: 1_700_000_000_123_456_789)
    file.block(0xbad) { $0.put([1, 2, 3]) }
    file.enhancedPacket(
      Array(sampleFrame(2)[..<21]), interface: 1, ticks: 1_700_000_000_000_001, wireLength: 1_500)
    let capture = try ReadCapture(file.bytes)
    #expect(capture.error == nil)
    #expect(
      capture.packets == [
        ReadPacket(
          number: 1, timestamp: 1_700_000_000_123_456_789, bytes: sampleFrame(1), wireLength: 64,
          interface: 0),
        ReadPacket(
          number: 2, timestamp: 1_700_000_000_000_001_000, bytes: Array(sampleFrame(2)[..<21]),
          wireLength: 1_500, interface: 1),
      ])
  }

  @Test(
    "pcapng with interfaces that differ, which libpcap refuses", arguments: [false, true])
  func pcapngDifferent(isBigEndian: Bool) throws {
    var file = CaptureBytes(isBigEndian: isBigEndian)
    file.section()
    file.interface()
    file.enhancedPacket(sampleFrame(1), ticks: 5)
    file.interface(linkType: 101, snapLength: 40)
    file.enhancedPacket([0x45] + Array(repeating: 0, count: 19), interface: 1, ticks: 6)
    file.obsoletePacket(sampleFrame(3), interface: 0, ticks: 7)
    let capture = try ReadCapture(file.bytes)
    #expect(capture.error == nil)
    #expect(capture.packets.map(\.number) == [1, 2, 3])
    #expect(capture.packets.map(\.timestamp) == [5_000, 6_000, 7_000])
    #expect(capture.packets.map(\.interface) == [0, 1, 0])
    #expect(capture.packets.map(\.link) == [.ethernet, .synthesized, .ethernet])
    #expect(capture.packets[1].bytes.count == 34)
    #expect(capture.packets[2].bytes == sampleFrame(3))
  }

  @Test("A new section has its own byte order and interfaces", arguments: [false, true])
  func sections(isBigEndian: Bool) throws {
    var first = CaptureBytes(isBigEndian: isBigEndian)
    first.section()
    first.interface()
    first.interface(snapLength: 100)
    first.enhancedPacket(sampleFrame(1), interface: 1)
    var second = CaptureBytes(isBigEndian: !isBigEndian)
    second.section()
    second.interface(snapLength: 32)
    second.simplePacket(Array(sampleFrame(2)[..<32]), wireLength: 64)
    second.simplePacket(sampleFrame(3, count: 31))
    let capture = try ReadCapture(first.bytes + second.bytes)
    #expect(capture.error == nil)
    #expect(capture.packets.map(\.interface) == [1, 2, 2])
    #expect(capture.packets.map(\.wireLength) == [64, 64, 31])
    #expect(capture.packets.map(\.bytes.count) == [64, 32, 31])
  }

  @Test("Sections without an interface hold no packet, and are no error")
  func noInterface() throws {
    var file = CaptureBytes(isBigEndian: false)
    file.section()
    #expect(try ReadCapture(file.bytes).packets.isEmpty)
    #expect(try ReadCapture(file.bytes).error == nil)
  }

  @Test(
    "if_tsresol and if_tsoffset give nanoseconds",
    arguments: [
      (0, 0, 1_700_000_000, 1_700_000_000_000_000_000),
      (6, 0, 1_000_001, 1_000_001_000),
      (9, 0, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
      (12, 0, 1_999, 1),
      (127, 0, UInt64.max, 0),
      (0x80, 0, 3, 3_000_000_000),
      (0x8a, 0, 1_536, 1_500_000_000),
      (0xff, 0, UInt64.max, 0),
      (6, 1_000, 1, 1_000_000_001_000),
      (6, -1, 1_500_000, 500_000_000),
      (6, -2, 1_500_000, 0),
      (0, 0, UInt64.max, UInt64.max),
      (0, Int64.max, UInt64.max, UInt64.max),
      (0, Int64.min, 0, 0),
    ] as [(UInt8, Int64, UInt64, UInt64)])
  func resolution(resolution: UInt8, offset: Int64, ticks: UInt64, expected: UInt64) {
    let interface = PcapngInterface(
      linkType: 1, snapLength: 0, resolution: resolution, offset: offset)
    #expect(interface.nanoseconds(ticks) == expected)
  }

  @Test("Options of an interface are read in both byte orders", arguments: [false, true])
  func options(isBigEndian: Bool) throws {
    var file = CaptureBytes(isBigEndian: isBigEndian)
    file.section()
    file.interface(snapLength: 0, resolution: 3, offset: -10)
    file.interface(snapLength: 9)
    file.enhancedPacket(sampleFrame(1), ticks: 12_345)
    let capture = try ReadCapture(file.bytes)
    #expect(capture.packets.map(\.timestamp) == [2_345_000_000])
  }

  @Test(
    "A file compressed by gzip is read as it is without", .needs("gzip"), arguments: [1, 5_000])
  func compressed(count: Int) throws {
    var file = CaptureBytes(isBigEndian: false)
    file.pcapHeader(nanoseconds: true)
    for index in 0..<count {
      file.pcapPacket(sampleFrame(UInt8(index & 255)), seconds: UInt32(index))
    }
    let plain = try TemporaryFile(file.bytes)
    try Shell.run("gzip", "-k", plain.path)
    let packed = plain.path + ".gz"
    defer { _ = try? Shell.run("rm", "-f", packed) }
    let capture = ReadCapture(packed)
    #expect(capture.error == nil)
    #expect(capture.packets.count == count)
    #expect(capture.packets == ReadCapture(plain.path).packets)
    // Stopping early must neither wait for gzip nor leave it behind.
    var reader = try CaptureReader(path: packed)
    #expect(try reader.next()?.number == 1)
  }

  @Test(
    "A pipe is read as a file is, also where libpcap reads", arguments: [1, 101, 105, 113],
    [false, true])
  func pipe(linkType: UInt32, isSwapped: Bool) throws {
    var file = CaptureBytes(isBigEndian: isSwapped)
    file.pcapHeader(nanoseconds: true, linkType: linkType)
    for number in 1...300 { file.pcapPacket(sampleFrame(UInt8(number & 255))) }
    var ends: [Int32] = [-1, -1]
    #expect(Glibc.pipe(&ends) == 0)
    defer { close(ends[0]) }
    // What a pipe holds without a reader is more than that.
    #expect(write(ends[1], file.bytes, file.bytes.count) == file.bytes.count)
    close(ends[1])
    let capture = ReadCapture("/dev/fd/\(ends[0])")
    #expect(capture.error == nil)
    #expect(capture.packets.count == 300)
    #expect(try capture.packets == ReadCapture(file.bytes).packets)
  }

  @Test("Packets of a batch stand side by side, across blocks of the file and longer than them")
  func batches() throws {
    for isPcapng in [false, true] {
      var bytes = CaptureBytes(isBigEndian: false)
      if isPcapng {
        bytes.section()
        bytes.interface()
      } else {
        bytes.pcapHeader(nanoseconds: true)
      }
      for number in 1...600 {
        let frame = sampleFrame(UInt8(number & 255), count: number % 50 == 0 ? 250_000 : 1_000)
        if isPcapng { bytes.enhancedPacket(frame) } else { bytes.pcapPacket(frame) }
      }
      let file = try TemporaryFile(bytes.bytes)
      let batches = ReadCapture(inBatches: file.path)
      #expect(batches.packets.count == 600)
      #expect(batches.packets == ReadCapture(file.path).packets)
    }
  }

  @Test("After the end there is nothing more, however often one asks")
  func end() throws {
    for isPcapng in [false, true] {
      var bytes = CaptureBytes(isBigEndian: false)
      if isPcapng {
        bytes.section()
        bytes.interface()
        bytes.interface(snapLength: 7)
        bytes.enhancedPacket(sampleFrame(1))
      } else {
        bytes.pcapHeader(nanoseconds: true)
        bytes.pcapPacket(sampleFrame(1))
      }
      let file = try TemporaryFile(bytes.bytes)
      var reader = try CaptureReader(path: file.path)
      #expect(try reader.next() != nil)
      for _ in 0..<3 { #expect(try reader.next() == nil) }
    }
  }
}
