/// Bytes of a pcapng block in its section's byte order; every access is checked.
struct PcapngBody {
  let bytes: UnsafeRawBufferPointer
  let isBigEndian: Bool

  init(_ bytes: UnsafeRawBufferPointer, isBigEndian: Bool) {
    self.bytes = bytes
    self.isBigEndian = isBigEndian
  }

  func load16(_ offset: Int) throws(CaptureFault) -> UInt16 { try load(offset) }
  func load32(_ offset: Int) throws(CaptureFault) -> UInt32 { try load(offset) }
  func load64(_ offset: Int) throws(CaptureFault) -> UInt64 { try load(offset) }

  func bytes(_ offset: Int, count: Int) throws(CaptureFault) -> UnsafeRawBufferPointer {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw CaptureFault(reason: "a block that says it holds more than it does")
    }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  func slice(_ offset: Int, count: Int) throws(CaptureFault) -> PcapngBody {
    PcapngBody(try bytes(offset, count: count), isBigEndian: isBigEndian)
  }

  private func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int
  ) throws(CaptureFault) -> Value {
    guard offset >= 0, offset <= bytes.count &- MemoryLayout<Value>.size else {
      throw CaptureFault(reason: "a block that says it holds more than it does")
    }
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    return isBigEndian ? value.bigEndian : value.littleEndian
  }
}

/// What an interface description block says that matters for its packets.
struct PcapngInterface {
  var linkType: Int32
  /// Bytes; 0 is no limit.
  var snapLength: UInt32
  /// if_tsresol: the exponent, of two where the top bit is set, else of ten, of the fraction of a second
  /// that a tick is.
  private var resolution: UInt8 = 6
  /// if_tsoffset: seconds to add.
  private var offset: Int64 = 0

  init(linkType: Int32, snapLength: UInt32, resolution: UInt8 = 6, offset: Int64 = 0) {
    self.linkType = linkType
    self.snapLength = snapLength
    self.resolution = resolution
    self.offset = offset
  }

  /// ```
  ///  0           2          4              8
  /// | link type | reserved | snap length  | options: code (2), length (2), value padded to 4...
  /// ```
  init(_ body: PcapngBody) throws(CaptureFault) {
    linkType = Int32(try body.load16(0))
    snapLength = try body.load32(4)
    var position = 8
    while position < body.bytes.count {
      let code = try body.load16(position)
      let length = Int(try body.load16(position + 2))
      let value = try body.slice(position + 4, count: length)
      switch code {
      case 0: return
      case 9:
        guard let byte = value.bytes.first else {
          throw CaptureFault(reason: "an interface whose if_tsresol is empty")
        }
        resolution = byte
      case 14: offset = Int64(bitPattern: try value.load64(0))
      default: break
      }
      position += 4 + (length + 3) & ~3
    }
  }

  /// Nanoseconds since 1970; a time before that is 0, one after 2554 the last that fits.
  func nanoseconds(_ ticks: UInt64) -> UInt64 {
    // Those that people have: without an offset, in nanoseconds or microseconds.
    if offset == 0, resolution == 9 { return ticks }
    if offset == 0, resolution == 6, ticks < 1 << 54 { return ticks &* 1_000 }
    let exponent = Int(resolution & 0x7f)
    let billion: UInt128 = 1_000_000_000
    var time: UInt128
    if resolution & 0x80 != 0 {
      time = (UInt128(ticks) * billion) >> UInt128(exponent)
    } else {
      time = UInt128(ticks)
      for _ in 0..<max(9 - exponent, 0) { time *= 10 }
      for _ in 0..<max(exponent - 9, 0) { time /= 10 }
    }
    return UInt64(clamping: Int128(time) + Int128(offset) * Int128(billion))
  }
}
