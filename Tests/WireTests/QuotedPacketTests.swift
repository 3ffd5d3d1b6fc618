import TestSupport
import Testing
import Wire

@Suite("F2: the packet inside an ICMP error") struct QuotedPacketTests {
  /// An error about `inner`, of which it quotes `count` bytes.
  private func error(
    about inner: TestFrame, quoting count: Int, destination: [UInt8]
  ) -> TestFrame {
    let packet = Array(inner.bytes()[inner.l3Offset..<inner.end].prefix(count))
    var frame = TestFrame(
      source: inner.isIPv6 ? inner.destination : [198, 51, 100, 1], destination: destination,
      segment: .icmp(isIPv6: inner.isIPv6, type: inner.isIPv6 ? 3 : 11, packet))
    frame.tags = inner.tags
    return frame
  }

  @Test("F2: translated, it is the error that a router would write about the packet as it was sent")
  func rewriting() throws {
    var generator = SeededGenerator(seed: 4443)
    var translated = 0
    for _ in 0..<4_000 {
      var inner = TestFrame.random(&generator)
      // A source route changes what the checksum inside covers; no NAT can know its history.
      inner.finalDestination = nil
      if inner.options.first == 137 { inner.options = [] }
      inner.extensions.removeAll { $0.number == 43 }
      let header = inner.l4Offset - inner.l3Offset
      var count = min(inner.end - inner.l3Offset, header + .random(in: 0...60, using: &generator))
      // Half a checksum cannot be changed: see below.
      if inner.segment.number == 6, count == header + 17 { count -= 1 }
      var before = error(about: inner, quoting: count, destination: inner.source)
      // What is quoted as it was sent, and so is where it came to.
      var sent = inner
      let change = Int.random(in: 1...3, using: &generator)
      if change & 1 != 0 { sent.source = generator.bytes(inner.source.count) }
      if change & 2 != 0 { sent.destination = generator.bytes(inner.source.count) }
      // As far as the checksum of an error's own source goes, only the quoted packet changes here.
      before.source = generator.bytes(inner.source.count)
      var after = error(about: sent, quoting: count, destination: before.destination)
      after.source = before.source

      var bytes = before.bytes()
      let headers = try parse(bytes)
      let quoted = bytes.withUnsafeBytes { Headers.parseQuoted($0, headers) }
      let isLater = (inner.fragment?.lowerBound ?? 0) > 0
      guard let quoted else {
        let hasNoFlow = isLater || count < header + 8
        #expect(hasNoFlow, "\(pasteable(bytes))")
        continue
      }
      #expect(!isLater)
      #expect(
        quoted.l4Offset - quoted.l3Offset == header && quoted.transport == inner.segment.number)
      #expect(quoted.end == before.end)
      #expect(quoted.source == number(inner.source))
      #expect(quoted.destination == number(inner.destination))
      bytes.withUnsafeMutableBytes {
        rewriteQuoted(
          $0.baseAddress!, headers, quoted, source: change & 1 != 0 ? number(sent.source) : nil,
          destination: change & 2 != 0 ? number(sent.destination) : nil)
      }
      expectSame(bytes, after.bytes(), from: before.bytes())
      translated += 1
    }
    #expect(translated > 2_000)
  }

  @Test(
    "F2: half a checksum, at the end of a quotation, stays; the error's own is right all the same")
  func halfChecksum() throws {
    let inner = TestFrame(
      source: [203, 0, 113, 4], destination: [20, 60, 0, 4], segment: .tcp(sequence: 77))
    let before = error(about: inner, quoting: 20 + 17, destination: inner.source)
    var bytes = before.bytes()
    let headers = try parse(bytes)
    let quoted = try #require(bytes.withUnsafeBytes { Headers.parseQuoted($0, headers) })
    bytes.withUnsafeMutableBytes {
      rewriteQuoted($0.baseAddress!, headers, quoted, source: 0x0a00_0104, destination: nil)
    }
    #expect(bytes.last == before.bytes().last)
    #expect(slowChecksum(Array(bytes[headers.l4Offset...])) == 0)
  }

  @Test("F2: an echo inside is known by its identifier; another ICMP error inside names no flow")
  func echoInside() throws {
    for isIPv6 in [false, true] {
      let width = isIPv6 ? 16 : 4
      var inner = TestFrame(
        source: [UInt8](repeating: 10, count: width),
        destination: [UInt8](repeating: 20, count: width), segment: .echo(isIPv6: isIPv6, [1, 2]))
      let about = error(about: inner, quoting: 100, destination: inner.source).bytes()
      let headers = try parse(about)
      let quoted = try #require(about.withUnsafeBytes { Headers.parseQuoted($0, headers) })
      #expect(quoted.sourcePort == 7 && quoted.destinationPort == 7)
      inner.segment = .icmp(isIPv6: isIPv6, type: 3)
      let nested = error(about: inner, quoting: 100, destination: inner.source).bytes()
      let nestedHeaders = try parse(nested)
      #expect(nested.withUnsafeBytes { Headers.parseQuoted($0, nestedHeaders) } == nil)
    }
  }

  @Test("F2: no quotation is read out of what is no ICMP error")
  func noError() throws {
    for frame in [Golden.plain, Golden.echoRequest, Golden.solicitation, Golden.laterFragment] {
      let headers = try parse(frame)
      #expect(frame.withUnsafeBytes { Headers.parseQuoted($0, headers) } == nil)
    }
  }

  @Test(
    "F6: the path MTU that an error tells of, with a floor below which nobody is believed",
    arguments: [
      (false, UInt8(3), UInt8(4), UInt32(1_400), 1_400), (false, 3, 4, 68, 552),
      (false, 3, 4, 0, nil),
      (false, 3, 3, 1_400, nil), (false, 11, 0, 1_400, nil), (true, 2, 0, 1_400, 1_400),
      (true, 2, 0, 576, 1_280), (true, 1, 0, 1_400, nil),
    ] as [(Bool, UInt8, UInt8, UInt32, Int?)])
  func pathMTU(isIPv6: Bool, type: UInt8, code: UInt8, rest: UInt32, expected: Int?) throws {
    let width = isIPv6 ? 16 : 4
    let frame = TestFrame(
      source: [UInt8](repeating: 10, count: width),
      destination: [UInt8](repeating: 20, count: width),
      segment: .icmp(isIPv6: isIPv6, type: type, code: code, rest: rest)
    ).bytes()
    #expect(try parse(frame).pathMTU(of: frame) == expected)
  }
}
