import Model
import Wire

/// The way of a flow's first packet, past the security groups that stand on it (N1).
extension PacketPath {
  /// - Parameter egress: the port by which the packet's flow has left until now, where it is another way that the flow
  ///   takes, not another connection that begins.
  mutating func routeFirst(
    _ key: FlowKey, continuing egress: PortID?
  ) throws(DropReason) -> Snapshot.Way {
    var groups = GroupPassage.none
    var noTrace: Trace?
    defer {
      refusal = groups.refusal
      ruleHits.count(groups)
    }
    return try routeFirst(key, continuing: egress, groups: &groups, trace: &noTrace)
  }

  func routeFirst(
    _ key: FlowKey, continuing egress: PortID?, groups: inout GroupPassage, trace: inout Trace?
  ) throws(DropReason) -> Snapshot.Way {
    groups.meetsOutbound = egress == nil && !answersDelivered(key)
    if !groups.meetsOutbound, egress == nil {
      trace.record("security-group", "N1: it answers a packet that the NIC has received")
    }
    let way = try snapshot.route(key, groups: &groups, trace: &trace)
    let action = way.action
    try snapshot.filterByPolicy(key, action.route, trace: &trace)
    guard egress != action.egress else { return way }
    guard !answersSent(key, action) else {
      trace.record("security-group", "N1: it answers a packet that the receiver has sent")
      return way
    }
    try snapshot.filterInbound(key, action, groups: &groups, trace: &trace)
    return way
  }

  /// Whether the port has received the packet that this one answers, by a way that is not the way back: its groups have let
  /// that one in, and know the connection.
  private func answersDelivered(_ key: FlowKey) -> Bool {
    guard let flow = oneWayFlows.flow(answeredBy: key), let match = table.find(flow) else {
      return false
    }
    return !table[match.slot].hasReverse && table[match.slot].state != .reset
  }

  /// Whether the receiver has sent the packet that this one answers, which went another way.
  private func answersSent(_ key: FlowKey, _ action: Action) -> Bool {
    guard snapshot[action.egress].subnet != nil,
      let match = table.find(snapshot.backKey(of: key, by: Snapshot.Way(action: action)))
    else { return false }
    return table[match.slot].state != .reset
  }

  mutating func noteOneWay(_ flow: FlowKey, answeredBy key: FlowKey) {
    oneWayFlows.note(flow, answeredBy: key) { table.find($0) != nil }
  }
}

extension FlowHalf {
  /// What replies have, wherever they go: they begin where this direction ends.
  var keyOfReplies: FlowKey {
    FlowKey(
      port: egress, source: rewrite.destination, destination: rewrite.source,
      sourcePort: key.destinationPort, destinationPort: key.sourcePort, transport: key.transport,
      isIPv6: key.isIPv6)
  }
}
