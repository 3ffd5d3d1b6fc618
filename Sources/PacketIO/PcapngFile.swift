/// A reader of pcapng blocks (draft-ietf-opsawg-pcapng): any number of sections, and interfaces that differ in link
/// type or snapshot length, which libpcap refuses. The tests hold it against libpcap on every file that both can
/// read.
final class PcapngFile {
  /// As in Wireshark and libpcap.
  private static let largestBlock: UInt32 = 16 << 20

  private enum BlockType {
    static let sectionHeader: UInt32 = 0x0a0d_0d0a
    static let interfaceDescription: UInt32 = 1
    static let obsoletePacket: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let enhancedPacket: UInt32 = 6
  }

  private let file: CaptureFile
  private var isBigEndian = false
  private var interfaces: [PcapngInterface] = []
  /// Interfaces of earlier sections.
  private var earlierInterfaces = 0
  private var isStarted = false

  /// Nil, and nothing read, where the file does not begin as pcapng does: no other format begins with a line feed.
  init?(_ file: CaptureFile) throws(CaptureFault) {
    guard try file.need(1), file.head.load(as: UInt8.self) == 0x0a else { return nil }
    self.file = file
  }

  /// - Returns: nil at the end of the file.
  /// - Throws: `CaptureFault`; after it the file cannot be read on.
  func next() throws(CaptureFault) -> RawPacket? {
    while let (type, body) = try nextBlock() {
      switch type {
      case BlockType.sectionHeader:
        earlierInterfaces += interfaces.count
        interfaces = []
      case BlockType.interfaceDescription:
        interfaces.append(try PcapngInterface(body))
      case BlockType.enhancedPacket: return try enhancedPacket(body)
      case BlockType.obsoletePacket: return try obsoletePacket(body)
      case BlockType.simplePacket: return try simplePacket(body)
      default: continue
      }
    }
    return nil
  }

  /// ```
  ///  0            4            8           12          16         20
  /// | interface  | time, high | time, low | captured  | original | bytes...
  /// ```
  private func enhancedPacket(_ body: PcapngBody) throws(CaptureFault) -> RawPacket {
    try packet(body, interface: Int(body.load32(0)))
  }

  /// The same, but with an interface of 16 bits and a count of drops.
  private func obsoletePacket(_ body: PcapngBody) throws(CaptureFault) -> RawPacket {
    try packet(body, interface: Int(body.load16(0)))
  }

  private func packet(_ body: PcapngBody, interface: Int) throws(CaptureFault) -> RawPacket {
    guard interface < interfaces.count else {
      throw CaptureFault(
        reason: "a packet of interface \(interface), but there are only \(interfaces.count)")
    }
    let ticks = UInt64(try body.load32(4)) << 32 | UInt64(try body.load32(8))
    return RawPacket(
      bytes: try body.bytes(20, count: Int(body.load32(12))),
      wireLength: Int(try body.load32(16)), timestamp: interfaces[interface].nanoseconds(ticks),
      linkType: interfaces[interface].linkType, interface: earlierInterfaces + interface)
  }

  /// The original length and the bytes: no time, and always the section's first interface.
  private func simplePacket(_ body: PcapngBody) throws(CaptureFault) -> RawPacket {
    guard let interface = interfaces.first else {
      throw CaptureFault(reason: "a packet, but the section has described no interface")
    }
    let length = Int(try body.load32(0))
    var captured = length
    if interface.snapLength > 0 { captured = min(captured, Int(interface.snapLength)) }
    return RawPacket(
      bytes: try body.bytes(4, count: captured), wireLength: length, timestamp: 0,
      linkType: interface.linkType, interface: earlierInterfaces)
  }

  /// ```
  ///  0      4              8       total - 4
  /// | type | total length | body  | total length |
  /// ```
  private func nextBlock() throws(CaptureFault) -> (type: UInt32, body: PcapngBody)? {
    guard try file.need(8) else {
      guard file.available == 0 else { throw cut() }
      if let reason = file.close() { throw CaptureFault(reason: reason) }
      return nil
    }
    // Reads the same in both byte orders.
    let isSection = file.head.loadUnaligned(as: UInt32.self) == BlockType.sectionHeader
    guard isSection || isStarted else {
      throw CaptureFault(reason: "it does not begin as pcapng does")
    }
    isStarted = true
    if isSection {
      // The byte order comes after the length that is written in it.
      guard try file.need(12) else { throw cut() }
      switch file.head.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian {
      case 0x1a2b_3c4d: isBigEndian = false
      case 0x4d3c_2b1a: isBigEndian = true
      default: throw CaptureFault(reason: "a section header whose byte-order mark is wrong")
      }
    }
    let header = body(8)
    let type = try header.load32(0)
    let total = try header.load32(4)
    guard total >= (isSection ? 28 : 12), total.isMultiple(of: 4), total <= Self.largestBlock else {
      throw CaptureFault(reason: "a block of \(total) bytes, which cannot be")
    }
    guard try file.need(Int(total)) else { throw cut() }
    let whole = body(Int(total))
    guard try whole.load32(Int(total) - 4) == total else {
      throw CaptureFault(reason: "a block whose two lengths differ")
    }
    file.skip(Int(total))
    return (type, try whole.slice(8, count: Int(total) - 12))
  }

  /// The next bytes. Precondition: they are there.
  private func body(_ count: Int) -> PcapngBody {
    PcapngBody(
      UnsafeRawBufferPointer(start: file.head, count: count), isBigEndian: isBigEndian)
  }

  private func cut() -> CaptureFault {
    CaptureFault(reason: file.close() ?? "the file ends within a block")
  }
}
