/// Packets of a capture file, in its order: pcap of either byte order, in micro- or nanoseconds, and pcapng
/// with any number of sections and interfaces, plain or compressed by gzip.
///
/// libpcap reads. Where it refuses a pcapng file, at its beginning or on the way (its interfaces must be
/// alike), our reader of blocks goes on at the packet after the last.
public struct CaptureReader: ~Copyable {
  private enum Source {
    case libpcap(LibpcapFile)
    case blocks(PcapngFile)
    case ended
    case failed(PortError)
  }

  public let path: String
  /// Packets handed out so far.
  public private(set) var count = 0
  private var source: Source
  /// Holds frames whose link header is replaced; nothing until there is one.
  private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// - Throws: `PortError.cannotOpen` where there is no file that can be read,
  ///   `PortError.malformedCapture` where it is no capture.
  public init(path: String) throws(PortError) {
    self.path = path
    let file: CaptureFile
    do throws(CaptureFault) {
      file = try CaptureFile(path: path)
    } catch {
      throw .cannotOpen(port: path, reason: error.reason)
    }
    do throws(CaptureFault) {
      source = .libpcap(try LibpcapFile(file))
    } catch {
      source = .blocks(try Self.blocks(path, after: 0, refusal: error))
    }
  }

  /// For tests: the reader of blocks alone.
  init(blocksOf path: String) throws(CaptureFault) {
    self.path = path
    source = .blocks(PcapngFile(try CaptureFile(path: path)))
  }

  deinit { scratch.deallocate() }

  /// The next packet, valid until the one after it is asked for.
  /// - Returns: nil at the end of the file.
  /// - Throws: `PortError.malformedCapture` after the last good packet, and each time from then on.
  public mutating func next() throws(PortError) -> CapturedPacket? {
    switch source {
    case .ended: return nil
    case .failed(let error): throw error
    case .libpcap(let file):
      do throws(CaptureFault) {
        return deliver(try file.next())
      } catch {
        // A gzip stream is read anew as well.
        let blocks: PcapngFile
        do throws(PortError) {
          blocks = try Self.blocks(path, after: count, refusal: error)
        } catch {
          throw fail(error)
        }
        source = .blocks(blocks)
        return try next()
      }
    case .blocks(let file):
      do throws(CaptureFault) {
        return deliver(try file.next())
      } catch {
        throw fail(.malformedCapture(path: path, packet: count, reason: error.reason))
      }
    }
  }

  private mutating func fail(_ error: PortError) -> PortError {
    source = .failed(error)
    return error
  }

  /// The reader of blocks, behind the first `count` packets.
  private static func blocks(
    _ path: String, after count: Int, refusal: CaptureFault
  ) throws(PortError) -> PcapngFile {
    let refused = PortError.malformedCapture(path: path, packet: count, reason: refusal.reason)
    guard CaptureFile.canReopen(path) else { throw refused }
    do throws(CaptureFault) {
      let blocks = PcapngFile(try CaptureFile(path: path))
      guard blocks.begins() else { throw refusal }
      for _ in 0..<count { _ = try blocks.next() }
      return blocks
    } catch {
      throw refused
    }
  }

  private mutating func deliver(_ packet: RawPacket?) -> CapturedPacket? {
    guard let packet else {
      source = .ended
      return nil
    }
    count += 1
    var captured = CapturedPacket(
      number: count, timestamp: packet.timestamp, bytes: packet.bytes,
      wireLength: packet.wireLength, linkType: packet.linkType, interface: packet.interface)
    switch LinkHeader(linkType: packet.linkType, packet: packet.bytes) {
    case .ethernet: break
    case .unsupported: captured.link = .unsupportedLinkType
    case .replaceable(let length, let etherType, let source):
      let payload = UnsafeRawBufferPointer(rebasing: packet.bytes[length...])
      captured.bytes = frame(payload, etherType: etherType, source: source)
      captured.wireLength = max(packet.wireLength - length + 14, captured.bytes.count)
      captured.link = .synthesized
    case .cutShort(let needed):
      // Two MAC addresses and nothing else: a frame that ends within its header, as the packet did.
      captured.bytes = UnsafeRawBufferPointer(
        rebasing: frame(UnsafeRawBufferPointer(start: nil, count: 0), etherType: 0)[..<12])
      captured.wireLength = max(packet.wireLength - needed + 14, 12)
      captured.link = .synthesized
    }
    return captured
  }

  private mutating func frame(
    _ payload: UnsafeRawBufferPointer, etherType: UInt16, source: [UInt8] = []
  ) -> UnsafeRawBufferPointer {
    let count = 14 + payload.count
    if count > scratch.count {
      scratch.deallocate()
      scratch = .allocate(byteCount: max(count * 2, 4_096), alignment: 8)
    }
    scratch.baseAddress!.initializeMemory(as: UInt8.self, repeating: 0, count: 14)
    for (index, byte) in source.prefix(6).enumerated() { scratch[6 + index] = byte }
    scratch.storeBytes(of: etherType.bigEndian, toByteOffset: 12, as: UInt16.self)
    UnsafeMutableRawBufferPointer(rebasing: scratch[14..<count]).copyMemory(from: payload)
    return UnsafeRawBufferPointer(rebasing: scratch[..<count])
  }
}
