import Testing
import Wire

@Suite("Frames that others captured", .enabled(if: SharedData.isExpected)) struct CaptureTests {
  @Test("None is read or written beyond its end") func bounds() throws {
    var exercise = Exercise()
    var frames = 0
    for file in try SharedData.files("pcap") {
      for frame in try capturedFrames(file) where frame.bytes.count <= 1 << 17 {
        exercise.run(frame.bytes, wireLength: frame.wireLength)
        frames += 1
      }
    }
    #expect(frames > 10_000 && exercise.parsed > frames / 2, "\(exercise.parsed) of \(frames)")
  }

  @Test("F2: what was right stays right under new addresses, and computing it changes nothing")
  func checksums() throws {
    var right = 0
    for file in try SharedData.files("pcap") {
      for frame in try capturedFrames(file) {
        guard let headers = try? parse(frame.bytes, wireLength: frame.wireLength),
          headers.end <= frame.bytes.count, !headers.isFragment, !headers.ipv4ChecksumMissing,
          headers.transport == 6 || headers.transport == 17, holds(frame.bytes, headers),
          frame.wireLength == frame.bytes.count
        else { continue }
        right += 1
        // All ones and all zeros are the same sum; senders of either exist.
        let field = headers.l4Offset + (headers.transport == 6 ? 16 : 6)
        if frame.bytes[field..<field + 2] != [0xff, 0xff] {
          expectSame(try completed(frame.bytes).bytes, frame.bytes, from: frame.bytes)
        }
        let changed = try rewritten(frame.bytes, source: ~headers.source, destination: 0x0a00_0104)
        #expect(
          holds(changed, try parse(changed)), "\(file.lastPathComponent) \(pasteable(changed))")
      }
    }
    #expect(right > 5_000, "\(right)")
  }

  /// By the slow, obvious way. UDP without a checksum, and packets on a source route, are left out.
  private func holds(_ frame: [UInt8], _ headers: Headers) -> Bool {
    let isIPv6 = headers.network == .ipv6
    if !isIPv6, headers.l4Offset - headers.l3Offset > 20 { return false }
    if isIPv6, headers.l4Offset - headers.l3Offset > 40 { return false }
    var end = headers.end
    if headers.transport == 17 {
      guard frame[headers.l4Offset + 6] != 0 || frame[headers.l4Offset + 7] != 0 else {
        return false
      }
      end = headers.l4Offset + Int(number(frame[headers.l4Offset + 4..<headers.l4Offset + 6]))
    }
    let addresses = headers.l3Offset + (isIPv6 ? 8 : 12)
    let bytes =
      frame[addresses..<addresses + (isIPv6 ? 32 : 8)] + [0, headers.transport]
      + big32(UInt32(end - headers.l4Offset)) + frame[headers.l4Offset..<end]
    return slowChecksum(Array(bytes)) == 0
  }
}
