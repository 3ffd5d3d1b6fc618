/// RFC 1071 as it is told: one word after the other, the carry added at once.
func slowChecksum(_ bytes: [UInt8]) -> Int {
  var sum = 0
  for index in stride(from: 0, to: bytes.count, by: 2) {
    sum += Int(bytes[index]) * 256 + (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
    if sum > 0xffff { sum -= 0xffff }
  }
  return 0xffff - sum
}

/// CRC-32C as a division of polynomials, one bit after the other (RFC 9260 appendix A).
func slowCRC32C(_ bytes: [UInt8]) -> UInt32 {
  var remainder = UInt32.max
  for byte in bytes {
    for bit in 0..<8 {
      let isSet = (remainder ^ UInt32(byte >> UInt8(bit))) & 1 == 1
      remainder >>= 1
      if isSet { remainder ^= 0x82f6_3b78 }
    }
  }
  return ~remainder
}

func big16(_ value: Int) -> [UInt8] {
  [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
}

func big32(_ value: UInt32) -> [UInt8] {
  big16(Int(value >> 16)) + big16(Int(value & 0xffff))
}

/// The number that these bytes are, first byte highest.
func number(_ bytes: some Sequence<UInt8>) -> UInt128 {
  bytes.reduce(0) { $0 << 8 | UInt128($1) }
}
