import Model
import Wire

/// The way of a flow's first packet, past the security groups that stand on it (N1).
extension PacketPath {
  /// - Parameter egress: the port by which the packet's flow has left until now, where it is another way that the flow
  ///   takes, not another connection that begins.
  mutating func routeFirst(
    _ key: FlowKey, continuing egress: PortID?, into admission: inout Admission
  ) throws(DropReason) {
    var groups = GroupPassage.none
    var noTrace: Trace?
    defer {
      refusal = groups.refusal
      ruleHits.count(groups)
    }
    try routeFirst(
      key, continuing: egress, into: &admission, groups: &groups, trace: &noTrace)
  }

  // Inlined with what it asks, or `self` would be copied for the call: as for each non-mutating method of so large a
  // structure.
  @inline(__always)
  func routeFirst(
    _ key: FlowKey, continuing egress: PortID?, into admission: inout Admission,
    groups: inout GroupPassage, trace: inout Trace?
  ) throws(DropReason) {
    groups.meetsOutbound = egress == nil && !answersDelivered(key)
    if !groups.meetsOutbound, egress == nil {
      trace.record("security-group", "N1: it answers a packet that the NIC has received")
    }
    try snapshot.route(key, into: &admission, groups: &groups, trace: &trace)
    try snapshot.filterByPolicy(key, admission.action.route, trace: &trace)
    // What leaves by a port towards the world meets no groups there.
    guard egress != admission.action.egress, snapshot[admission.action.egress].nic != nil else {
      return
    }
    guard !answersSent(key, admission.action) else {
      trace.record("security-group", "N1: it answers a packet that the receiver has sent")
      return
    }
    try snapshot.filterInbound(key, admission.action, groups: &groups, trace: &trace)
  }

  /// Whether the port has received the packet that this one answers, by a way that is not the way back: its groups have let
  /// that one in, and know the connection.
  @inline(__always)
  private func answersDelivered(_ key: FlowKey) -> Bool {
    guard let flow = oneWayFlows.flow(answeredBy: key), let match = table.find(flow) else {
      return false
    }
    return !table[match.slot].hasReverse && table[match.slot].state != .reset
  }

  /// Whether the receiver has sent the packet that this one answers, which went another way.
  @inline(__always)
  private func answersSent(_ key: FlowKey, _ action: Action) -> Bool {
    guard let match = table.find(snapshot.backKey(of: key, by: action)) else { return false }
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
      port: egress, source: newDestination, destination: newSource,
      sourcePort: key.destinationPort, destinationPort: key.sourcePort, transport: key.transport,
      isIPv6: key.isIPv6)
  }
}
