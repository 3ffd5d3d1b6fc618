/// A reader of pcap files (draft-ietf-opsawg-pcap) as nearly all are: version 2.4, of either byte order, in micro-
/// or nanoseconds, with a link type whose packets libpcap leaves alone. libpcap reads all others.
///
/// It does as libpcap does, also with lengths that cannot be; the tests hold the two against each other.
final class PcapFile {
  /// The most that libpcap takes for one packet.
  private static let largestPacket: UInt32 = 262_144
  private static let recordSize = 16
  private static let headerSize = 24

  private let file: CaptureFile
  private let isSwapped: Bool
  /// Of the fraction of a second.
  private let nanosecondsPerTick: UInt64
  private let snapshotLength: UInt32
  private let linkType: Int32

  /// Nil, and nothing read, where the file is another one.
  ///
  /// ```
  ///  0       4       6       8           16         20          24
  /// | magic | 2     | 4     | (unused)  | snapshot | link type |
  /// ```
  init?(_ file: CaptureFile) throws(CaptureFault) {
    guard try file.need(Self.headerSize) else { return nil }
    let magic = file.head.loadUnaligned(as: UInt32.self).littleEndian
    switch magic {
    case 0xa1b2_c3d4, 0xa1b2_3c4d: isSwapped = false
    case 0xd4c3_b2a1, 0x4d3c_b2a1: isSwapped = true
    default: return nil
    }
    nanosecondsPerTick = magic == 0xa1b2_c3d4 || magic == 0xd4c3_b2a1 ? 1_000 : 1
    let header = PcapngBody(
      UnsafeRawBufferPointer(start: file.head, count: Self.headerSize), isBigEndian: isSwapped)
    let snapshot = try header.load32(16)
    // As libpcap understands it.
    snapshotLength = snapshot == 0 || snapshot > UInt32(Int32.max) ? Self.largestPacket : snapshot
    switch try header.load32(20) {
    case 101: linkType = 12
    case let type where [1, 113, 228, 229, 276].contains(type): linkType = Int32(type)
    default: return nil
    }
    guard try header.load16(4) == 2, try header.load16(6) == 4 else { return nil }
    self.file = file
    file.skip(Self.headerSize)
  }

  /// ```
  ///  0         4          8          12         16
  /// | seconds | fraction | captured | original | bytes...
  /// ```
  /// - Returns: nil at the end of the file.
  /// - Throws: `CaptureFault`; after it the file cannot be read on.
  @inline(__always)
  func next() throws(CaptureFault) -> RawPacket? {
    guard try file.need(Self.recordSize) else {
      guard file.available == 0 else { throw cut() }
      if let reason = file.close() { throw CaptureFault(reason: reason) }
      return nil
    }
    let length = load(8)
    guard length <= Self.largestPacket else {
      throw CaptureFault(
        reason: "a packet of \(length) bytes, which cannot be: the most is \(Self.largestPacket)")
    }
    guard try file.need(Self.recordSize &+ Int(length)) else { throw cut() }
    let packet = RawPacket(
      bytes: UnsafeRawBufferPointer(
        start: file.head + Self.recordSize, count: Int(min(length, snapshotLength))),
      wireLength: Int(load(12)),
      timestamp: UInt64(load(0)) &* 1_000_000_000 &+ UInt64(load(4)) &* nanosecondsPerTick,
      linkType: linkType)
    file.skip(Self.recordSize &+ Int(length))
    return packet
  }

  var isEthernet: Bool { linkType == 1 }

  /// The next packets, of an Ethernet file, as many as fit or are left.
  /// - Parameter count: of the packets so far.
  func fill(
    _ batch: UnsafeMutableBufferPointer<CapturedPacket>, _ count: inout Int
  ) throws(CaptureFault) {
    var filled = 0
    while filled < batch.count, let packet = try next() {
      count &+= 1
      (batch.baseAddress.unsafelyUnwrapped + filled).initialize(
        to: CapturedPacket(
          number: count, timestamp: packet.timestamp, bytes: packet.bytes,
          wireLength: packet.wireLength))
      filled &+= 1
    }
  }

  private func load(_ offset: Int) -> UInt32 {
    let value = file.head.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return isSwapped ? value.bigEndian : value.littleEndian
  }

  private func cut() -> CaptureFault {
    CaptureFault(reason: file.close() ?? "the file ends within a packet")
  }
}
