import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

/// A half keeps keys and actions in parts, where packets find them.
@Suite("One direction of a flow") struct FlowHalfTests {
  private static func key(_ random: inout SeededGenerator) -> FlowKey {
    let isIPv6 = Bool.random(using: &random)
    let addresses = (0..<2).map { _ in
      isIPv6 ? UInt128.random(in: 0...(.max), using: &random) : UInt128(random.next() >> 32)
    }
    return FlowKey(
      port: PortID(Int(random.next() % 0x1_0000)), source: addresses[0], destination: addresses[1],
      sourcePort: UInt16(random.next() >> 48), destinationPort: UInt16(random.next() >> 48),
      transport: [6, 17, 1, 58, 132][Int(random.next() % 5)], isIPv6: isIPv6)
  }

  @Test("What goes in comes out: key, addresses, egress, service, next hop", arguments: 0..<200)
  func parts(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let key = Self.key(&random)
    let other = Self.key(&random)
    let service: Int? = seed % 3 == 0 ? nil : Int(random.next() % 500)
    let hop = NextHopType.allCases[Int(random.next() % UInt64(NextHopType.allCases.count))]
    let action = Action(
      egress: PortID(Int(random.next() % 0x1_0000)),
      source: seed % 2 == 0 ? other.source & (key.isIPv6 ? .max : 0xffff_ffff) : nil,
      destination: seed % 5 == 0 ? ~key.destination & (key.isIPv6 ? .max : 0xffff_ffff) : nil,
      route: ResolvedRoute(
        prefix: .anyIPv4, origin: .system, nextHopType: hop, service: service))
    var half = FlowHalf(key: key, action: action, generation: 1 << 40 | 7)
    #expect(half.key == key)
    #expect(half.has(key))
    #expect(half.has(other) == (key == other))
    #expect(half.newSource == action.source ?? key.source)
    #expect(half.newDestination == action.destination ?? key.destination)
    #expect(half.isIPv6 == key.isIPv6)
    #expect(half.egress == action.egress)
    #expect(half.passage.service == service)
    #expect(half.passage.nextHop == hop.index)
    #expect(!half.isSteady)
    #expect(half.isDecided(by: 7) && !half.isDecided(by: 8))

    half.isSteady = true
    half.egress = PortID(9)
    half.passage.service = 3
    half.key.port = 11
    var moved = key
    moved.port = 11
    #expect(half.isSteady && half.egress == PortID(9) && half.passage.service == 3)
    #expect(half.passage.nextHop == hop.index)
    #expect(half.key == moved && half.has(moved))
    half.isSteady = false
    #expect(!half.isSteady && half.egress == PortID(9))
  }

  @Test("An address that differs in any bit is another", arguments: [false, true])
  func eachBit(isIPv6: Bool) {
    let action = Action.undecided
    let key = FlowKey(
      port: PortID(1), source: 5, destination: 6, sourcePort: 1, destinationPort: 2, transport: 6,
      isIPv6: isIPv6)
    let half = FlowHalf(key: key, action: action, generation: 1)
    for bit in 0..<(isIPv6 ? 128 : 32) {
      var other = key
      other.source ^= 1 << UInt128(bit)
      #expect(!half.has(other))
      other = key
      other.destination ^= 1 << UInt128(bit)
      #expect(!half.has(other))
    }
  }
}
