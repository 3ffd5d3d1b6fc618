import Testing
import Wire

@Suite("F1, F2: golden frames before and after") struct GoldenTranslationTests {
  private let publicAddress: UInt128 = 0xcb00_7104
  private let privateAddress: UInt128 = 0x0a00_0104

  @Test("F1: a public source changes addresses and checksums, and nothing else")
  func source() throws {
    for (before, after) in [
      (Golden.plain, Golden.plainTranslated), (Golden.options, Golden.optionsTranslated),
      (Golden.firstFragment, Golden.firstFragmentTranslated),
      (Golden.laterFragment, Golden.laterFragmentTranslated),
    ] {
      #expect(try rewritten(before, source: publicAddress) == after)
      #expect(try rewritten(after, source: privateAddress) == before, "and back")
    }
    let other: UInt128 = 0x2001_0db8_ffff_0000_0000_0000_0000_0004
    #expect(
      try rewritten(Golden.extensionHeaders, source: other) == Golden.extensionHeadersTranslated)
  }

  @Test("F6: one hop less, and the header checksum with it")
  func hop() throws {
    var frame = Golden.plain
    let headers = try parse(frame)
    frame.withUnsafeMutableBytes { decrementHopLimit($0.baseAddress!, headers) }
    #expect(frame == Golden.plainForwarded)
  }

  @Test("F2: the packet inside an ICMP error is translated with it")
  func errors() throws {
    for (before, after) in [
      (Golden.error, Golden.errorTranslated), (Golden.shortError, Golden.shortErrorTranslated),
      (Golden.errorIPv6, Golden.errorIPv6Translated),
    ] {
      let address = try parse(after).destination
      #expect(try translated(before, to: address) == after)
      #expect(try translated(after, to: parse(before).destination) == before, "and back")
    }
  }

  /// A reply to a translated packet, on its way to who sent it.
  private func translated(_ frame: [UInt8], to address: UInt128) throws -> [UInt8] {
    let headers = try parse(frame)
    var copy = frame
    try copy.withUnsafeMutableBytes {
      let quoted = try #require(Headers.parseQuoted(UnsafeRawBufferPointer($0), headers))
      rewriteQuoted($0.baseAddress!, headers, quoted, source: address, destination: nil)
      AddressRewrite(destination: address).apply($0.baseAddress!, headers)
    }
    return copy
  }
}
