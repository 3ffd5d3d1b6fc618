import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

/// Random operations against a dictionary: whatever the table holds is found by both keys, and nothing else.
@Suite("F4: the flow table against a dictionary") struct FlowTableTests {
  static func key(_ number: Int, port: Int) -> FlowKey {
    FlowKey(
      port: PortID(port), source: UInt128(number & 7), destination: UInt128(number >> 3 & 7),
      sourcePort: UInt16(number >> 6 & 7), destinationPort: UInt16(number >> 9), transport: 6,
      isIPv6: number & 1 == 1)
  }

  static func flow(_ number: Int, state: FlowState, now: UInt64) -> Flow {
    let action = Action(
      egress: PortID(1),
      route: ResolvedRoute(prefix: .anyIPv4, origin: .system, nextHopType: .internet))
    var flow = Flow(
      key(number, port: 0),
      Admission(
        action: action, backKey: key(number, port: 1), back: action, hasReverse: number % 3 != 0),
      state: state, generation: 1)
    flow.forward.lastSeen = now
    return flow
  }

  @Test("F4: insert, find, remove, change of state, expiry and eviction", arguments: 0..<20)
  func operations(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed) &* 0x9e37_79b9)
    var table = FlowTable(capacity: 50, seed: random.next())
    var model: [Int: (slot: UInt32, state: FlowState, lastSeen: UInt64)] = [:]
    var now: UInt64 = 1_000
    for _ in 0..<1_500 {
      now += 1
      let number = Int(random.next() % 120)
      switch random.next() % 8 {
      case 0...3:
        guard model[number] == nil else { break }
        let state = FlowState.allCases[Int(random.next() % 8)]
        if let slot = table.insert(Self.flow(number, state: state, now: now)) {
          model[number] = (slot, state, now)
        } else {
          #expect(model.count == 50)
          let victim = FlowState.evictionOrder.first { state in
            model.values.contains { $0.state == state }
          }
          let before = table.count
          #expect(table.evict() == (victim != nil))
          #expect(table.count == before - (victim == nil ? 0 : 1))
          if let victim {
            let gone = model.filter { table.find(Self.key($0.key, port: 0)) == nil }
            #expect(gone.count == 1)
            #expect(gone.first?.value.state == victim)
            for number in gone.keys { model[number] = nil }
          }
        }
      case 4:
        guard let entry = model.removeValue(forKey: number) else { break }
        table.remove(entry.slot)
      case 5:
        guard let entry = model[number] else { break }
        let state = FlowState.allCases[Int(random.next() % 8)]
        table.setState(state, of: entry.slot)
        model[number]!.state = state
      case 6:
        guard let entry = model[number] else { break }
        table[entry.slot].forward.lastSeen = now
        model[number]!.lastSeen = now
      default:
        let state = FlowState.allCases[Int(random.next() % 8)]
        let deadline = now - min(now, random.next() % 200)
        let expired = model.filter { $0.value.state == state && $0.value.lastSeen < deadline }
        #expect(table.expire(state, unseenSince: deadline) == expired.count)
        for number in expired.keys { model[number] = nil }
      }
      #expect(table.count == model.count)
      for number in 0..<120 {
        let forward = table.find(Self.key(number, port: 0))
        let reverse = table.find(Self.key(number, port: 1))
        #expect(forward?.slot == model[number]?.slot)
        #expect((reverse != nil) == (model[number] != nil && number % 3 != 0))
        if let reverse { #expect(reverse.isReverse && reverse.slot == forward?.slot) }
      }
      for state in FlowState.allCases {
        #expect(table.count(of: state) == model.values.count { $0.state == state })
      }
    }
  }
}
