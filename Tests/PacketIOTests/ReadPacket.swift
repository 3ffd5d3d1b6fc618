import Testing

@testable import PacketIO

/// A captured packet whose bytes stay.
struct ReadPacket: Equatable {
  var number: Int
  var timestamp: UInt64
  var bytes: [UInt8]
  var wireLength: Int
  var link: CapturedPacket.Link = .ethernet
  var linkType: Int32 = 1
  var interface: Int?
}

/// Everything that a file gives, and how it ends.
struct ReadCapture {
  var packets: [ReadPacket] = []
  var error: PortError?

  init(_ path: String) {
    do throws(PortError) {
      var reader = try CaptureReader(path: path)
      try read(&reader)
    } catch {
      self.error = error
    }
  }

  /// By libpcap, whatever it is: the judge of our own readers.
  init(byLibpcap path: String) {
    do throws(PortError) {
      var reader = try CaptureReader(path: path, byLibpcap: true)
      try read(&reader)
    } catch {
      self.error = error
    }
  }

  /// In batches.
  init(inBatches path: String) {
    do throws(PortError) {
      var reader = try CaptureReader(path: path)
      while true {
        let batch = try reader.nextBatch()
        if batch.isEmpty { break }
        // All of a batch stand side by side.
        for packet in batch { packets.append(ReadPacket(packet)) }
      }
    } catch {
      self.error = error
    }
  }

  init(_ bytes: [UInt8]) throws {
    let file = try TemporaryFile(bytes)
    self.init(file.path)
  }

  private mutating func read(_ reader: inout CaptureReader) throws(PortError) {
    while let packet = try reader.next() {
      packets.append(ReadPacket(packet))
    }
  }
}

extension ReadPacket {
  init(_ packet: CapturedPacket) {
    self.init(
      number: packet.number, timestamp: packet.timestamp, bytes: Array(packet.bytes),
      wireLength: packet.wireLength, link: packet.link, linkType: packet.linkType,
      interface: packet.interface)
  }
}
