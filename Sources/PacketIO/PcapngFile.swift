import Glibc

/// A reader of pcapng blocks (draft-ietf-opsawg-pcapng), for the files that libpcap refuses: those whose
/// interfaces differ in link type or snapshot length, and those without an interface.
///
/// libpcap reads everything else, so that ordinary files take the path that other tools have proven. The
/// tests hold this reader against it on every file that both can read.
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
  private var block = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

  init(_ file: CaptureFile) { self.file = file }

  deinit { block.deallocate() }

  /// Whether the file begins as pcapng does. To be asked before the first packet.
  func begins() -> Bool {
    let first = getc(file.stream)
    // One character can always be pushed back; no other capture format begins with a line feed.
    ungetc(first, file.stream)
    return first == 0x0a
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
    let headerSize = fread(block.baseAddress!, 1, 8, file.stream)
    if headerSize == 0, ferror(file.stream) == 0 {
      if let reason = file.close() { throw CaptureFault(reason: reason) }
      return nil
    }
    guard headerSize == 8 else { throw cut() }
    // Reads the same in both byte orders.
    let isSection = block.load(as: UInt32.self) == BlockType.sectionHeader
    guard isSection || isStarted else {
      throw CaptureFault(reason: "it does not begin as pcapng does")
    }
    isStarted = true
    var filled = 8
    if isSection {
      // The byte order comes after the length that is written in it.
      filled += fread(block.baseAddress! + 8, 1, 4, file.stream)
      guard filled == 12 else { throw cut() }
      switch block.load(fromByteOffset: 8, as: UInt32.self).littleEndian {
      case 0x1a2b_3c4d: isBigEndian = false
      case 0x4d3c_2b1a: isBigEndian = true
      default: throw CaptureFault(reason: "a section header whose byte-order mark is wrong")
      }
    }
    let header = PcapngBody(
      UnsafeRawBufferPointer(rebasing: block[..<8]), isBigEndian: isBigEndian)
    let type = try header.load32(0)
    let total = try header.load32(4)
    guard total >= (isSection ? 28 : 12), total.isMultiple(of: 4), total <= Self.largestBlock else {
      throw CaptureFault(reason: "a block of \(total) bytes, which cannot be")
    }
    reserve(Int(total), keeping: filled)
    filled += fread(block.baseAddress! + filled, 1, Int(total) - filled, file.stream)
    guard filled == Int(total) else { throw cut() }
    let whole = PcapngBody(
      UnsafeRawBufferPointer(rebasing: block[..<Int(total)]), isBigEndian: isBigEndian)
    guard try whole.load32(Int(total) - 4) == total else {
      throw CaptureFault(reason: "a block whose two lengths differ")
    }
    return (type, try whole.slice(8, count: Int(total) - 12))
  }

  private func cut() -> CaptureFault {
    if ferror(file.stream) != 0 { return CaptureFault(reason: systemMessage(errno)) }
    return CaptureFault(reason: file.close() ?? "the file ends within a block")
  }

  private func reserve(_ count: Int, keeping filled: Int) {
    guard count > block.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count, block.count * 2), alignment: 8)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<filled]))
    block.deallocate()
    block = larger
  }
}
