/// The remainders of all bytes for CRC-32C, bits reversed (RFC 9260 appendix A).
private let remainders: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { value, _ in
    value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1
  }
}

/// CRC-32C (Castagnoli), as SCTP, iSCSI and ext4 have it.
func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  remainders.withUnsafeBufferPointer { table in
    ~bytes.reduce(UInt32.max) { value, byte in
      value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }
  }
}

/// Computes an SCTP packet's checksum, which covers no addresses: its bytes stand in the order of a little-endian
/// number (RFC 9260 section 6.8).
/// - Precondition: `packet` has the 12 bytes of the common header at least.
func completeSCTPChecksum(_ packet: UnsafeMutableRawBufferPointer) {
  packet.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
  packet.storeBytes(
    of: crc32c(UnsafeRawBufferPointer(packet)).littleEndian, toByteOffset: 8, as: UInt32.self)
}
