import Dataplane
import Testing

@testable import PacketIO

@Suite("A capture file as a port")
struct CapturePortTests {
  @Test("Vectors of 256 until the end; what is sent is in the other file")
  func throughPort() throws {
    var bytes = CaptureBytes(isBigEndian: true)
    bytes.pcapHeader(nanoseconds: true)
    for number in 0..<300 {
      bytes.pcapPacket(sampleFrame(UInt8(number & 255)), seconds: UInt32(number))
    }
    let input = try TemporaryFile(bytes.bytes)
    let output = try TemporaryFile()
    let writer = try CaptureWriter(path: output.path, format: .pcapng(interfaces: ["a", "b"]))
    let port = CapturePort(
      name: "vm1", reader: try CaptureReader(path: input.path), writer: writer, interface: 1)
    #expect(port.pollDescriptor == nil)
    var vector = PacketVector()
    var counts: [Int] = []
    while !port.isAtEnd {
      vector.removeAll()
      counts.append(try port.receive(into: &vector))
      let frames = (0..<vector.count).map { vector[$0] }
      try frames.withUnsafeBufferPointer { try port.transmit($0) }
    }
    #expect(counts == [256, 44])
    #expect(port.statistics.received == 300)
    #expect(port.statistics.transmitted == 300)
    port.close()
    try writer.close()
    let written = ReadCapture(output.path)
    #expect(written.packets.map(\.bytes) == ReadCapture(input.path).packets.map(\.bytes))
    #expect(written.packets.allSatisfy { $0.interface == 1 })
  }

  @Test("What is no frame, or too long for a vector, is counted")
  func dropped() throws {
    var bytes = CaptureBytes(isBigEndian: false)
    bytes.pcapHeader(nanoseconds: true)
    bytes.pcapPacket(sampleFrame(1, count: PacketVector.frameCapacity + 1))
    bytes.pcapPacket(sampleFrame(2, count: PacketVector.frameCapacity))
    let long = try TemporaryFile(bytes.bytes)
    var vector = PacketVector()
    let port = CapturePort(name: "a", reader: try CaptureReader(path: long.path))
    #expect(try port.receive(into: &vector) == 1)
    #expect(port.statistics.droppedByInterface == 1)

    var wireless = CaptureBytes(isBigEndian: false)
    wireless.pcapHeader(nanoseconds: true, linkType: 105)
    wireless.pcapPacket([8, 0, 0, 0])
    let other = try TemporaryFile(wireless.bytes)
    let second = CapturePort(name: "b", reader: try CaptureReader(path: other.path))
    #expect(try second.receive(into: &vector) == 0)
    #expect(second.isAtEnd)
    #expect(second.statistics.droppedByInterface == 1)
  }

  @Test("Damage is thrown after the frames before it")
  func damaged() throws {
    var bytes = CaptureBytes(isBigEndian: false)
    bytes.pcapHeader(nanoseconds: true)
    bytes.pcapPacket(sampleFrame(1))
    bytes.pcapPacket(sampleFrame(2))
    let file = try TemporaryFile(Array(bytes.bytes.dropLast(1)))
    let port = CapturePort(name: "a", reader: try CaptureReader(path: file.path))
    var vector = PacketVector()
    #expect(throws: PortError.self) { try port.receive(into: &vector) }
    #expect(vector.count == 1)
    #expect(port.statistics.received == 1)
  }

  @Test("Without a file to write to, frames are refused and counted")
  func noWriter() throws {
    let port = CapturePort(name: "a", reader: nil)
    var vector = PacketVector()
    #expect(try port.receive(into: &vector) == 0)
    _ = sampleFrame(1).withUnsafeBytes { vector.append($0, wireLength: 64, timestamp: 0) }
    try [vector[0]].withUnsafeBufferPointer { try port.transmit($0) }
    #expect(port.statistics.transmitErrors == 1)
  }
}
