import CAllocationCount
import CPacketIO
import Dataplane
import Foundation
import TestSupport
import Testing

@testable import PacketIO

/// A queue whose kernel is the test: a pair of datagram sockets, one message a frame, as read(2) and write(2) of
/// /dev/net/tun have it.
private final class TestQueue {
  let queue: TapQueue
  private let kernel: Int32

  init(offloads: TapPort.Offloads = .segmentation) throws {
    var pair: [Int32] = [-1, -1]
    try #require(
      socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &pair) == 0)
    kernel = pair[1]
    queue = TapQueue(name: "vm2", device: "spltap", descriptor: pair[0], offloads: offloads)
  }

  deinit { close(kernel) }

  /// As the kernel hands frames over.
  func write(_ messages: [[UInt8]]) throws {
    for message in messages {
      try #require(Glibc.write(kernel, message, message.count) == message.count)
    }
  }

  /// What the kernel has got.
  func read() throws -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var message = [UInt8](repeating: 0, count: 70_000)
    while case let count = Glibc.read(kernel, &message, message.count), count >= 0 {
      messages.append(Array(message[..<count]))
    }
    return messages
  }

  /// What the port makes of messages of the kernel.
  func receive(_ messages: [[UInt8]]) throws -> [(bytes: [UInt8], segmentSize: UInt16)] {
    try write(messages)
    var vector = PacketVector()
    _ = try queue.receive(into: &vector)
    return (0..<vector.count).map { (Array(vector[$0].buffer), vector[$0].segmentSize) }
  }

  /// What the kernel gets for a frame.
  func transmit(_ frame: [UInt8], segmentSize: UInt16 = 0) throws -> [[UInt8]] {
    var bytes = frame
    try bytes.withUnsafeMutableBytes { buffer in
      let frame = Frame(
        bytes: buffer.baseAddress!, length: buffer.count, wireLength: buffer.count, timestamp: 0,
        segmentSize: segmentSize)
      try [frame].withUnsafeBufferPointer { try queue.transmit($0) }
    }
    return try read()
  }
}

/// Frames with the header that Linux puts before them, as it stands in memory of a little-endian machine.
@Suite("Offload headers of TAP devices") struct OffloadHeaderTests {
  /// Ethernet, IPv4 (140 bytes, DF), TCP 40000 > 80, PSH ACK, and the pseudo-header's sum where the checksum belongs.
  private static let batch =
    hex(
      """
      123456789abc 02000a000104 0800
      45 00 008c 1234 4000 40 06 1131 0a000104 0a000204
      9c40 0050 00000001 00000064 50 18 fde8 1786 0000
      """) + (0..<100).map { UInt8($0) }
  /// NEEDS_CSUM; TCPV4; 54 bytes of headers; segments of 40; a checksum from byte 34 on, 16 bytes in.
  private static let batchHeader = hex("01 01 3600 2800 2200 1000")
  private static let zero = [UInt8](repeating: 0, count: 10)

  /// The same with 20 bytes of payload, before and after its checksum is computed.
  private static let segment = hex(
    """
    123456789abc 02000a000104 0800
    45 00 003c 1234 4000 40 06 1181 0a000104 0a000204
    9c40 0050 00000001 00000064 50 18 fde8 1736 0000
    000102030405060708090a0b0c0d0e0f10111213
    """)
  private static let wholeSegment = with(segment, 50, [0xa3, 0x6e])
  /// UDP 4000 > 53, the same.
  private static let datagram = hex(
    """
    123456789abc 02000a000104 0800
    45 00 0020 1234 4000 40 11 1192 0a000104 0a000204
    0fa0 0035 000c 1725 00010203
    """)
  private static let wholeDatagram = with(datagram, 40, [0xd6, 0xf5])

  private static func hex(_ text: String) -> [UInt8] {
    let digits = Array(text.filter { !$0.isWhitespace })
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16)!
    }
  }

  private static func with(_ bytes: [UInt8], _ offset: Int, _ new: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(offset..<offset + new.count, with: new)
    return bytes
  }

  @Test("F7: a batch comes in as it is, with the size of its segments")
  func batchIn() throws {
    let queue = try TestQueue()
    let received = try queue.receive([Self.batchHeader + Self.batch])
    #expect(received.map(\.bytes) == [Self.batch])
    #expect(received.map(\.segmentSize) == [40])
  }

  @Test("F7: one packet whose checksum was left to us gets it when it comes in")
  func packetsIn() throws {
    let queue = try TestQueue()
    let received = try queue.receive([
      // NEEDS_CSUM, no batch.
      Self.hex("01 00 0000 0000 2200 1000") + Self.segment,
      Self.hex("01 00 0000 0000 2200 0600") + Self.datagram,
      // Said to be a batch, of one segment.
      Self.hex("01 01 3600 1400 2200 1000") + Self.segment,
      // Nothing was left: not even what is wrong is touched.
      Self.zero + Self.segment,
      // DATA_VALID.
      Self.hex("02 00 0000 0000 0000 0000") + Self.wholeDatagram,
    ])
    #expect(
      received.map(\.bytes) == [
        Self.wholeSegment, Self.wholeDatagram, Self.wholeSegment, Self.segment, Self.wholeDatagram,
      ])
    #expect(received.allSatisfy { $0.segmentSize == 0 })
    #expect(queue.queue.statistics.received == 5)
  }

  @Test(
    "A header that contradicts its frame is a counted drop",
    arguments: [
      ("csum_start beyond the frame", "01 00 0000 0000 0001 1000"),
      ("csum_offset beyond the frame", "01 00 0000 0000 2200 8000"),
      ("csum_start and csum_offset that overflow", "01 00 0000 0000 ffff ffff"),
      ("csum_start in the Ethernet header", "01 00 0000 0000 0c00 0000"),
      ("gso_size of 0", "01 01 3600 0000 2200 1000"),
      ("hdr_len beyond the frame", "01 01 ffff 2800 2200 1000"),
      ("a batch whose checksum is not left", "00 01 3600 2800 2200 1000"),
      ("TCPV6 of an IPv4 packet", "01 04 3600 2800 2200 1000"),
      ("a batch of UDP, which was not asked for", "01 05 3600 2800 2200 0600"),
      ("fragmentation of UDP, which was not asked for", "01 03 3600 2800 2200 0600"),
      ("a batch of an unknown kind", "01 7f 3600 2800 2200 1000"),
      ("csum_start that is not TCP's", "01 01 3600 2800 2000 1000"),
      ("csum_offset that is not TCP's", "01 01 3600 2800 2200 0600"),
    ])
  func lies(what: String, header: String) throws {
    let queue = try TestQueue()
    let received = try queue.receive([
      Self.hex(header) + Self.batch, Self.batchHeader + Self.batch,
    ])
    #expect(received.map(\.bytes) == [Self.batch], "\(what)")
    #expect(queue.queue.statistics.droppedByInterface == 1)
    #expect(queue.queue.statistics.received == 1)
  }

  @Test(
    "What a batch is not is a counted drop: cut short, a fragment, checksum there, nothing at all")
  func noBatch() throws {
    let queue = try TestQueue()
    let messages = [
      Self.batchHeader + Self.batch.dropLast(60), Self.batchHeader + Self.batch[..<20],
      Self.batchHeader, Self.batchHeader.dropLast(), [],
      Self.batchHeader + Self.with(Self.batch, 20, [0x20, 0]),
      Self.batchHeader + Self.with(Self.batch, 50, [0, 1]),
    ].map(Array.init)
    #expect(try queue.receive(messages).isEmpty)
    #expect(queue.queue.statistics.droppedByInterface == UInt64(messages.count))
  }

  @Test("Random headers and frames: never a crash, and a batch is what it says")
  func random() throws {
    var generator = SeededGenerator(seed: 516)
    var batches = 0
    for _ in 0..<20_000 {
      var header = Self.batchHeader
      var frame = Self.batch
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        header[.random(in: 0..<10, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) {
        frame[.random(in: 0..<54, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) {
        frame.removeLast(.random(in: 0...frame.count, using: &generator))
      }
      let fields = header.withUnsafeBytes { $0.loadUnaligned(as: virtio_net_hdr.self) }
      let size = frame.withUnsafeMutableBytes { OffloadHeader(fields).settle($0) }
      guard let size, size > 0 else { continue }
      batches += 1
      #expect(size == fields.gso_size && Int(size) < frame.count - 54 && fields.csum_start == 34)
    }
    #expect(batches > 2_000)
  }

  @Test("F7: a batch goes out whole, with the header that says so")
  func batchOut() throws {
    let queue = try TestQueue()
    #expect(try queue.transmit(Self.batch, segmentSize: 40) == [Self.batchHeader + Self.batch])
    // What follows is one packet again.
    #expect(try queue.transmit(Self.wholeSegment) == [Self.zero + Self.wholeSegment])
    // The congestion window was reduced: GSO_ECN.
    let reduced = Self.with(Self.batch, 47, [0x98])
    #expect(
      try queue.transmit(reduced, segmentSize: 40)
        == [Self.hex("01 81 3600 2800 2200 1000") + reduced])
    // 802.1Q moves everything by four.
    let tagged = Self.batch[..<12] + [0x81, 0, 0, 7] + Self.batch[12...]
    #expect(
      try queue.transmit(Array(tagged), segmentSize: 40)
        == [Self.hex("01 01 3a00 2800 2600 1000") + tagged])
    // IPv6: TCPV6, a header of 74 bytes, TCP from byte 54 on.
    let six =
      Self.hex(
        """
        123456789abc 02000a000104 86dd
        60000000 0078 06 40 fd000001000000000000000000000004 fd000002000000000000000000000004
        """) + Self.batch[34...]
    #expect(
      try queue.transmit(six, segmentSize: 40)
        == [Self.hex("01 04 4a00 2800 3600 1000") + six])
    #expect(queue.queue.statistics.transmitted == 5)
    // No TCP packet: nothing is made up.
    #expect(try queue.transmit(Self.datagram, segmentSize: 40).isEmpty)
    #expect(queue.queue.statistics.transmitErrors == 1)
  }

  @Test("F7: without the header a batch is cut in software")
  func withoutHeader() throws {
    let queue = try TestQueue(offloads: .none)
    let sent = try queue.transmit(Self.batch, segmentSize: 40)
    #expect(sent.map(\.count) == [94, 94, 74])
    #expect(sent.flatMap { $0[54...] } == Array(Self.batch[54...]))
    for (index, segment) in sent.enumerated() {
      #expect(segment[38..<42] == [0, 0, 0, UInt8(1 + 40 * index)])
      // PSH with the last one alone.
      #expect(segment[47] == (index == 2 ? 0x18 : 0x10))
      let pseudoHeader = Array(segment[26..<34]) + [0, 6, 0, UInt8(segment.count - 34)]
      #expect(Self.sum(Array(segment[14..<34])) == 0xffff)
      #expect(Self.sum(pseudoHeader + segment[34...]) == 0xffff)
    }
    #expect(try queue.transmit(Self.datagram, segmentSize: 40).isEmpty)
    #expect(queue.queue.statistics.transmitErrors == 1)
    // And frames come in as they are.
    #expect(try queue.receive([Self.segment]).map(\.bytes) == [Self.segment])
  }

  @Test(
    "From queue to queue nothing is allocated, whatever the header says",
    arguments: [TapPort.Offloads.segmentation, .none])
  func allocations(offloads: TapPort.Offloads) throws {
    let (from, to) = (try TestQueue(), try TestQueue(offloads: offloads))
    var vector = PacketVector()
    var count: UInt64 = 0
    var received = 0
    // The first round is the runtime's own.
    for round in 0..<100 {
      try from.write([
        Self.batchHeader + Self.batch, Self.hex("01 00 0000 0000 2200 1000") + Self.segment,
      ])
      vector.removeAll()
      let before = allocation_count()
      received += try from.queue.receive(into: &vector)
      try withUnsafeTemporaryAllocation(of: Frame.self, capacity: vector.count) { frames in
        for index in 0..<vector.count { frames.initializeElement(at: index, to: vector[index]) }
        try to.queue.transmit(UnsafeBufferPointer(frames))
      }
      if round > 0 { count += allocation_count() - before }
      #expect(try to.read().count == (offloads == .none ? 4 : 2))
    }
    #expect(received == 200)
    #expect(count == 0)
  }

  /// RFC 1071, one word at a time.
  private static func sum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
      sum = sum & 0xffff + sum >> 16
    }
    return sum
  }
}
