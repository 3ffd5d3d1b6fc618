/// Flows whose replies take another way (a route table on one side only), by the key that a reply has where it begins: it
/// is a flow of its own, and yet the answer to what the NIC's groups have let in (N1).
///
/// An entry may outlive its flow: who asks looks whether the flow is still there.
struct OneWayFlows {
  private var forward: [FlowKey: FlowKey] = [:]
  /// When to look for entries that have outlived their flows.
  private var limit = Self.leastLimit

  private static let leastLimit = 1_024

  /// The flow that a packet with this key answers, if it has not ended.
  func flow(answeredBy key: FlowKey) -> FlowKey? {
    forward.isEmpty ? nil : forward[key]
  }

  /// - Parameter lives: whether a flow is in the table. Asked for all of them, each time that their number has doubled.
  mutating func note(_ flow: FlowKey, answeredBy key: FlowKey, lives: (FlowKey) -> Bool) {
    if forward.count >= limit {
      forward = forward.filter { lives($0.value) }
      limit = max(Self.leastLimit, forward.count * 2)
    }
    forward[key] = flow
  }

  mutating func removeAll() { forward.removeAll() }
}
