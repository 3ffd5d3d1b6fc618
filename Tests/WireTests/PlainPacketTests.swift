import TestSupport
import Testing
import Wire

@Suite("Plain packets are what the parser says of them, and are rewritten to the same bytes")
struct PlainPacketTests {
  @Test("Of right frames, those are plain that ask for nothing else")
  func recognition() throws {
    var generator = SeededGenerator(seed: 1141)
    var plain = 0
    for _ in 0..<6_000 {
      let frame = TestFrame.random(&generator)
      let bytes = frame.bytes()
      let isPlain = try expectAlike(bytes)
      let flags = frame.segment.bytes.count > 13 ? frame.segment.bytes[13] : 0
      let expected =
        frame.tags.isEmpty && frame.options.isEmpty && frame.extensions.isEmpty
        && frame.fragment == nil && frame.hopLimit > 1
        && (frame.segment.number == 17 || frame.segment.number == 6 && flags & 0b1_0111 == 0b1_0000)
      // A right checksum may by chance look like one that was left to an interface; an IPv4 header's may be 0.
      let isAmbiguous = try isPartial(bytes) || parse(bytes).ipv4ChecksumMissing
      #expect(isPlain == expected || isAmbiguous, "\(pasteable(bytes))")
      if isPlain { plain += 1 }
    }
    #expect(plain > 200)
  }

  @Test("Checksums left to the interface, or missing, are none of a plain packet's")
  func incomplete() throws {
    var generator = SeededGenerator(seed: 1142)
    for _ in 0..<2_000 {
      let frame = TestFrame.random(&generator)
      #expect(try frame.segment.number == 47 || !expectAlike(frame.bytes(.partial)))
      #expect(try frame.isIPv6 || !expectAlike(frame.bytes(lacksIPv4Checksum: true)))
    }
  }

  @Test(
    "Frames with a few bytes changed, cut, or followed by others: never more than the parser reads")
  func damage() throws {
    var generator = SeededGenerator(seed: 1143)
    var plain = 0
    for round in 0..<40_000 {
      var frame = TestFrame.random(&generator)
      // Half of them are near to plain ones: else hardly any damage would be looked at.
      if round % 2 == 0 {
        (frame.tags, frame.options, frame.extensions) = ([], [], [])
        (frame.fragment, frame.finalDestination) = (nil, nil)
      }
      var bytes = frame.bytes()
      if round % 3 == 0 {
        bytes = Array(bytes.prefix(.random(in: 0...bytes.count, using: &generator)))
      }
      for _ in 0..<Int.random(in: 0...2, using: &generator) where bytes.count > 13 {
        let offset = Int.random(in: 12..<min(bytes.count, 80), using: &generator)
        bytes[offset] = [0, 1, 0xff, .random(in: 0...255, using: &generator)]
          .randomElement(using: &generator)!
      }
      if try expectAlike(bytes) { plain += 1 }
    }
    #expect(plain > 2_000)
  }

  @Test("F2: at both zeros of one's-complement arithmetic the bytes are the same, too")
  func zeros() throws {
    var generator = SeededGenerator(seed: 1144)
    let edges: [UInt16] = [0, 1, 0xff, 0x100, 0x101, 0xfeff, 0xff00, 0xfffe, 0xffff]
    for field in edges {
      for number in [6, 17] {
        for isIPv6 in [false, true] {
          var frame = TestFrame.random(&generator)
          while frame.isIPv6 != isIPv6 || frame.segment.number != number {
            frame = .random(&generator)
          }
          (frame.tags, frame.options, frame.extensions) = ([], [], [])
          (frame.fragment, frame.finalDestination, frame.hopLimit) = (nil, nil, 9)
          var bytes = frame.bytes()
          if number == 6 { bytes[frame.l4Offset + 13] = 0x10 }
          let offset = frame.l4Offset + (number == 6 ? 16 : 6)
          bytes.replaceSubrange(offset..<offset + 2, with: big16(Int(field)))
          _ = try expectAlike(bytes)
        }
      }
    }
  }

  /// Compares a plain packet with what `Headers` reads of it, and both ways to rewrite it, in memory that ends where
  /// the frame ends.
  /// - Returns: whether it is plain.
  private func expectAlike(_ frame: [UInt8]) throws -> Bool {
    let memory = GuardedMemory(capacity: max(frame.count, 1))
    let room = memory.place(frame)
    guard let start = room.baseAddress, let plain = PlainPacket(start, length: frame.count) else {
      return false
    }
    let headers = try Headers.parse(UnsafeRawBufferPointer(room), wireLength: frame.count)
    let end =
      plain.transport == 6
      ? headers.tcpSequence &+ UInt32(headers.end - headers.payloadOffset) : 0
    let isSame =
      headers.network == (plain.isIPv6 ? .ipv6 : .ipv4) && headers.source == plain.source
      && headers.destination == plain.destination && headers.transport == plain.transport
      && plain.ports == UInt32(headers.sourcePort) << 16 | UInt32(headers.destinationPort)
      && headers.packetLength == plain.length && headers.vlanTags == 0 && !headers.isFragment
      && headers.hopLimit > 1 && !headers.ipv4ChecksumMissing
      && plain.endSequence == end
      && (plain.transport == 17 || plain.acknowledgment == headers.tcpAcknowledgment)
      && !hasPartialChecksum(UnsafeRawBufferPointer(room), headers)
    #expect(isSame, "\(headers)\n\(pasteable(frame))")
    if plain.transport == 6 {
      #expect(headers.tcpFlags.intersection([.syn, .fin, .rst, .ack]) == .ack)
      #expect(headers.tcpMaximumSegment == nil, "\(pasteable(frame))")
    }

    for (source, destination) in [
      (nil, nil), (plain.source ^ 0x1_0203, nil), (nil, ~plain.destination & 0xffff_ffff),
      (plain.source ^ 0xffff_0000, plain.destination ^ 0xff),
    ] as [(UInt128?, UInt128?)] {
      _ = memory.place(frame)
      AddressRewrite(source: source, destination: destination).apply(start, headers)
      decrementHopLimit(start, headers)
      let slow = Array(room)
      _ = memory.place(frame)
      let rewrite = PlainRewrite(
        source: source ?? plain.source, destination: destination ?? plain.destination,
        from: plain.source, and: plain.destination)
      if plain.isIPv6 {
        PlainRewrite.apply(
          start, source: rewrite.source, destination: rewrite.destination,
          transportDelta: rewrite.transportDelta, transport: plain.transport)
      } else {
        PlainRewrite.apply(
          start,
          addresses: UInt64(truncatingIfNeeded: rewrite.source) << 32
            | UInt64(truncatingIfNeeded: rewrite.destination),
          headerDelta: rewrite.headerDelta, transportDelta: rewrite.transportDelta,
          transport: plain.transport)
      }
      #expect(Array(room) == slow, "\(pasteable(frame))")
    }
    return true
  }
}
