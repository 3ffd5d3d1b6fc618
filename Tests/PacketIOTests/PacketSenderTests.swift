import Dataplane
import Foundation
import TestSupport
import Testing
import Wire

@testable import PacketIO

@Suite("F7: batches of TCP segments leave by packet sockets", .serialized, .needsNamespaces)
struct PacketSenderTests {
  /// TCP over IPv4, its checksum left open: the field holds the pseudo-header's sum.
  private static func frame(payload count: Int, tag: [UInt8] = []) -> [UInt8] {
    let length = 40 + count
    var bytes: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + tag + [8, 0]
    bytes += [0x45, 0, UInt8(length >> 8), UInt8(length & 0xff), 0x12, 0x34, 0x40, 0, 64, 6, 0, 0]
    bytes += [10, 0, 0, 1, 10, 0, 0, 2]
    bytes += [0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 100, 0x50, 0x18, 0xfd, 0xe8, 0, 0, 0, 0]
    bytes += (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    bytes.withUnsafeMutableBytes { buffer in
      let headers = try? Headers.parse(UnsafeRawBufferPointer(buffer), wireLength: buffer.count)
      guard let headers, completeChecksums(buffer, headers) else { preconditionFailure() }
      leaveChecksumPartial(buffer, headers)
    }
    return bytes
  }

  /// Sends frames in one call, each with the size of its segments.
  private static func send(_ frames: [([UInt8], UInt16)], by port: any PacketIO.Port) throws {
    var vector = PacketVector()
    for (bytes, size) in frames {
      vector.reserve()!.copyBytes(from: bytes)
      let isTaken = vector.commit(length: bytes.count, timestamp: 0, segmentSize: size)
      precondition(isTaken)
    }
    try (0..<vector.count).map { vector[$0] }.withUnsafeBufferPointer { try port.transmit($0) }
  }

  /// As whoever receives it completes it.
  private static func completed(_ frame: [UInt8]) -> [UInt8] {
    var frame = frame
    frame.withUnsafeMutableBytes { bytes in
      let readOnly = UnsafeRawBufferPointer(bytes)
      guard let headers = try? Headers.parse(readOnly, wireLength: bytes.count),
        hasPartialChecksum(readOnly, headers)
      else { return }
      _ = completeChecksums(bytes, headers)
    }
    return frame
  }

  /// What our own cut makes of a batch.
  private static func segments(_ batch: [UInt8], _ size: UInt16) -> [[UInt8]] {
    var (batch, segments) = (batch, [[UInt8]]())
    let room = UnsafeMutableRawBufferPointer.allocate(
      byteCount: PacketVector.frameCapacity, alignment: 64)
    defer { room.deallocate() }
    batch.withUnsafeMutableBytes { bytes in
      let frame = Frame(
        bytes: bytes.baseAddress!, length: bytes.count, wireLength: bytes.count, timestamp: 0,
        segmentSize: size)
      let isCut = cutBatch(frame, into: room) { start, length in
        segments.append(Array(UnsafeRawBufferPointer(start: start, count: length)))
      }
      precondition(isCut)
    }
    return segments
  }

  @Test("A batch goes through a veth pair whole, in its place among the packets around it")
  func whole() throws {
    let link = try TestLink("whole")
    let a = try link.a.ringPort("spla")
    let b = try link.b.ringPort("splb")
    let batch = Self.frame(payload: 60_000)
    let frames = [sampleFrame(1), batch, sampleFrame(2), batch, batch, sampleFrame(3)]
    try Self.send(frames.map { ($0, $0.count > 2_000 ? 1_460 : 0) }, by: a)
    #expect(try b.frames(7, patience: 200) == frames)
    #expect(a.statistics.transmitted == 6)
    #expect(a.statistics.transmitErrors == 0)
  }

  @Test(
    "Where the interface does not take it whole the kernel cuts it, as we would",
    arguments: [[UInt8](), [0x81, 0, 0, 7]])
  func cutByTheKernel(tag: [UInt8]) throws {
    let link = try TestLink("cut")
    try link.a.ip("link", "set", "spla", "gso_max_size", "3000")
    let a = try link.a.ringPort("spla")
    let b = try link.b.ringPort("splb")
    let batch = Self.frame(payload: 20_000, tag: tag)
    try Self.send([(batch, 1_400)], by: a)
    let expected = Self.segments(batch, 1_400)
    #expect(expected.count == 15)
    let received = try b.frames(16, patience: 200).map(Self.completed)
    #expect(received == expected)
    #expect(a.statistics.transmitted == 1)
  }

  @Test("By a port that another worker receives from as well")
  func sendingPort() throws {
    let link = try TestLink("bsend")
    let a = try NetworkNamespace(link.a.name).perform {
      () throws(PortError) -> sending SendingPort in
      try SendingPort(name: "port-spla", device: "spla")
    }
    let b = try link.b.ringPort("splb")
    let batch = Self.frame(payload: 30_000)
    try Self.send([(batch, 1_460)], by: a)
    #expect(try b.frames(2, patience: 200) == [batch])
    #expect(a.statistics.transmitted == 1)
    try link.a.ip("link", "del", "spla")
    #expect(throws: PortError.self) { try Self.send([(batch, 1_460)], by: a) }
    #expect(a.statistics.transmitErrors == 1)
  }

  @Test("What is no TCP packet is counted, and what stands behind it leaves")
  func noTCP() throws {
    let link = try TestLink("notcp")
    let a = try link.a.ringPort("spla")
    let b = try link.b.ringPort("splb")
    try Self.send([(sampleFrame(1, count: 3_000), 1_000), (sampleFrame(2), 0)], by: a)
    #expect(try b.frames(2, patience: 200) == [sampleFrame(2)])
    #expect(a.statistics.transmitErrors == 1)
    #expect(a.statistics.transmitted == 1)
  }
}
