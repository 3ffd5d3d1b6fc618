import TestSupport
import Testing
import Wire

@Suite("No frame, however wrong, is read or written beyond its end") struct MalformedFrameTests {
  @Test("Random bytes") func noise() {
    var generator = SeededGenerator(seed: 1)
    var exercise = Exercise()
    for round in 0..<10_000 {
      var frame = generator.bytes(.random(in: 0...120, using: &generator))
      // Else hardly any noise would be read further than its EtherType.
      let types: [[UInt8]] = [[8, 0], [0x86, 0xdd], [8, 6], [0x81, 0]]
      if round % 8 > 0, frame.count >= 16 {
        frame.replaceSubrange(12..<14, with: types[round % 4])
        if round % 4 < 2 { frame[14] = round % 4 == 0 ? 0x45 : 0x60 }
        if round % 4 == 0, frame.count > 34 {
          frame.replaceSubrange(16..<18, with: big16(frame.count - 14))
          frame.replaceSubrange(24..<26, with: [0, 0])
        }
        if round % 4 == 1, frame.count > 54 {
          frame.replaceSubrange(18..<20, with: big16(frame.count - 54))
          frame[20] = [0, 43, 44, 51, 60, 6, 17, 58, 58].randomElement(using: &generator)!
        }
      }
      exercise.run(frame, wireLength: frame.count)
    }
    #expect(exercise.parsed > 200, "the test must get beyond the EtherType")
  }

  @Test("Right frames with a few bytes changed") func mutation() {
    var generator = SeededGenerator(seed: 2)
    var exercise = Exercise()
    for _ in 0..<10_000 {
      var frame = TestFrame.random(&generator).bytes(lacksIPv4Checksum: true)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        // Headers are what is worth damaging.
        let offset = Int.random(in: 12..<min(frame.count, 110), using: &generator)
        frame[offset] = [0, 1, 0xff, .random(in: 0...255, using: &generator)]
          .randomElement(using: &generator)!
      }
      exercise.run(frame, wireLength: frame.count)
    }
    #expect(exercise.parsed > 2_000)
  }

  @Test("Right frames, cut on the wire or by a capture") func truncation() {
    var generator = SeededGenerator(seed: 3)
    var exercise = Exercise()
    for _ in 0..<4_000 {
      let frame = TestFrame.random(&generator).bytes()
      for _ in 0..<4 {
        let count = Int.random(in: 0...min(frame.count, 130), using: &generator)
        exercise.run(Array(frame.prefix(count)), wireLength: frame.count)
        exercise.run(Array(frame.prefix(count)), wireLength: count)
      }
    }
    #expect(exercise.parsed > 2_000)
  }

  @Test("ICMP errors whose quotation is damaged or cut") func quotations() {
    var generator = SeededGenerator(seed: 4)
    var exercise = Exercise()
    for _ in 0..<10_000 {
      let inner = TestFrame.random(&generator)
      var quotation = Array(
        inner.bytes()[inner.l3Offset..<inner.end]
          .prefix(.random(in: 0...90, using: &generator)))
      if !quotation.isEmpty, Bool.random(using: &generator) {
        quotation[.random(in: 0..<quotation.count, using: &generator)] =
          .random(in: 0...255, using: &generator)
      }
      let frame = TestFrame(
        source: inner.destination, destination: inner.source,
        segment: .icmp(isIPv6: inner.isIPv6, type: inner.isIPv6 ? 2 : 3, code: 4, quotation)
      ).bytes()
      exercise.run(frame, wireLength: frame.count)
      exercise.run(
        Array(frame.prefix(.random(in: 0...frame.count, using: &generator))),
        wireLength: frame.count)
    }
    #expect(exercise.quotations > 2_000)
  }
}

/// Everything that `Wire` does to a frame that came in, with memory that ends where the frame ends.
struct Exercise {
  private let memory = GuardedMemory(capacity: 1 << 17)
  private let output = GuardedMemory(capacity: 1 << 17)
  var parsed = 0
  var quotations = 0

  mutating func run(_ frame: [UInt8], wireLength: Int) {
    let readOnly = UnsafeRawBufferPointer(memory.place(frame))
    guard let headers = try? Headers.parse(readOnly, wireLength: wireLength) else { return }
    parsed += 1
    let isInOrder =
      14 <= headers.l3Offset && headers.end <= wireLength
      && (headers.network == .arp
        || headers.l3Offset < headers.l4Offset && headers.l4Offset <= headers.payloadOffset
          && headers.payloadOffset <= headers.end)
    #expect(isInOrder, "\(headers) \(pasteable(frame))")

    look(readOnly, headers)
    change(frame, headers)
    answer(readOnly, headers)
    cut(readOnly, headers)
  }

  private func look(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) {
    _ = hasPartialChecksum(bytes, headers)
    _ = headers.pathMTU(bytes)
    if let message = ARPMessage(bytes, headers) {
      _ = (message.senderMAC, message.senderAddress, message.targetMAC, message.targetAddress)
    }
    if let message = NeighborMessage(bytes, headers) {
      _ = (message.target, message.linkLayerAddress)
    }
  }

  private mutating func change(_ frame: [UInt8], _ headers: Headers) {
    let start = memory.place(frame)
    let bytes = UnsafeRawBufferPointer(start)
    setMACs(start.baseAddress!, destination: .broadcast, source: .zero)
    if let quoted = Headers.parseQuoted(bytes, headers) {
      quotations += 1
      rewriteQuoted(start.baseAddress!, headers, quoted, source: 1, destination: 2)
    }
    guard headers.network != .arp else { return }
    AddressRewrite(source: 1, destination: 2).apply(start.baseAddress!, headers)
    AddressRewrite(source: 3).apply(start.baseAddress!, headers, isPartial: true)
    if headers.hopLimit > 0 { decrementHopLimit(start.baseAddress!, headers) }
    _ = completeChecksums(start, headers)
    // Behind the packet nothing may have changed.
    if headers.end < frame.count {
      #expect(Array(start[headers.end...]) == Array(frame[headers.end...]))
    }
    _ = memory.place(frame)
  }

  private func answer(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) {
    if headers.network == .arp {
      _ = writeARPReply(
        to: bytes, headers, target: IPv4Address(1), mac: .zero,
        into: output.room(headers.l3Offset + ARPMessage.length))
      return
    }
    let source: IPAddress = headers.network == .ipv4 ? .v4(IPv4Address(1)) : .v6(IPv6Address(1))
    if mayAnswerWithICMPError(headers) {
      let length = icmpErrorLength(bytes, headers)
      #expect(
        writeICMPError(
          .timeExceeded, about: bytes, headers, from: source, into: output.room(length)) == length)
    }
    if let target = headers.neighborSolicitationTarget(bytes) {
      _ = writeNeighborAdvertisement(
        to: bytes, headers, target: target, mac: .zero,
        into: output.room(neighborAdvertisementLength(headers)))
    }
    if headers.isEchoRequest, headers.end <= bytes.count {
      _ = writeEchoReply(to: bytes, headers, into: output.room(headers.end))
    }
  }

  private func cut(_ bytes: UnsafeRawBufferPointer, _ headers: Headers) {
    guard headers.network != .arp, headers.end <= bytes.count else { return }
    if headers.transport == 6, !headers.isFragment {
      let room = output.room(headers.tcpSegmentFrameLength(maximumPacketLength: 80))
      for index in 0..<headers.tcpSegmentCount(maximumPacketLength: 80) {
        _ = writeTCPSegment(index, of: bytes, headers, maximumPacketLength: 80, into: room)
      }
    }
    if headers.network == .ipv4 {
      let room = output.room(headers.ipv4FragmentFrameLength(maximumPacketLength: 80))
      for index in 0..<headers.ipv4FragmentCount(maximumPacketLength: 80) {
        _ = writeIPv4Fragment(index, of: bytes, headers, maximumPacketLength: 80, into: room)
      }
    }
  }
}
