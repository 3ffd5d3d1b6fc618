import Wire

/// Frames for tests, built byte by byte from the RFCs' diagrams, with checksums by the slow, obvious way: an
/// opinion of its own, independent of `Wire`.
struct FrameBuilder {
  var sourceMAC = MACAddress(0x0200_0a00_0104)
  var destinationMAC = MACAddress(0x1234_5678_9abc)
  var tags: [(type: UInt16, value: UInt16)] = []
  var source: IPAddress
  var destination: IPAddress
  var hopLimit: UInt8 = 64
  var identification: UInt16 = 0x1234
  var dontFragment = true
  var moreFragments = false
  var fragmentOffset = 0
  var options: [UInt8] = []
  var wrongIPChecksum = false

  init(_ source: String, _ destination: String) {
    self.source = IPAddress(source)!
    self.destination = IPAddress(destination)!
  }

  /// How the transport checksum is left.
  enum Checksum {
    case right
    case none
    /// Only the pseudo-header's sum, as a kernel leaves it to the interface.
    case partial
  }

  func tcp(
    _ sourcePort: UInt16, _ destinationPort: UInt16, flags: TCPFlags = .syn, sequence: UInt32 = 0,
    acknowledgment: UInt32 = 0, options: [UInt8] = [], payload: [UInt8] = [],
    checksum: Checksum = .right
  ) -> [UInt8] {
    var header = big(sourcePort) + big(destinationPort) + big(sequence) + big(acknowledgment)
    header += [UInt8((20 + options.count) / 4) << 4, flags.rawValue] + big(UInt16(65_000))
    header += [0, 0, 0, 0] + options
    return frame(6, transport(6, header + payload, checksumAt: 16, checksum))
  }

  func udp(
    _ sourcePort: UInt16, _ destinationPort: UInt16, payload: [UInt8] = [1, 2, 3, 4],
    checksum: Checksum = .right
  ) -> [UInt8] {
    let header =
      big(sourcePort) + big(destinationPort) + big(UInt16(8 + payload.count)) + [0, 0]
    return frame(17, transport(17, header + payload, checksumAt: 6, checksum))
  }

  func echo(request: Bool = true, identifier: UInt16 = 7, payload: [UInt8] = [9, 9, 9]) -> [UInt8] {
    let type: UInt8 = source.isIPv4 ? (request ? 8 : 0) : (request ? 128 : 129)
    return icmp([type, 0, 0, 0] + big(identifier) + big(UInt16(1)) + payload)
  }

  /// An ICMP error that quotes the IP packet of `frame`, whose Ethernet header has 14 bytes.
  func error(type: UInt8, code: UInt8, rest: UInt32 = 0, quoting frame: [UInt8]) -> [UInt8] {
    icmp([type, code, 0, 0] + big(rest) + frame[14...].prefix(60))
  }

  private func icmp(_ message: [UInt8]) -> [UInt8] {
    let number: UInt8 = source.isIPv4 ? 1 : 58
    var bytes = message
    let sum =
      source.isIPv4 ? slowChecksum(bytes) : slowChecksum(pseudoHeader(58, bytes.count) + bytes)
    bytes[2] = UInt8(sum >> 8)
    bytes[3] = UInt8(sum & 0xff)
    return frame(number, bytes)
  }

  /// Any transport: the bytes behind the IP header as they are.
  func frame(_ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var bytes = mac(destinationMAC) + mac(sourceMAC)
    for tag in tags { bytes += big(tag.type) + big(tag.value) }
    bytes += big(source.isIPv4 ? UInt16(0x0800) : 0x86dd)
    if case .v4(let from) = source, case .v4(let to) = destination {
      var header: [UInt8] = [0x45 + UInt8(options.count / 4), 0]
      header += big(UInt16(20 + options.count + payload.count)) + big(identification)
      header += big(
        UInt16(fragmentOffset / 8) | (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0))
      header += [hopLimit, number, 0, 0] + big(from.bits) + big(to.bits) + options
      let sum = slowChecksum(header) ^ (wrongIPChecksum ? 0x5555 : 0)
      header[10] = UInt8(sum >> 8)
      header[11] = UInt8(sum & 0xff)
      bytes += header
    } else {
      bytes += [0x60, 0, 0, 0] + big(UInt16(payload.count)) + [number, hopLimit]
      bytes += big128(source.bits) + big128(destination.bits)
    }
    return bytes + payload
  }

  private func transport(
    _ number: UInt8, _ segment: [UInt8], checksumAt offset: Int, _ checksum: Checksum
  ) -> [UInt8] {
    var bytes = segment
    let sum: UInt16 =
      switch checksum {
      case .none: 0
      case .partial: ~slowChecksum(pseudoHeader(number, segment.count))
      case .right: slowChecksum(pseudoHeader(number, segment.count) + segment)
      }
    let written = checksum == .right && sum == 0 && number == 17 ? 0xffff : sum
    bytes[offset] = UInt8(written >> 8)
    bytes[offset + 1] = UInt8(written & 0xff)
    return bytes
  }

  private func pseudoHeader(_ number: UInt8, _ length: Int) -> [UInt8] {
    source.isIPv4
      ? big(UInt32(source.bits)) + big(UInt32(destination.bits)) + [0, number]
        + big(UInt16(truncatingIfNeeded: length))
      : big128(source.bits) + big128(destination.bits) + big(UInt32(length)) + [0, 0, 0, number]
  }
}

/// RFC 1071, one 16-bit word at a time.
func slowChecksum(_ bytes: [UInt8]) -> UInt16 {
  var sum: UInt32 = 0
  for index in stride(from: 0, to: bytes.count, by: 2) {
    sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
    sum = sum & 0xffff + sum >> 16
  }
  return ~UInt16(sum)
}

func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
func big(_ value: UInt32) -> [UInt8] { big(UInt16(value >> 16)) + big(UInt16(value & 0xffff)) }
func big128(_ value: UInt128) -> [UInt8] {
  (0..<4).flatMap { big(UInt32(truncatingIfNeeded: value >> UInt128(96 - 32 * $0))) }
}
func mac(_ address: MACAddress) -> [UInt8] {
  (0..<6).map { UInt8(truncatingIfNeeded: address.bits >> UInt64(40 - 8 * $0)) }
}

/// What a frame says, read by the slow, obvious way.
struct SeenFrame: CustomStringConvertible {
  var bytes: [UInt8]
  var l3: Int
  var isIPv4: Bool { bytes[l3] >> 4 == 4 }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var offset = 12
    while [0x8100, 0x88a8].contains(Int(bytes[offset]) << 8 | Int(bytes[offset + 1])) {
      offset += 4
    }
    l3 = offset + 2
  }

  var etherType: Int { number(l3 - 2, 2) }
  var tags: [UInt8] { Array(bytes[12..<l3 - 2]) }
  var destinationMAC: MACAddress { MACAddress(UInt64(number(0, 6))) }
  var sourceMAC: MACAddress { MACAddress(UInt64(number(6, 6))) }
  var source: String { address(isIPv4 ? 12 : 8) }
  var destination: String { address(isIPv4 ? 16 : 24) }
  var hopLimit: Int { Int(bytes[l3 + (isIPv4 ? 8 : 7)]) }
  var transport: Int { Int(bytes[l3 + (isIPv4 ? 9 : 6)]) }
  var l4: Int { l3 + (isIPv4 ? Int(bytes[l3] & 15) * 4 : 40) }
  var end: Int { l3 + (isIPv4 ? number(l3 + 2, 2) : 40 + number(l3 + 4, 2)) }
  var packetLength: Int { end - l3 }
  var sourcePort: Int { number(l4, 2) }
  var destinationPort: Int { number(l4 + 2, 2) }
  var sequence: UInt32 { UInt32(number(l4 + 4, 4)) }
  var acknowledgment: UInt32 { UInt32(number(l4 + 8, 4)) }
  var flags: TCPFlags { TCPFlags(rawValue: bytes[l4 + 13]) }
  var payload: [UInt8] {
    let header = transport == 6 ? Int(bytes[l4 + 12] >> 4) * 4 : 8
    return Array(bytes[(l4 + header)..<end])
  }
  var fragmentOffset: Int { (number(l3 + 6, 2) & 0x1fff) * 8 }
  var moreFragments: Bool { number(l3 + 6, 2) & 0x2000 != 0 }

  func number(_ offset: Int, _ count: Int) -> Int {
    bytes[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
  }

  private func address(_ offset: Int) -> String {
    if isIPv4 { return IPv4Address(UInt32(number(l3 + offset, 4))).description }
    let bits = bytes[(l3 + offset)..<(l3 + offset + 16)].reduce(UInt128(0)) {
      $0 << 8 | UInt128($1)
    }
    return IPv6Address(bits).description
  }

  /// Both checksums, computed anew over all bytes, come out right (F2).
  var checksumsHold: Bool {
    if isIPv4, slowChecksum(Array(bytes[l3..<l4])) != 0 { return false }
    if isIPv4, moreFragments || fragmentOffset > 0 { return true }
    let segment = Array(bytes[l4..<end])
    switch transport {
    case 1: return slowChecksum(segment) == 0
    case 17 where number(l4 + 6, 2) == 0: return isIPv4
    case 6, 17, 58:
      let addresses = Array(bytes[(l3 + (isIPv4 ? 12 : 8))..<(l3 + (isIPv4 ? 20 : 40))])
      let rest = big(UInt32(segment.count)) + [0, 0, 0, UInt8(transport)]
      return slowChecksum(addresses + rest + segment) == 0
    default: return true
    }
  }

  var description: String {
    "\(source):\(sourcePort) > \(destination):\(destinationPort) proto \(transport) flags \(flags.rawValue) "
      + "seq \(sequence) ack \(acknowledgment)"
  }
}
