/// A segment that a box on the way sends in the name of one side: a reset, or an answer.
public struct TCPSegment: Sendable {
  /// Else IPv4.
  public var isIPv6: Bool
  /// In host order, IPv4 in the low 32 bits: the side in whose name it is sent.
  public var source: UInt128
  /// Like `source`: the side that it is sent to.
  public var destination: UInt128
  /// In host order.
  public var sourcePort: UInt16
  /// In host order.
  public var destinationPort: UInt16
  /// What the receiver expects next: of a reset it accepts no other (RFC 5961 section 3).
  public var sequence: UInt32
  /// What the other side has sent so far, by its last number.
  public var acknowledgment: UInt32
  /// Of the link that it is sent on.
  public var sourceMAC: MACAddress
  /// Of the link that it is sent on.
  public var destinationMAC: MACAddress
  /// 802.1Q tags, each type and value in network order as they stand in a frame.
  public var vlanTags: [UInt32]
  public var flags: TCPFlags
  public var payload: [UInt8]

  /// All of its fields.
  public init(
    isIPv6: Bool, source: UInt128, destination: UInt128, sourcePort: UInt16,
    destinationPort: UInt16, sequence: UInt32, acknowledgment: UInt32, sourceMAC: MACAddress,
    destinationMAC: MACAddress, vlanTags: [UInt32] = [], flags: TCPFlags = [.rst, .ack],
    payload: [UInt8] = []
  ) {
    self.isIPv6 = isIPv6
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.sourceMAC = sourceMAC
    self.destinationMAC = destinationMAC
    self.vlanTags = vlanTags
    self.flags = flags
    self.payload = payload
  }

  /// Bytes of the frame.
  public var length: Int {
    14 + vlanTags.count * 4 + (isIPv6 ? 40 : 20) + 20 + payload.count
  }

  /// - Precondition: `memory` has room for `length` bytes.
  public func write(into memory: UnsafeMutableRawBufferPointer) {
    let start = memory.baseAddress!
    setMACs(start, destination: destinationMAC, source: sourceMAC)
    var offset = 12
    for tag in vlanTags {
      start.storeBytes(of: tag, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
    start.store16(isIPv6 ? 0x86dd : 0x0800, offset)
    let header = start + offset + 2
    writeIPHeader(
      header, isIPv6: isIPv6, payload: 20 + payload.count, transport: 6, source: source,
      destination: destination)
    let segment = header + (isIPv6 ? 40 : 20)
    segment.store16(sourcePort, 0)
    segment.store16(destinationPort, 2)
    segment.store32(sequence, 4)
    segment.store32(acknowledgment, 8)
    segment.store16(0x5000 | UInt16(flags.rawValue), 12)
    // A reset has no window; any other takes what is left to say.
    segment.store16(flags.contains(.rst) ? 0 : 0xffff, 14)
    segment.store32(0, 16)
    payload.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: segment + 20, count: $0.count).copyMemory(from: $0)
    }
    var sum = ChecksumSum()
    sum.add(source)
    sum.add(destination)
    sum.add(UInt16(6))
    sum.add(UInt16(truncatingIfNeeded: 20 + payload.count))
    sum.add(UnsafeRawBufferPointer(start: segment, count: 20 + payload.count))
    segment.store16(sum.checksum, 16)
  }
}
