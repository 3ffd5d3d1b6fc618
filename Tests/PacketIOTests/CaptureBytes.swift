/// Captures written field by field, in either byte order, to hold the readers against.
struct CaptureBytes {
  var bytes: [UInt8] = []
  var isBigEndian: Bool

  init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  mutating func put<Value: FixedWidthInteger>(_ value: Value) {
    let ordered = isBigEndian ? value.bigEndian : value.littleEndian
    withUnsafeBytes(of: ordered) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ more: [UInt8]) { bytes += more }

  // MARK: pcap

  mutating func pcapHeader(nanoseconds: Bool, linkType: UInt32 = 1) {
    put(nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4 as UInt32)
    put(2 as UInt16)
    put(4 as UInt16)
    put(0 as UInt64)
    put(262_144 as UInt32)
    put(linkType)
  }

  mutating func pcapPacket(
    _ packet: [UInt8], seconds: UInt32 = 0, fraction: UInt32 = 0, wireLength: Int? = nil
  ) {
    put(seconds)
    put(fraction)
    put(UInt32(packet.count))
    put(UInt32(wireLength ?? packet.count))
    put(packet)
  }

  // MARK: pcapng

  mutating func block(_ type: UInt32, _ body: (inout CaptureBytes) -> Void) {
    var inner = CaptureBytes(isBigEndian: isBigEndian)
    body(&inner)
    inner.bytes += Array(repeating: 0, count: (4 - inner.bytes.count % 4) % 4)
    put(type)
    put(UInt32(inner.bytes.count + 12))
    put(inner.bytes)
    put(UInt32(inner.bytes.count + 12))
  }

  mutating func section() {
    block(0x0a0d_0d0a) {
      $0.put(0x1a2b_3c4d as UInt32)
      $0.put(1 as UInt16)
      $0.put(0 as UInt16)
      $0.put(UInt64.max)
    }
  }

  mutating func interface(
    linkType: UInt16 = 1, snapLength: UInt32 = 0, resolution: UInt8? = nil, offset: Int64? = nil
  ) {
    block(1) {
      $0.put(linkType)
      $0.put(0 as UInt16)
      $0.put(snapLength)
      if let resolution {
        $0.put(9 as UInt16)
        $0.put(1 as UInt16)
        $0.put([resolution, 0, 0, 0])
      }
      if let offset {
        $0.put(14 as UInt16)
        $0.put(8 as UInt16)
        $0.put(offset)
      }
      if resolution != nil || offset != nil { $0.put(0 as UInt32) }
    }
  }

  mutating func enhancedPacket(
    _ packet: [UInt8], interface: UInt32 = 0, ticks: UInt64 = 0, wireLength: Int? = nil
  ) {
    block(6) {
      $0.put(interface)
      $0.put(UInt32(truncatingIfNeeded: ticks >> 32))
      $0.put(UInt32(truncatingIfNeeded: ticks))
      $0.put(UInt32(packet.count))
      $0.put(UInt32(wireLength ?? packet.count))
      $0.put(packet)
    }
  }

  mutating func obsoletePacket(_ packet: [UInt8], interface: UInt16 = 0, ticks: UInt64 = 0) {
    block(2) {
      $0.put(interface)
      $0.put(7 as UInt16)
      $0.put(UInt32(truncatingIfNeeded: ticks >> 32))
      $0.put(UInt32(truncatingIfNeeded: ticks))
      $0.put(UInt32(packet.count))
      $0.put(UInt32(packet.count))
      $0.put(packet)
    }
  }

  mutating func simplePacket(_ packet: [UInt8], wireLength: Int? = nil) {
    block(3) {
      $0.put(UInt32(wireLength ?? packet.count))
      $0.put(packet)
    }
  }
}

/// A frame of a private Ethernet type, which no kernel answers: 64 bytes, or more.
func sampleFrame(_ number: UInt8, count: Int = 64) -> [UInt8] {
  let header: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, number]
  return header + (0..<count - header.count).map { UInt8(truncatingIfNeeded: $0) }
}
