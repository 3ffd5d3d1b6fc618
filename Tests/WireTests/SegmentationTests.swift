import TestSupport
import Testing
import Wire

@Suite("F7: TCP segmentation in software") struct TCPSegmentationTests {
  private func segments(of frame: [UInt8], maximumPacketLength: Int) throws -> [[UInt8]] {
    let headers = try parse(frame)
    let count = headers.tcpSegmentCount(maximumPacketLength: maximumPacketLength)
    let room = headers.tcpSegmentFrameLength(maximumPacketLength: maximumPacketLength)
    return frame.withUnsafeBytes { bytes in
      (0..<count).map { index in
        written(room) {
          writeTCPSegment(
            index, of: bytes, headers, maximumPacketLength: maximumPacketLength, into: $0)
        }
      }
    }
  }

  @Test("F7: segments are the frames that the sender would have cut itself")
  func segmentation() throws {
    var generator = SeededGenerator(seed: 5681)
    for _ in 0..<300 {
      var frame = TestFrame.random(&generator)
      frame.fragment = nil
      frame.padding = []
      let payload = generator.bytes(.random(in: 0...20_000, using: &generator))
      let sequence = UInt32.random(in: 0 ... .max, using: &generator)
      let flags = UInt8.random(in: 0...255, using: &generator)
      let options: [UInt8] =
        Bool.random(using: &generator) ? [1, 1, 8, 10] + generator.bytes(8) : []
      func segment(_ part: Range<Int>, isFirst: Bool, isLast: Bool) -> Segment {
        var own = flags
        // FIN and PSH with the last byte, CWR once.
        if !isLast { own &= ~(1 | 8) }
        if !isFirst { own &= ~128 }
        return .tcp(
          sequence: sequence &+ UInt32(part.lowerBound), flags: own, options: options,
          payload: Array(payload[part]))
      }
      frame.segment = segment(0..<payload.count, isFirst: true, isLast: true)
      let mtu = Int.random(in: 576...1_500, using: &generator)
      let whole = frame.bytes([.partial, .complete].randomElement(using: &generator)!)
      let cut = try segments(of: whole, maximumPacketLength: mtu)

      let header = frame.l4Offset - frame.l3Offset + 20 + options.count
      let size = mtu - header
      #expect(cut.count == max(1, (payload.count + size - 1) / size))
      for (index, bytes) in cut.enumerated() {
        let part = index * size..<min(payload.count, (index + 1) * size)
        var expected = frame
        expected.identification = (frame.identification &+ UInt32(index)) & 0xffff
        expected.segment = segment(part, isFirst: index == 0, isLast: index == cut.count - 1)
        expectSame(bytes, expected.bytes(), from: whole)
        #expect(bytes.count - frame.l3Offset <= mtu)
      }
    }
  }

  @Test("F7: headers that leave no room make small segments, not endless ones")
  func noRoom() throws {
    let frame = TestFrame(
      source: [10, 0, 1, 4], destination: [20, 60, 0, 4],
      segment: .tcp(payload: [UInt8](repeating: 1, count: 100))
    ).bytes()
    let cut = try segments(of: frame, maximumPacketLength: 41)
    #expect(cut.count == 13 && cut.allSatisfy { $0.count <= 14 + 40 + 8 })
  }
}

@Suite("F6: IPv4 fragmentation in software") struct FragmentationTests {
  private func fragments(of frame: [UInt8], maximumPacketLength: Int) throws -> [[UInt8]] {
    let headers = try parse(frame)
    let count = headers.ipv4FragmentCount(maximumPacketLength: maximumPacketLength)
    let room = headers.ipv4FragmentFrameLength(maximumPacketLength: maximumPacketLength)
    return frame.withUnsafeBytes { bytes in
      (0..<count).map { index in
        written(room) {
          writeIPv4Fragment(
            index, of: bytes, headers, maximumPacketLength: maximumPacketLength, into: $0)
        }
      }
    }
  }

  /// Puts fragments together, in any order, the slow way.
  private func reassembled(_ fragments: [[UInt8]]) throws -> [UInt8]? {
    var data: [UInt8?] = []
    var length: Int?
    for fragment in fragments {
      let headers = try parse(fragment)
      let part = fragment[headers.l4Offset..<headers.end]
      let end = headers.fragmentOffset + part.count
      if !headers.moreFragments { length = end }
      while data.count < end { data.append(nil) }
      for (index, byte) in part.enumerated() {
        guard data[headers.fragmentOffset + index] == nil else { return nil }
        data[headers.fragmentOffset + index] = byte
      }
    }
    guard let length, length == data.count, !data.contains(where: { $0 == nil }) else { return nil }
    return data.compactMap { $0 }
  }

  @Test("F6: fragments make the packet again, those of fragments too")
  func fragmentation() throws {
    var generator = SeededGenerator(seed: 791)
    for _ in 0..<300 {
      var frame = TestFrame(
        source: generator.bytes(4), destination: generator.bytes(4),
        segment: .udp(1, 2, generator.bytes(.random(in: 600...9_000, using: &generator))))
      frame.identification = .random(in: 0...0xffff, using: &generator)
      if Bool.random(using: &generator) { frame.tags = [[0x81, 0, 0, 100]] }
      if Bool.random(using: &generator) { frame.options = [0x94, 4, 0, 0] }
      let whole = frame.bytes()
      let mtu = Int.random(in: 576...1_500, using: &generator)
      var cut = try fragments(of: whole, maximumPacketLength: mtu)
      #expect(cut.count > 1 || whole.count - frame.l3Offset <= mtu)
      // A narrower link behind it.
      let narrow = Int.random(in: 200...mtu, using: &generator)
      cut = try cut.flatMap { try fragments(of: $0, maximumPacketLength: narrow) }.shuffled(
        using: &generator)
      for bytes in cut {
        let headers = try parse(bytes)
        #expect(headers.packetLength <= narrow && headers.end == bytes.count)
        #expect(headers.fragmentID == frame.identification && !headers.ipv4ChecksumMissing)
        #expect(headers.vlanTags == frame.tags.count && headers.hopLimit == frame.hopLimit)
        #expect(!headers.moreFragments || (bytes.count - headers.l4Offset) % 8 == 0)
      }
      #expect(try reassembled(cut) == Array(whole[frame.l4Offset..<frame.end]))
    }
  }

  @Test("F6: options that are not to be copied are in the first fragment alone")
  func options() throws {
    let frame = TestFrame(
      source: [10, 0, 1, 4], destination: [20, 60, 0, 4],
      options: [7, 7, 4, 0, 0, 0, 0, 0x94, 4, 0, 0, 0],
      segment: .udp(1, 2, [UInt8](repeating: 1, count: 100)))
    let cut = try fragments(of: frame.bytes(), maximumPacketLength: 96)
    #expect(cut.count == 2)
    #expect(Array(cut[0][34..<46]) == frame.options)
    // Record route became no-operations; router alert has its copy flag set.
    #expect(Array(cut[1][34..<46]) == [1, 1, 1, 1, 1, 1, 1, 0x94, 4, 0, 0, 0])
  }
}
