import Testing

@testable import PacketIO

@Suite("Link types that are not Ethernet: an Ethernet header takes the place of theirs")
struct LinkHeaderTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var linkType: UInt32
    var header: [UInt8]
    var etherType: UInt16
    var source: [UInt8] = [0, 0, 0, 0, 0, 0]
    var testDescription: String { name }
  }

  static let ipv4: [UInt8] = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
  static let cooked: [UInt8] = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0]

  static let cases = [
    Case(name: "RAW, IPv4", linkType: 101, header: [], etherType: 0x0800),
    Case(name: "RAW, IPv6", linkType: 101, header: [0x60], etherType: 0x86dd),
    Case(name: "IPV4", linkType: 228, header: [], etherType: 0x0800),
    Case(name: "IPV6", linkType: 229, header: [], etherType: 0x86dd),
    Case(name: "NULL, little-endian", linkType: 0, header: [2, 0, 0, 0], etherType: 0x0800),
    Case(name: "NULL, big-endian", linkType: 0, header: [0, 0, 0, 2], etherType: 0x0800),
    Case(name: "NULL, IPv6 of macOS", linkType: 0, header: [30, 0, 0, 0], etherType: 0x86dd),
    Case(name: "NULL, IPv6 of FreeBSD", linkType: 0, header: [0, 0, 0, 28], etherType: 0x86dd),
    Case(name: "LOOP, IPv6 of OpenBSD", linkType: 108, header: [0, 0, 0, 24], etherType: 0x86dd),
    Case(
      name: "LINUX_SLL", linkType: 113, header: cooked + [8, 0], etherType: 0x0800,
      source: [2, 0, 0, 0, 0, 9]),
    Case(
      name: "LINUX_SLL without an address", linkType: 113,
      header: [0, 0, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd], etherType: 0x86dd),
    Case(
      name: "LINUX_SLL2", linkType: 276,
      header: [0x81, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0], etherType: 0x8100,
      source: [2, 0, 0, 0, 0, 9]),
    Case(name: "C_HDLC", linkType: 104, header: [0x0f, 0, 0x86, 0xdd], etherType: 0x86dd),
    Case(name: "PPP", linkType: 9, header: [0, 0x21], etherType: 0x0800),
    Case(name: "PPP with address", linkType: 9, header: [0xff, 3, 0, 0x57], etherType: 0x86dd),
    Case(name: "PPP, compressed", linkType: 9, header: [0x21], etherType: 0x0800),
    Case(name: "PPP_HDLC", linkType: 50, header: [0xff, 3, 0, 0x21], etherType: 0x0800),
    Case(name: "PPP_HDLC, Cisco", linkType: 50, header: [0x8f, 0, 8, 0], etherType: 0x0800),
    Case(name: "PPP_ETHER", linkType: 51, header: [], etherType: 0x8864),
  ]

  @Test("The type, the source and the length are right", arguments: cases)
  func replaced(_ test: Case) throws {
    // The version nibble is part of the packet, not of the header, where there is no header.
    let isPacket = test.header.count == 1 && test.linkType == 101
    let payload = (isPacket ? test.header : []) + Self.ipv4
    var file = CaptureBytes(isBigEndian: false)
    file.pcapHeader(nanoseconds: true, linkType: test.linkType)
    file.pcapPacket(
      (isPacket ? [] : test.header) + payload,
      wireLength: (isPacket ? 0 : test.header.count) + payload.count + 100)
    let capture = try ReadCapture(file.bytes)
    let packet = try #require(capture.packets.first)
    let type = [UInt8(test.etherType >> 8), UInt8(test.etherType & 255)]
    #expect(packet.bytes == [0, 0, 0, 0, 0, 0] + test.source + type + payload)
    #expect(packet.wireLength == packet.bytes.count + 100)
    #expect(packet.link == .synthesized)
  }

  @Test(
    "A packet that ends within its link header is a frame that ends within its own",
    arguments: [(0, 3), (113, 15), (276, 19), (104, 3), (9, 1)])
  func cutShort(linkType: UInt32, count: Int) throws {
    var file = CaptureBytes(isBigEndian: true)
    file.pcapHeader(nanoseconds: false, linkType: linkType)
    file.pcapPacket(Array(repeating: 0, count: count))
    let packet = try #require(try ReadCapture(file.bytes).packets.first)
    #expect(packet.bytes.count == 12)
    #expect(packet.wireLength < 14)
  }

  @Test(
    "Other link types are handed over as they are, and marked",
    arguments: [
      (105, [8, 0]), (107, [0x18, 0x41, 0xcc]), (0, [16, 0, 0, 0]),
      (113, [0, 0, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ] as [(UInt32, [UInt8])])
  func unsupported(linkType: UInt32, bytes: [UInt8]) throws {
    var file = CaptureBytes(isBigEndian: false)
    file.pcapHeader(nanoseconds: false, linkType: linkType)
    file.pcapPacket(bytes)
    let packet = try #require(try ReadCapture(file.bytes).packets.first)
    #expect(packet.link == .unsupportedLinkType)
    #expect(packet.bytes == bytes)
  }

  @Test("PPP that carries no IP keeps its protocol number, under PPP's Ethernet type")
  func otherPPP() throws {
    var file = CaptureBytes(isBigEndian: false)
    file.pcapHeader(nanoseconds: false, linkType: 9)
    file.pcapPacket([0xff, 3, 0xc0, 0x21, 9, 1])
    let packet = try #require(try ReadCapture(file.bytes).packets.first)
    #expect(packet.bytes[12...] == [0x88, 0x0b, 0xc0, 0x21, 9, 1])
  }
}
