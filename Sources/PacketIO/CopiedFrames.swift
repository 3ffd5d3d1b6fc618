/// Memory for frames that do not stay where they were read, until `release`.
struct CopiedFrames: ~Copyable {
  /// A batch of ordinary frames takes one or two.
  private static let chunkSize = 256 << 10

  private var chunk = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var used = 0
  private var full: [UnsafeMutableRawBufferPointer] = []

  deinit {
    for chunk in full { chunk.deallocate() }
    chunk.deallocate()
  }

  /// The last chunk is used again.
  mutating func release() {
    used = 0
    guard !full.isEmpty else { return }
    for chunk in full { chunk.deallocate() }
    full.removeAll(keepingCapacity: true)
  }

  /// The packet with bytes of ours.
  mutating func keep(_ packet: RawPacket) -> RawPacket {
    var packet = packet
    let copy = allocate(packet.bytes.count)
    copy.copyMemory(from: packet.bytes)
    packet.bytes = UnsafeRawBufferPointer(copy)
    return packet
  }

  /// A frame with an Ethernet header before this payload.
  /// - Parameter source: the MAC address; zero where it is shorter.
  mutating func frame(
    _ payload: UnsafeRawBufferPointer, etherType: UInt16, source: [UInt8] = []
  ) -> UnsafeRawBufferPointer {
    let frame = allocate(14 + payload.count)
    frame.baseAddress!.initializeMemory(as: UInt8.self, repeating: 0, count: 14)
    for (index, byte) in source.prefix(6).enumerated() { frame[6 + index] = byte }
    frame.storeBytes(of: etherType.bigEndian, toByteOffset: 12, as: UInt16.self)
    UnsafeMutableRawBufferPointer(rebasing: frame[14...]).copyMemory(from: payload)
    return UnsafeRawBufferPointer(frame)
  }

  private mutating func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
    // Also no bytes stand somewhere.
    if chunk.count - used < max(count, 1) {
      if chunk.count > 0 { full.append(chunk) }
      chunk = .allocate(byteCount: max(count, Self.chunkSize), alignment: 64)
      used = 0
    }
    defer { used += (count + 7) & ~7 }
    return UnsafeMutableRawBufferPointer(rebasing: chunk[used..<used + count])
  }
}
