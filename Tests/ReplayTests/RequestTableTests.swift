import Dataplane
import TestSupport
import Testing
import Wire

@testable import Replay

@Suite("The table of forwarded requests is a dictionary of the newest conversations")
struct RequestTableTests {
  /// The same, obviously.
  private struct Twin {
    var limit: Int
    var requests: [FiveTuple: ForwardedRequest] = [:]
    var order: [FiveTuple] = []
    var hasForgotten = false

    mutating func note(_ tuple: FiveTuple, _ request: ForwardedRequest) {
      if let earlier = requests.updateValue(request, forKey: tuple) {
        hasForgotten = hasForgotten || earlier != request
      } else {
        order.append(tuple)
      }
      guard order.count > limit else { return }
      requests[order.removeFirst()] = nil
      hasForgotten = true
    }
  }

  @Test("Random conversations, noted and asked for", arguments: [1, 2, 16, 4_096])
  func random(limit: Int) throws {
    var random = SeededGenerator(seed: UInt64(limit))
    var table = RequestTable(limit: limit)
    var twin = Twin(limit: limit)
    for step in 0..<20_000 {
      // Few of each, so that they come again, also with only one thing different.
      let isIPv6 = random.next() % 4 == 0
      let address = { (bits: UInt64) in
        isIPv6
          ? IPAddress.v6(IPv6Address(UInt128(bits) << 64)) : .v4(IPv4Address(UInt32(bits)))
      }
      let hasPorts = random.next() % 5 > 0
      let tuple = FiveTuple(
        transport: hasPorts ? .tcp : .number(UInt8(random.next() % 3)),
        source: address(random.next() % 8), destination: address(random.next() % 8),
        sourcePort: hasPorts ? UInt16(random.next() % 8) : nil,
        destinationPort: hasPorts ? UInt16(random.next() % 64) : nil)
      let conversation = try #require(Conversation(tuple))
      #expect(conversation.tuple == tuple)
      #expect(conversation.reversed.tuple == tuple.reversed)
      #expect(table.request(conversation) == twin.requests[tuple], "step \(step)")
      let request = ForwardedRequest(
        egress: PortID(Int(random.next() % 3)), translatedSource: address(random.next() % 4))
      table.note(
        conversation, egress: request.egress, translatedSource: request.translatedSource.bits)
      twin.note(tuple, request)
      #expect(table.hasForgotten == twin.hasForgotten)
      #expect(table.count == twin.requests.count)
    }
    for tuple in twin.order {
      #expect(table.request(try #require(Conversation(tuple))) == twin.requests[tuple])
    }
  }

  @Test("ARP has a conversation of its own, and unlike addresses have none")
  func unusual() {
    let arp = FiveTuple(
      transport: .arp, source: .v4(IPv4Address(1)), destination: .v4(IPv4Address(2)))
    #expect(Conversation(arp)?.tuple == arp)
    #expect(
      Conversation(
        FiveTuple(
          transport: .tcp, source: .v4(IPv4Address(1)), destination: .v6(IPv6Address(2)))) == nil)
  }
}
