import Testing
import Wire

@Suite("Golden frames are read as they are annotated") struct GoldenTests {
  @Test("Plain: Ethernet, IPv4, TCP")
  func plain() throws {
    let headers = try parse(Golden.plain)
    #expect(headers.network == .ipv4 && headers.etherType == 0x0800 && headers.vlanTags == 0)
    #expect(headers.l3Offset == 14 && headers.l4Offset == 34 && headers.payloadOffset == 54)
    #expect(headers.end == Golden.plain.count && headers.packetLength == 43)
    #expect(headers.trafficLength == 3)
    #expect(headers.sourceAddress.description == "10.0.1.4")
    #expect(headers.destinationAddress.description == "20.60.0.4")
    #expect(headers.sourcePort == 49_152 && headers.destinationPort == 443)
    #expect(headers.hopLimit == 64 && headers.transport == 6)
    #expect(headers.tcpFlags == [.psh, .ack] && !headers.isSYN)
    #expect(headers.tcpSequence == 0x1122_3344 && headers.tcpAcknowledgment == 0x5566_7788)
    #expect(headers.dontFragment && !headers.isFragment && headers.fragmentID == 0x1234)
    #expect(!headers.ipv4ChecksumMissing && !headers.isICMP)
  }

  @Test("802.1Q: one tag")
  func tagged() throws {
    let headers = try parse(Golden.tagged)
    #expect(headers.vlanTags == 1 && headers.etherType == 0x0800)
    #expect(headers.l3Offset == 18 && headers.l4Offset == 38 && headers.payloadOffset == 46)
    #expect(headers.transport == 17 && headers.trafficLength == 1)
  }

  @Test("QinQ: two tags, IPv6")
  func doubleTagged() throws {
    let headers = try parse(Golden.doubleTagged)
    #expect(headers.vlanTags == 2 && headers.etherType == 0x86dd && headers.network == .ipv6)
    #expect(headers.l3Offset == 22 && headers.l4Offset == 62 && headers.payloadOffset == 70)
    #expect(headers.sourceAddress.description == "fd00:1::4")
    #expect(headers.destinationAddress.description == "2001:db8::1")
    #expect(headers.sourcePort == 50_000 && headers.destinationPort == 60_000)
  }

  @Test("IPv4 options stand between header and transport")
  func options() throws {
    let headers = try parse(Golden.options)
    #expect(headers.l4Offset - headers.l3Offset == 28)
    #expect(headers.isICMP && headers.isEchoRequest && !headers.isICMPError)
    #expect(headers.sourcePort == 7 && headers.destinationPort == 7, "an echo's identifier")
    #expect(headers.trafficLength == 4)
  }

  @Test("Fragments: the first has ports, a later one has none")
  func fragments() throws {
    let first = try parse(Golden.firstFragment)
    #expect(first.isFragment && first.isFirstFragment && !first.isLaterFragment)
    #expect(first.moreFragments && first.fragmentOffset == 0 && first.sourcePort == 1_000)
    let later = try parse(Golden.laterFragment)
    #expect(later.isFragment && !later.isFirstFragment && later.isLaterFragment)
    #expect(!later.moreFragments && later.fragmentOffset == 16 && later.sourcePort == 0)
    #expect(later.l4Offset == later.payloadOffset && later.trafficLength == 8)
    #expect(first.fragmentID == 0xbeef && later.fragmentID == 0xbeef)
  }

  @Test("IPv6 extension headers are read through; an atomic fragment is a whole packet")
  func extensionHeaders() throws {
    let headers = try parse(Golden.extensionHeaders)
    #expect(headers.l4Offset - headers.l3Offset == 64 && headers.transport == 6)
    #expect(headers.isSYN && headers.tcpMaximumSegment == 1_440)
    #expect(!headers.isFragment && headers.dontFragment && headers.fragmentID == 0xcafe_babe)
    #expect(headers.destinationPort == 443 && headers.trafficLength == 0)
  }

  @Test("An ICMP error names the packet that it is about")
  func errors() throws {
    for (frame, port) in [
      (Golden.error, 443), (Golden.shortError, 443), (Golden.errorIPv6, 60_000),
    ] as [([UInt8], UInt16)] {
      let headers = try parse(frame)
      #expect(headers.isICMPError && headers.pathMTU(of: frame) == nil)
      let quoted = try #require(frame.withUnsafeBytes { Headers.parseQuoted($0, headers) })
      #expect(quoted.l3Offset == headers.payloadOffset && quoted.end == frame.count)
      #expect(quoted.source == headers.destination)
      #expect(quoted.destinationPort == port)
      #expect(quoted.transport == (headers.network == .ipv4 ? 6 : 17))
    }
  }

  @Test("A reset, in a VLAN")
  func reset() throws {
    let headers = try parse(Golden.reset)
    #expect(headers.tcpFlags == [.rst, .ack] && headers.vlanTags == 1)
  }

  @Test("ARP: a request, and its answer")
  func arp() throws {
    let request = try message(Golden.arpRequest)
    #expect(request.isRequest && request.operation == 1)
    #expect(request.senderMAC.description == "02:00:0a:00:01:04")
    #expect(request.senderAddress.description == "10.0.1.4")
    #expect(request.targetMAC == .zero && request.targetAddress.description == "10.0.1.1")
    let reply = try message(Golden.arpReply)
    #expect(!reply.isRequest && reply.operation == 2)
    #expect(reply.senderMAC.description == "12:34:56:78:9a:bc")
    #expect(reply.targetAddress.description == "10.0.1.4")
  }

  @Test("Neighbour discovery: a solicitation, its answer, and a probe for a duplicate")
  func neighbors() throws {
    let solicitation = try neighbor(Golden.solicitation)
    #expect(solicitation.isSolicitation && solicitation.target.description == "fd00:1::1")
    #expect(solicitation.linkLayerAddress?.description == "02:00:0a:00:01:04")
    #expect(!solicitation.isRouter && !solicitation.isSolicited && !solicitation.isOverride)
    let advertisement = try neighbor(Golden.advertisement)
    #expect(!advertisement.isSolicitation && advertisement.target.description == "fd00:1::1")
    #expect(advertisement.linkLayerAddress?.description == "12:34:56:78:9a:bc")
    #expect(advertisement.isRouter && advertisement.isSolicited && advertisement.isOverride)
    let probe = try neighbor(Golden.probe)
    #expect(probe.isSolicitation && probe.linkLayerAddress == nil)
    let headers = try parse(Golden.advertisement)
    #expect(
      Golden.advertisement.withUnsafeBytes { headers.neighborSolicitationTarget($0) } == nil)
  }

  @Test("Neighbour discovery: a forwarded message, and options without a length, are not believed")
  func neighborsRefused() throws {
    var forwarded = Golden.solicitation
    forwarded[21] = 254
    #expect(throws: (any Error).self) { try neighbor(forwarded) }
    var endless = Golden.solicitation
    endless[endless.count - 7] = 0
    #expect(throws: (any Error).self) { try neighbor(endless) }
    var long = Golden.solicitation
    long[long.count - 7] = 2
    #expect(throws: (any Error).self) { try neighbor(long) }
  }

  private struct Seen {
    var operation: UInt16
    var isRequest: Bool
    var senderMAC: MACAddress
    var senderAddress: IPv4Address
    var targetMAC: MACAddress
    var targetAddress: IPv4Address
  }

  /// A view lives no longer than its bytes.
  private func message(_ frame: [UInt8]) throws -> Seen {
    let headers = try parse(frame)
    return try frame.withUnsafeBytes {
      let message = try #require(ARPMessage($0, headers))
      return Seen(
        operation: message.operation, isRequest: message.isRequest, senderMAC: message.senderMAC,
        senderAddress: message.senderAddress, targetMAC: message.targetMAC,
        targetAddress: message.targetAddress)
    }
  }

  private struct SeenNeighbor {
    var isSolicitation: Bool
    var isRouter: Bool
    var isSolicited: Bool
    var isOverride: Bool
    var target: IPv6Address
    var linkLayerAddress: MACAddress?
  }

  private struct NoMessage: Error {}

  private func neighbor(_ frame: [UInt8]) throws -> SeenNeighbor {
    let headers = try parse(frame)
    return try frame.withUnsafeBytes {
      guard let message = NeighborMessage($0, headers) else { throw NoMessage() }
      return SeenNeighbor(
        isSolicitation: message.isSolicitation, isRouter: message.isRouter,
        isSolicited: message.isSolicited, isOverride: message.isOverride, target: message.target,
        linkLayerAddress: message.linkLayerAddress)
    }
  }
}

extension Headers {
  func pathMTU(of frame: [UInt8]) -> Int? { frame.withUnsafeBytes { pathMTU($0) } }
}
