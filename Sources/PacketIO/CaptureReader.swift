import Dataplane

/// Packets of a capture file, in its order: pcap of either byte order, in micro- or nanoseconds, and pcapng
/// with any number of sections and interfaces, plain or compressed by gzip.
///
/// Our own readers take pcap and pcapng (PcapFile.swift, PcapngFile.swift); what they do not know, the variants of
/// pcap among it, libpcap reads.
public struct CaptureReader: ~Copyable {
  private enum Source {
    case pcap(PcapFile)
    case pcapng(PcapngFile)
    case libpcap(LibpcapFile)
    case ended
    case failed(PortError)
  }

  public let path: String
  /// Packets handed out so far.
  public private(set) var count = 0
  private let file: CaptureFile
  private var source: Source
  /// Frames that are not as the file has them: with another link header, or from libpcap.
  private var made: CopiedFrames
  private let batch: UnsafeMutableBufferPointer<CapturedPacket>

  /// - Throws: `PortError.cannotOpen` where there is no file that can be read,
  ///   `PortError.malformedCapture` where it is no capture.
  public init(path: String) throws(PortError) {
    try self.init(path: path, byLibpcap: false)
  }

  /// - Parameter byLibpcap: for tests: whatever it is.
  init(path: String, byLibpcap: Bool) throws(PortError) {
    let file: CaptureFile
    do throws(CaptureFault) {
      file = try CaptureFile(path: path)
    } catch {
      throw .cannotOpen(port: path, reason: error.reason)
    }
    do throws(CaptureFault) {
      source = try Self.source(file, byLibpcap: byLibpcap)
    } catch {
      throw .malformedCapture(path: path, packet: 0, reason: error.reason)
    }
    self.path = path
    self.file = file
    made = CopiedFrames()
    batch = .allocate(capacity: PacketVector.capacity)
  }

  private static func source(
    _ file: CaptureFile, byLibpcap: Bool
  ) throws(CaptureFault) -> Source {
    if !byLibpcap {
      if let pcap = try PcapFile(file) { return .pcap(pcap) }
      if let pcapng = try PcapngFile(file) { return .pcapng(pcapng) }
    }
    return .libpcap(try LibpcapFile(file))
  }

  deinit { batch.deallocate() }

  /// The next packet, valid until more are asked for.
  /// - Returns: nil at the end of the file.
  /// - Throws: `PortError.malformedCapture` after the last good packet, and each time from then on.
  public mutating func next() throws(PortError) -> CapturedPacket? {
    release()
    return try nextKept()
  }

  /// The next packets, some hundred at most, valid until more are asked for. Their bytes may be written to.
  /// - Returns: none at the end of the file.
  /// - Throws: as `next`.
  public mutating func nextBatch() throws(PortError) -> UnsafeBufferPointer<CapturedPacket> {
    release()
    var filled = 0
    do throws(PortError) {
      if case .pcap(let file) = source, file.isEthernet {
        try fill(file, &filled)
      } else {
        while filled < batch.count, let packet = try nextKept() {
          (batch.baseAddress.unsafelyUnwrapped + filled).initialize(to: packet)
          filled &+= 1
        }
      }
    } catch {
      // The good packets first; who asks again gets the error again.
      if filled == 0 { throw error }
    }
    return UnsafeBufferPointer(rebasing: batch[..<filled])
  }

  /// Fills the batch from a pcap file, as `nextKept` would, without asking for each packet which file it is of.
  private mutating func fill(_ file: PcapFile, _ filled: inout Int) throws(PortError) {
    let before = count
    defer { filled = count - before }
    do throws(CaptureFault) {
      try file.fill(batch, &count)
    } catch {
      throw fail(error)
    }
  }

  /// The next packet; those before it stay until `release`.
  mutating func nextKept() throws(PortError) -> CapturedPacket? {
    if case .failed(let error) = source { throw error }
    let packet: RawPacket?
    do throws(CaptureFault) {
      switch source {
      case .pcap(let file): packet = try file.next()
      case .pcapng(let file): packet = try file.next()
      case .libpcap(let file): packet = try file.next().map { made.keep($0) }
      case .ended, .failed: return nil
      }
    } catch {
      throw fail(error)
    }
    guard let packet else {
      source = .ended
      return nil
    }
    count &+= 1
    return deliver(packet)
  }

  private mutating func fail(_ fault: CaptureFault) -> PortError {
    let error = PortError.malformedCapture(path: path, packet: count, reason: fault.reason)
    source = .failed(error)
    return error
  }

  /// Lets go of the memory of all packets so far.
  mutating func release() {
    file.release()
    made.release()
  }

  private mutating func deliver(_ packet: RawPacket) -> CapturedPacket {
    var captured = CapturedPacket(
      number: count, timestamp: packet.timestamp, bytes: packet.bytes,
      wireLength: packet.wireLength, linkType: packet.linkType, interface: packet.interface)
    // Most are.
    if packet.linkType == 1 { return captured }
    switch LinkHeader(linkType: packet.linkType, packet: packet.bytes) {
    case .ethernet: break
    case .unsupported: captured.link = .unsupportedLinkType
    case .replaceable(let length, let etherType, let source):
      let payload = UnsafeRawBufferPointer(rebasing: packet.bytes[length...])
      captured.bytes = made.frame(payload, etherType: etherType, source: source)
      captured.wireLength = max(packet.wireLength - length + 14, captured.bytes.count)
      captured.link = .synthesized
    case .cutShort(let needed):
      // Two MAC addresses and nothing else: a frame that ends within its header, as the packet did.
      captured.bytes = UnsafeRawBufferPointer(
        rebasing: made.frame(UnsafeRawBufferPointer(start: nil, count: 0), etherType: 0)[..<12])
      captured.wireLength = max(packet.wireLength - needed + 14, 12)
      captured.link = .synthesized
    }
    return captured
  }
}
