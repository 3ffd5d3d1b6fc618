import TestSupport
import Testing
import Wire

@Suite("Thousands of random frames") struct RandomFrameTests {
  private var frames: [TestFrame] {
    var generator = SeededGenerator(seed: 791)
    return (0..<4_000).map { _ in .random(&generator) }
  }

  @Test("A frame is read as it was put together")
  func parsing() throws {
    var seen: Set<String> = []
    for frame in frames {
      let bytes = frame.bytes()
      let headers: Headers
      do {
        headers = try parse(bytes)
      } catch {
        Issue.record("\(error): \(pasteable(bytes))")
        continue
      }
      let later = (frame.fragment?.lowerBound ?? 0) > 0
      seen.insert("\(headers.network) \(headers.transport) \(headers.vlanTags) \(later)")
      let payload = frame.l4Offset + (later ? 0 : frame.segment.headerLength)
      let isRight =
        headers.network == (frame.isIPv6 ? .ipv6 : .ipv4) && headers.vlanTags == frame.tags.count
        && headers.l3Offset == frame.l3Offset && headers.l4Offset == frame.l4Offset
        && headers.payloadOffset == payload && headers.end == frame.end
        && headers.source == number(frame.source)
        && headers.destination == number(frame.destination)
        && headers.transport == frame.segment.number && headers.hopLimit == frame.hopLimit
        && headers.isFragment == (frame.fragment != nil)
        && headers.fragmentOffset == frame.fragment?.lowerBound ?? 0
        && headers.moreFragments == frame.moreFragments
        && headers.dontFragment == (frame.isIPv6 || frame.dontFragment)
        && (frame.isIPv6 && frame.fragment == nil || headers.fragmentID == frame.identification)
      #expect(isRight, "\(headers)\n\(pasteable(bytes))")
      guard !later, [6, 17, 33, 132, 136].contains(frame.segment.number) else { continue }
      #expect(UInt128(headers.sourcePort) == number(frame.segment.bytes[..<2]))
      #expect(UInt128(headers.destinationPort) == number(frame.segment.bytes[2..<4]))
      guard frame.segment.number == 6 else { continue }
      #expect(headers.tcpFlags.rawValue == frame.segment.bytes[13])
      #expect(UInt128(headers.tcpSequence) == number(frame.segment.bytes[4..<8]))
    }
    // Both versions, eight protocols, several tags, fragments: this test is about all of them.
    #expect(seen.count > 60, "\(seen.sorted())")
  }

  @Test(
    "F2: new addresses come to the same bytes as a frame made with them", arguments: [false, true])
  func rewriting(isPartial: Bool) throws {
    var generator = SeededGenerator(seed: 1624)
    for frame in frames {
      let width = frame.source.count
      var expected = frame
      let change = Int.random(in: 1...3, using: &generator)
      if change & 1 != 0 { expected.source = generator.bytes(width) }
      if change & 2 != 0 { expected.destination = generator.bytes(width) }
      let state = isPartial ? TestFrame.State.partial : .complete
      let before = frame.bytes(state)
      let after = try rewritten(
        before, source: change & 1 != 0 ? number(expected.source) : nil,
        destination: change & 2 != 0 ? number(expected.destination) : nil, isPartial: isPartial)
      expectSame(after, expected.bytes(state), from: before)
    }
  }

  @Test("F2: UDP without a checksum stays without one")
  func zeroUDP() throws {
    var generator = SeededGenerator(seed: 768)
    for var frame in frames where frame.segment.number == 17 {
      let before = frame.bytes(.none)
      frame.source = generator.bytes(frame.source.count)
      let after = try rewritten(before, source: number(frame.source))
      expectSame(after, frame.bytes(.none), from: before)
    }
  }

  @Test("F2: a checksum that comes to zero is written as all ones by UDP and UDP-Lite")
  func allOnes() throws {
    for isLite in [false, true] {
      var after = TestFrame(
        source: [203, 0, 113, 4], destination: [20, 60, 0, 4], segment: .udp())
      func segment(_ payload: [UInt8]) -> Segment {
        isLite ? .udpLite(1, 2, payload) : .udp(1, 2, payload)
      }
      // The checksum itself, as one more word, makes the sum all ones.
      after.segment = segment([0, 0])
      let field = after.l4Offset + 6
      after.segment = segment(Array(after.bytes()[field..<field + 2]))
      var before = after
      before.source = [10, 0, 1, 4]
      let frame = before.bytes()
      #expect(Array(after.bytes()[field..<field + 2]) == [0xff, 0xff])
      expectSame(try rewritten(frame, source: 0xcb00_7104), after.bytes(), from: frame)
      if !isLite {
        let partial = after.bytes(.partial)
        expectSame(try completed(partial).bytes, after.bytes(), from: partial)
      }
      let (router, host): ([UInt8], [UInt8]) = ([198, 51, 100, 1], [10, 0, 1, 4])
      func error(about inner: TestFrame) -> [UInt8] {
        TestFrame(
          source: router, destination: host,
          segment: .icmp(isIPv6: false, type: 11, Array(inner.bytes()[14...]))
        ).bytes()
      }
      var message = error(about: before)
      let headers = try parse(message)
      let quoted = try #require(message.withUnsafeBytes { Headers.parseQuoted($0, headers) })
      message.withUnsafeMutableBytes {
        rewriteQuoted(
          $0.baseAddress!, headers, quoted, source: 0xcb00_7104, destination: nil)
      }
      expectSame(message, error(about: after), from: error(about: before))
    }
  }

  @Test("F2: what was damaged stays damaged, by as much")
  func damage() throws {
    var generator = SeededGenerator(seed: 9293)
    for frame in frames where frame.segment.number == 6 && frame.fragment == nil {
      var before = frame.bytes()
      before[frame.l4Offset + 5] ^= 0x10
      var expected = frame
      expected.source = generator.bytes(frame.source.count)
      let after = try rewritten(before, source: number(expected.source))
      var right = expected.bytes()
      right[frame.l4Offset + 5] ^= 0x10
      expectSame(after, right, from: before)
    }
  }

  @Test("F6: one hop less comes to the same bytes as a frame made with it")
  func hopLimit() throws {
    for var frame in frames {
      let before = frame.bytes()
      var bytes = before
      let headers = try parse(bytes)
      bytes.withUnsafeMutableBytes { decrementHopLimit($0.baseAddress!, headers) }
      frame.hopLimit -= 1
      expectSame(bytes, frame.bytes(), from: before)
    }
  }

  @Test("F7: a checksum left to the interface is seen, and one that is right is not")
  func partial() throws {
    var falseAlarms = 0
    for frame in frames where frame.fragment == nil {
      let mayBePartial = [6, 17, 132].contains(frame.segment.number)
      #expect(
        try isPartial(frame.bytes(.partial)) == mayBePartial, "\(pasteable(frame.bytes(.partial)))")
      if try isPartial(frame.bytes()) { falseAlarms += 1 }
    }
    // Once in 65,536.
    #expect(falseAlarms <= 2)
  }

  @Test("I2: a checksum that holds is told from one that is damaged, or that the frame cannot show")
  func holding() throws {
    for frame in frames where [6, 17].contains(frame.segment.number) {
      let isWhole = frame.fragment == nil
      let bytes = frame.bytes()
      #expect(try checksumHolds(bytes) == isWhole, "\(pasteable(bytes))")
      #expect(try checksumHolds(frame.bytes(.partial)) == isWhole)
      let headers = try parse(bytes)
      guard isWhole, headers.trafficLength > 0, headers.transport == 6 else { continue }
      var damaged = bytes
      damaged[headers.payloadOffset] ^= 0x10
      #expect(try !checksumHolds(damaged), "\(pasteable(damaged))")
    }
  }

  @Test("F7: computed checksums are those of a frame made with them, whatever stood there")
  func completing() throws {
    for frame in frames where frame.fragment == nil {
      let isComputed =
        [6, 17, 132].contains(frame.segment.number) || frame.isIPv6 && frame.segment.number == 58
      for state in [TestFrame.State.complete, .partial] {
        let before = frame.bytes(state, lacksIPv4Checksum: true)
        let (after, isDone) = try completed(before)
        expectSame(after, frame.bytes(isComputed ? .complete : state), from: before)
        #expect(isDone == isComputed || [33, 136].contains(frame.segment.number))
      }
    }
  }

  @Test("F7: a missing header checksum is left for later, not counted on from zero")
  func missingHeaderChecksum() throws {
    for var frame in frames where !frame.isIPv6 {
      let before = frame.bytes(lacksIPv4Checksum: true)
      var bytes = before
      let headers = try parse(bytes)
      #expect(headers.ipv4ChecksumMissing)
      frame.source = [203, 0, 113, 4]
      bytes.withUnsafeMutableBytes {
        AddressRewrite(source: number(frame.source)).apply($0.baseAddress!, headers)
        decrementHopLimit($0.baseAddress!, headers)
      }
      frame.hopLimit -= 1
      expectSame(bytes, frame.bytes(lacksIPv4Checksum: true), from: before)
    }
  }
}
