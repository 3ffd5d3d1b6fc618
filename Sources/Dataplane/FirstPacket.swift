import Model
import Wire

/// The way of a flow's first packet, past the security groups that stand on it (N1).
extension PacketPath {
  /// - Parameters:
  ///   - ingress: the key's.
  ///   - egress: the port by which the packet's flow has left until now, where it is another way that the flow takes, not
  ///     another connection that begins.
  mutating func routeFirst(
    _ key: FlowKey, from ingress: PortRecord, continuing egress: PortID?,
    into admission: inout Admission
  ) throws(DropReason) {
    var groups = GroupPassage.none
    var noTrace: Trace?
    defer {
      refusal = groups.refusal
      ruleHits.count(groups)
    }
    try routeFirst(
      key, from: ingress, continuing: egress, into: &admission, groups: &groups, trace: &noTrace)
  }

  // Inlined with what it asks, or `self` would be copied for the call: as for each non-mutating method of so large a
  // structure.
  @inline(__always)
  func routeFirst(
    _ key: FlowKey, from ingress: PortRecord, continuing egress: PortID?,
    into admission: inout Admission, groups: inout GroupPassage, trace: inout Trace?
  ) throws(DropReason) {
    groups.meetsOutbound = egress == nil && !answersDelivered(key)
    if !groups.meetsOutbound, egress == nil {
      trace.record("security-group", "N1: it answers a packet that the NIC has received")
    }
    try snapshot.route(key, from: ingress, into: &admission, groups: &groups, trace: &trace)
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

  /// Where an admitted flow's packets go, and where its replies come from.
  mutating func findWays(
    of key: FlowKey, from ingress: PortRecord, continuing egress: PortID?,
    into admission: inout Admission
  ) throws(DropReason) {
    try routeFirst(key, from: ingress, continuing: egress, into: &admission)
    // The entry of replies comes from memory: the flow is put together meanwhile.
    admission.backKey = snapshot.backKey(of: key, by: admission.action)
    table.prefetchEntry(table.hash(of: admission.backKey))
    lastNew = (admission.backKey.ingress, admission.action.source)
    snapshot.findWayBack(of: key, from: ingress, into: &admission)
  }

  /// Makes room in the table for a flow, where that is allowed (F4).
  /// - Parameter admission: stays as it is; lent, where it would be copied otherwise.
  mutating func makeRoom(for admission: inout Admission) throws(DropReason) {
    if admission.hasReverse, let other = table.find(admission.backKey) {
      // Someone else's replies would look the same. What is over gives way, what lives does not.
      switch table[other.slot].state {
      case .reset, .closing, .denied: table.remove(other.slot)
      default: throw .flowConflict
      }
    }
    if table.isFull {
      guard table.evict() else { throw .flowTableFull }
      counts.flowsEvicted += 1
    }
  }

  /// A flow that has been entered, whose replies take another way.
  mutating func noteOneWay(_ flow: FlowKey, answeredBy key: FlowKey, leavingBy egress: PortID) {
    // Groups have let it in where a NIC receives it, and nowhere else.
    guard snapshot[egress].subnet != nil else { return }
    noteOneWay(flow, answeredBy: key)
  }

  mutating func noteOneWay(_ flow: FlowKey, answeredBy key: FlowKey) {
    oneWayFlows.note(flow, answeredBy: key) { table.find($0) != nil }
  }
}

/// The first packets of UDP that are plain: their flows are entered, and they are forwarded as all packets are that follow.
extension PacketPath {
  /// What a plain packet comes to that no flow was found for.
  enum Beginning {
    /// Its flow is in the table now.
    case entered
    case refused(DropReason)
    /// It is for `processAny`.
    case notTaken
  }

  /// Enters the flow of a frame of a batch, as `decide` would.
  @inline(never)
  mutating func begin(
    _ frame: Frame, _ candidate: UnsafeMutablePointer<Candidate>, from port: PortRecord
  ) -> Beginning {
    // At the edge it may not be forwarded at all.
    guard candidate.pointee.half == nil, candidate.pointee.length > 0,
      FlowKey.transport(ofRest: candidate.pointee.rest) == 17, snapshot.edge == nil
    else { return .notTaken }
    let key = candidate.pointee.key(of: frame)
    // A frame before it may have begun the flow.
    if let match = table.find(key, hash: candidate.pointee.hash) {
      candidate.pointee.half = table.half(match)
      return .entered
    }
    do throws(DropReason) {
      try snapshot.checkAddresses(key.source, key.destination, isIPv6: key.isIPv6)
      var admission = Admission()
      try findWays(of: key, from: port, continuing: nil, into: &admission)
      try makeRoom(for: &admission)
      let slot = table.insert(
        Flow(key, admission, state: .unanswered, generation: snapshot.generation)
      ) { _ in }
      candidate.pointee.half = table.half(FlowTable.Match(slot: slot, isReverse: false))
      if !admission.hasReverse {
        noteOneWay(key, answeredBy: admission.backKey, leavingBy: admission.action.egress)
      }
      return .entered
    } catch {
      return .refused(error)
    }
  }
}

extension PacketPath.Candidate {
  /// Of a plain packet.
  fileprivate func key(of frame: Frame) -> FlowKey {
    guard FlowKey.isIPv6(rest: rest) else {
      return FlowKey(
        source: UInt128(addresses >> 32), destination: UInt128(addresses & 0xffff_ffff),
        rest: rest)
    }
    let (source, destination) = PlainPacket.ipv6Addresses(frame.bytes)
    return FlowKey(source: source, destination: destination, rest: rest)
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
