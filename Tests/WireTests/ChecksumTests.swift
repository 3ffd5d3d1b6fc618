import TestSupport
import Testing
import Wire

@Suite("F2: the Internet checksum") struct ChecksumTests {
  private func sum(_ bytes: [UInt8]) -> UInt16 { bytes.withUnsafeBytes { checksum($0) } }

  @Test(
    "F2: RFC 1071 section 3, and short ends",
    arguments: [
      ([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0x220d),
      ([], 0xffff), ([0x01], 0xfeff), ([0x01, 0x02], 0xfefd), ([0x01, 0x02, 0x03], 0xfbfd),
      ([0xff, 0xff], 0), ([0, 0], 0xffff),
    ] as [([UInt8], UInt16)])
  func rfc1071(bytes: [UInt8], expected: UInt16) {
    #expect(sum(bytes) == expected)
    #expect(slowChecksum(bytes) == Int(expected))
  }

  @Test("F2: RFC 1624 section 4: equation 3 gives 0x0000, where RFC 1141 gave 0xffff")
  func rfc1624() {
    var delta = ChecksumDelta()
    delta.replace(UInt16(0x5555), with: 0x3285)
    #expect(delta.applied(to: 0xdd2f) == 0x0000)
  }

  @Test("F2: eight bytes at a time come to the same as two, of any length, at any address")
  func sums() {
    var generator = SeededGenerator(seed: 1071)
    for length in 0..<300 {
      let bytes = generator.payload().prefix(3) + generator.bytes(length)
      for start in 0..<min(4, bytes.count) {
        let fast = bytes.withUnsafeBytes {
          checksum(UnsafeRawBufferPointer(rebasing: $0[start...]))
        }
        #expect(Int(fast) == slowChecksum(Array(bytes[start...])), "\(pasteable(Array(bytes)))")
      }
    }
    // Every carry that there can be.
    let ones = [UInt8](repeating: 0xff, count: 65_535)
    #expect(Int(sum(ones)) == slowChecksum(ones))
  }

  @Test("F2: a sum of pieces is the sum of the whole")
  func pieces() {
    var generator = SeededGenerator(seed: 1624)
    for _ in 0..<1_000 {
      let wide = UInt128.random(in: 0 ... .max, using: &generator)
      let double = UInt32.random(in: 0 ... .max, using: &generator)
      let single = UInt16.random(in: 0 ... .max, using: &generator)
      let rest = generator.bytes(.random(in: 0...40, using: &generator))
      var sum = ChecksumSum()
      sum.add(wide)
      sum.add(double)
      sum.add(single)
      rest.withUnsafeBytes { sum.add($0) }
      let whole =
        (0..<4).flatMap { big32(UInt32(truncatingIfNeeded: wide >> UInt128(96 - 32 * $0))) }
        + big32(double) + big16(Int(single)) + rest
      #expect(Int(sum.checksum) == slowChecksum(whole))
      #expect(sum.folded == ~sum.checksum)
    }
  }

  @Test("F2: the difference of 16, 32 and 128 bits is the checksum anew")
  func deltas() {
    var generator = SeededGenerator(seed: 1141)
    for _ in 0..<5_000 {
      // A header that is not all zeros, as none is; the fields that change often become zeros or ones.
      var bytes: [UInt8] = [0x45] + generator.bytes(39)
      let old = slowChecksum(bytes)
      var delta = ChecksumDelta()
      func change(_ range: Range<Int>) -> (UInt128, UInt128) {
        let before = number(bytes[range])
        let fill: [UInt8]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: fill = Array(repeating: 0, count: range.count)
        case 1: fill = Array(repeating: 0xff, count: range.count)
        default: fill = generator.bytes(range.count)
        }
        bytes.replaceSubrange(range, with: fill)
        return (before, number(fill))
      }
      let word = change(2..<4)
      delta.replace(UInt16(word.0), with: UInt16(word.1))
      let double = change(4..<8)
      delta.replace(UInt32(double.0), with: UInt32(double.1))
      let wide = change(8..<24)
      delta.replace(wide.0, with: wide.1)
      // An IPv4 address comes in the low bits of a wide number.
      let narrow = change(24..<28)
      delta.replace(narrow.0, with: narrow.1)
      #expect(Int(delta.applied(to: UInt16(old))) == slowChecksum(bytes), "\(pasteable(bytes))")
    }
  }
}
