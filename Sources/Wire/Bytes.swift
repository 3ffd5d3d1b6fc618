/// Multi-byte fields in network order at any offset; the caller has checked the length.
extension UnsafeRawPointer {
  @inlinable func load16(_ offset: Int) -> UInt16 {
    loadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian
  }

  @inlinable func load32(_ offset: Int) -> UInt32 {
    loadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
  }

  @inlinable func load64(_ offset: Int) -> UInt64 {
    loadUnaligned(fromByteOffset: offset, as: UInt64.self).bigEndian
  }

  @inlinable func load128(_ offset: Int) -> UInt128 {
    UInt128(load64(offset)) << 64 | UInt128(load64(offset + 8))
  }

  @inlinable func load8(_ offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }
}

extension UnsafeMutableRawPointer {
  @inlinable func load16(_ offset: Int) -> UInt16 { UnsafeRawPointer(self).load16(offset) }
  @inlinable func load32(_ offset: Int) -> UInt32 { UnsafeRawPointer(self).load32(offset) }
  @inlinable func load8(_ offset: Int) -> UInt8 { UnsafeRawPointer(self).load8(offset) }

  @inlinable func store8(_ value: UInt8, _ offset: Int) {
    storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  @inlinable func store16(_ value: UInt16, _ offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  @inlinable func store32(_ value: UInt32, _ offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
  }

  @inlinable func store128(_ value: UInt128, _ offset: Int) {
    storeBytes(
      of: UInt64(truncatingIfNeeded: value >> 64).bigEndian, toByteOffset: offset,
      as: UInt64.self)
    storeBytes(
      of: UInt64(truncatingIfNeeded: value).bigEndian, toByteOffset: offset + 8, as: UInt64.self)
  }

  /// An address of a header: 32 or 128 bits.
  @inlinable func storeAddress(_ bits: UInt128, _ offset: Int, isIPv6: Bool) {
    if isIPv6 {
      store128(bits, offset)
    } else {
      store32(UInt32(truncatingIfNeeded: bits), offset)
    }
  }

  @inlinable func storeMAC(_ address: MACAddress, _ offset: Int) {
    store16(UInt16(truncatingIfNeeded: address.bits >> 32), offset)
    store32(UInt32(truncatingIfNeeded: address.bits), offset + 2)
  }
}
