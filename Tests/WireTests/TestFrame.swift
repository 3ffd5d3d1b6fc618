/// A frame as its parts. `bytes()` puts them together the slow, obvious way: a second opinion that shares no code
/// with `Wire`. What an operation does to a frame is done to the parts here, and both must come to the same bytes.
struct TestFrame {
  var destinationMAC: [UInt8] = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc]
  var sourceMAC: [UInt8] = [0x02, 0x00, 0x0a, 0x00, 0x01, 0x04]
  var tags: [[UInt8]] = []
  /// 4 or 16 bytes.
  var source: [UInt8]
  var destination: [UInt8]
  var hopLimit: UInt8 = 64
  var identification: UInt32 = 0x1234
  var dontFragment = false
  var options: [UInt8] = []
  /// IPv6's, without the first byte, which names the next one.
  var extensions: [(number: UInt8, body: [UInt8])] = []
  /// The last address of a source route that has not been followed to its end.
  var finalDestination: [UInt8]?
  var segment: Segment
  /// The bytes of the segment that this frame carries; nil for all, in a packet that is no fragment.
  var fragment: Range<Int>?
  /// What Ethernet needs to be 60 bytes long, and need not be zero.
  var padding: [UInt8] = []

  /// What stands in the fields that an interface may have to fill in.
  enum State: CaseIterable {
    case complete
    /// The pseudo-header's sum, or zero for SCTP.
    case partial
    /// Zero: UDP's word for none.
    case none
  }

  var isIPv6: Bool { source.count == 16 }
  var l3Offset: Int { 14 + 4 * tags.count }
  var l4Offset: Int {
    l3Offset + (isIPv6 ? 40 : 20) + options.count
      + extensions.reduce(0) { $0 + $1.body.count + 1 } + (isIPv6 && fragment != nil ? 8 : 0)
  }
  var end: Int { l4Offset + (fragment?.count ?? segment.bytes.count) }
  var moreFragments: Bool { (fragment?.upperBound ?? segment.bytes.count) < segment.bytes.count }

  func bytes(_ state: State = .complete, lacksIPv4Checksum: Bool = false) -> [UInt8] {
    let all = segment.bytes(in: self, state)
    let data = Array(fragment.map { all[$0] } ?? all[...])
    var frame = destinationMAC + sourceMAC + tags.flatMap { $0 }
    frame += big16(isIPv6 ? 0x86dd : 0x0800)
    return frame + (isIPv6 ? ipv6(data) : ipv4(data, lacksIPv4Checksum)) + padding
  }

  private func ipv4(_ data: [UInt8], _ lacksChecksum: Bool) -> [UInt8] {
    let fields =
      (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0) | (fragment?.lowerBound ?? 0) / 8
    var header: [UInt8] = [0x45 + UInt8(options.count / 4), 0]
    header += big16(20 + options.count + data.count) + big16(Int(identification & 0xffff))
    header += big16(fields) + [hopLimit, segment.number, 0, 0] + source + destination + options
    if !lacksChecksum { header.replaceSubrange(10..<12, with: big16(slowChecksum(header))) }
    return header + data
  }

  private func ipv6(_ data: [UInt8]) -> [UInt8] {
    var chain = extensions
    if let fragment {
      let field = fragment.lowerBound | (moreFragments ? 1 : 0)
      chain.append((44, [0] + big16(field) + big32(identification)))
    }
    var payload: [UInt8] = []
    for (index, header) in chain.enumerated() {
      payload.append(index + 1 < chain.count ? chain[index + 1].number : segment.number)
      payload += header.body
    }
    payload += data
    return [0x60, 0, 0, 0] + big16(payload.count) + [
      chain.first?.number ?? segment.number, hopLimit,
    ]
      + source + destination + payload
  }
}

/// A transport header and what is behind it, checksum left out.
struct Segment {
  enum Checksum {
    case none
    /// At this offset, over pseudo-header and segment.
    case withPseudoHeader(Int)
    /// At this offset, over the segment.
    case plain(Int)
    /// SCTP's.
    case crc
  }

  var number: UInt8
  var bytes: [UInt8]
  var headerLength: Int
  var checksum = Checksum.none
  /// How much of it the checksum covers; nil for all: UDP has a length of its own.
  var covered: Int?

  func bytes(in frame: TestFrame, _ state: TestFrame.State) -> [UInt8] {
    var bytes = self.bytes
    let count = covered ?? bytes.count
    switch checksum {
    case .none: break
    case .plain(let offset):
      bytes.replaceSubrange(offset..<offset + 2, with: big16(slowChecksum(bytes)))
    case .crc:
      guard state == .complete else { break }
      let sum = slowCRC32C(bytes)
      bytes.replaceSubrange(8..<12, with: big32(sum).reversed())
    case .withPseudoHeader(let offset):
      var pseudo = frame.source + (frame.finalDestination ?? frame.destination)
      pseudo +=
        frame.isIPv6 ? big32(UInt32(count)) + [0, 0, 0, number] : [0, number] + big16(count)
      var sum =
        switch state {
        case .complete: slowChecksum(pseudo + bytes[..<count])
        case .partial: 0xffff - slowChecksum(pseudo)
        case .none: 0
        }
      // A computed zero is sent as all ones, by the two protocols for which zero says something else.
      if state == .complete, sum == 0, number == 17 || number == 136 { sum = 0xffff }
      bytes.replaceSubrange(offset..<offset + 2, with: big16(sum))
    }
    return bytes
  }

  static func tcp(
    _ source: Int = 49_152, _ destination: Int = 443, sequence: UInt32 = 1,
    acknowledgment: UInt32 = 0, flags: UInt8 = 0x10, options: [UInt8] = [], payload: [UInt8] = []
  ) -> Segment {
    let header =
      big16(source) + big16(destination) + big32(sequence) + big32(acknowledgment)
      + [UInt8((20 + options.count) / 4) << 4, flags] + big16(65_000) + [0, 0, 0, 0] + options
    return Segment(
      number: 6, bytes: header + payload, headerLength: header.count,
      checksum: .withPseudoHeader(16))
  }

  /// - Parameter surplus: bytes in the packet that the datagram's length leaves out.
  static func udp(
    _ source: Int = 50_000, _ destination: Int = 60_000, _ payload: [UInt8] = [],
    surplus: [UInt8] = []
  ) -> Segment {
    let header = big16(source) + big16(destination) + big16(8 + payload.count) + [0, 0]
    return Segment(
      number: 17, bytes: header + payload + surplus, headerLength: 8,
      checksum: .withPseudoHeader(6), covered: 8 + payload.count)
  }

  static func udpLite(_ source: Int, _ destination: Int, _ payload: [UInt8]) -> Segment {
    Segment(
      number: 136, bytes: big16(source) + big16(destination) + [0, 0, 0, 0] + payload,
      headerLength: 8, checksum: .withPseudoHeader(6))
  }

  static func dccp(_ source: Int, _ destination: Int, _ payload: [UInt8]) -> Segment {
    Segment(
      number: 33,
      bytes: big16(source) + big16(destination) + [3, 0, 0, 0, 4, 0, 0, 9] + payload,
      headerLength: 12, checksum: .withPseudoHeader(6))
  }

  static func sctp(_ source: Int, _ destination: Int, _ payload: [UInt8]) -> Segment {
    Segment(
      number: 132,
      bytes: big16(source) + big16(destination) + [0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0] + payload,
      headerLength: 12, checksum: .crc)
  }

  static func icmp(
    isIPv6: Bool, type: UInt8, code: UInt8 = 0, rest: UInt32 = 0, _ payload: [UInt8] = []
  ) -> Segment {
    Segment(
      number: isIPv6 ? 58 : 1, bytes: [type, code, 0, 0] + big32(rest) + payload, headerLength: 8,
      checksum: isIPv6 ? .withPseudoHeader(2) : .plain(2))
  }

  static func echo(
    isIPv6: Bool, isReply: Bool = false, identifier: Int = 7, _ payload: [UInt8] = []
  ) -> Segment {
    icmp(
      isIPv6: isIPv6, type: isIPv6 ? (isReply ? 129 : 128) : (isReply ? 0 : 8),
      rest: UInt32(identifier) << 16 | 1, payload)
  }

  static func other(_ number: UInt8, _ payload: [UInt8]) -> Segment {
    Segment(number: number, bytes: payload, headerLength: 0)
  }
}
