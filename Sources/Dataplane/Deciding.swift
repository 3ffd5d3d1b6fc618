import Model
import Wire

/// Stage 2: flow lookup and, for the first packet of a flow, the slow path. In the order of the frames,
/// because the second packet of a flow must find what the first one left.
extension PacketPath {
  /// - Parameter admission: of a first packet, what it decides; of any packet that is sent, its action.
  mutating func decide(
    _ frame: Frame, _ headers: Headers, from port: PortRecord, by admission: inout Admission,
    into output: inout Transmission
  ) -> Plan {
    do throws(DropReason) {
      return try plan(frame, headers, from: port, by: &admission, into: &output)
    } catch {
      if headers.isFirstFragment {
        fragments.note(
          FragmentKey(headers, port: port.id), .drop(error), now: frame.timestamp)
      }
      return .drop(error)
    }
  }

  private mutating func plan(
    _ frame: Frame, _ headers: Headers, from port: PortRecord, by admission: inout Admission,
    into output: inout Transmission
  ) throws(DropReason) -> Plan {
    var silent: Trace?
    switch try snapshot.screen(
      headers, frame, at: port, acceptsAnyMAC: acceptsAnyMAC, trace: &silent)
    {
    case .route: break
    case .answerARP(let target):
      return .answer(.arp, output.makeARPReply(frame, headers, target: target, from: port))
    case .answerNeighbor(let target):
      return .answer(
        .neighborDiscovery,
        output.makeNeighborAdvertisement(frame, headers, target: target, from: port))
    case .echo:
      return .answer(.echo, try output.makeEchoReply(frame, headers))
    }

    if headers.isLaterFragment {
      switch fragments.outcome(
        of: FragmentKey(headers, port: port.id), now: frame.timestamp)
      {
      case nil: throw .fragmentWithoutFirst
      case .drop(let reason): throw reason
      case .forward(let action):
        admission.action = action
        return try send(frame, headers, by: admission.action, from: port, into: &output)
      }
    }

    if headers.isICMPError,
      let plan = try planError(frame, headers, from: port, by: &admission.action, into: &output)
    {
      return plan
    }

    let key = FlowKey(headers, port: port.id)
    var continued: PortID?
    if let match = table.find(key) {
      switch follow(match, frame, headers, from: port, by: &admission.action, into: &output) {
      case .gone: break
      case .moved(let egress): continued = egress
      case .plan(let plan): return plan
      case .drop(let reason): throw reason
      case .send(let limits):
        return try send(frame, headers, by: admission.action, limits, from: port, into: &output)
      }
    }

    try findWays(of: key, from: port, continuing: continued, into: &admission)
    if let edge = snapshot.edge, let judgment = admission.judgment {
      guard !judgment.isDenied else {
        return try refuse(judgment, key, frame, headers, into: &output)
      }
      if judgment.match == nil {
        // A connection whose host name is to be read has to be there from its beginning.
        guard headers.isSYN else { throw .noFlow }
        guard headers.trafficLength == 0, !headers.isFragment else { throw .notInspectable }
      }
      translate(&admission, key, edge)
    }
    try enter(key, &admission, frame, headers)
    if let judgment = admission.judgment, judgment.match != nil {
      note(judgment, key, at: frame.timestamp, translated: admission.action.source)
    }
    if !admission.hasReverse {
      noteOneWay(key, answeredBy: admission.backKey, leavingBy: admission.action.egress)
    }
    return try send(frame, headers, by: admission.action, from: port, into: &output)
  }

  private enum Following {
    /// The flow has ended: the packet begins another.
    case gone
    /// Its packets take another way than by this port now.
    case moved(PortID)
    case plan(Plan)
    case drop(DropReason)
    /// By the flow's action.
    case send(SegmentLimits)
  }

  /// What bounds the segments that a TCP packet above the MTU is cut into, in bytes.
  private struct SegmentLimits {
    /// Of an IP packet, once an ICMP error has said so.
    var pathMTU = Int.max
    /// Of the payload, as the receiver's SYN said.
    var maximumSegment: UInt16?
  }

  /// A packet that belongs to a known flow.
  /// - Parameter action: becomes the flow's, where the packet is to be sent.
  private mutating func follow(
    _ match: FlowTable.Match, _ frame: Frame, _ headers: Headers, from port: PortRecord,
    by action: inout Action, into output: inout Transmission
  ) -> Following {
    let slot = match.slot
    if table[slot].state == .reset {
      // F3: late packets of a closed connection learn that it is closed; a new SYN begins a new one.
      if headers.tcpFlags.contains(.rst) { return .drop(.flowClosed) }
      if headers.isSYN, !match.isReverse {
        table.remove(slot)
        return .gone
      }
      return .plan(.answer(.reset, output.makeReset(answering: frame, headers)))
    }
    if table[slot].state == .denied {
      if headers.isSYN, !match.isReverse {
        table.remove(slot)
        return .gone
      }
      guard !match.isReverse, !headers.tcpFlags.contains(.rst) else {
        return .drop(.resourceFirewall)
      }
      return .plan(.answer(.denied, answer(refusedOn: slot, frame, headers, into: &output)))
    }
    // The server has not answered the first one, and the caller has begun anew with the same ports.
    if table[slot].isInspected, headers.isSYN, !match.isReverse,
      !table[slot].beginning.isAnswered,
      headers.tcpSequence &+ 1 != table[slot].beginning.caller
    {
      table.remove(slot)
      return .gone
    }
    if table[slot].state == .closing, headers.isSYN, !match.isReverse {
      table.remove(slot)
      return .gone
    }
    if !table.half(match).pointee.isDecided(by: snapshot.generation) || !limits.usesFlowTable {
      let egress = table.half(match).pointee.egress
      switch revalidate(slot, now: frame.timestamp, into: &output) {
      case .holds: break
      case .moved: return .moved(egress)
      case .closed:
        return .plan(.answer(.reset, nil))
      }
    }

    if table[slot].isInspected, let edge = snapshot.edge {
      do throws(DropReason) {
        if let plan = try inspect(match, edge, frame, headers, into: &output) { return .plan(plan) }
      } catch {
        return .drop(error)
      }
    }
    let state = table[slot].follow(
      headers, isReverse: match.isReverse, length: frame.wireLength, now: frame.timestamp)
    if state != table[slot].state { table.setState(state, of: slot) }
    action = table[slot].action(isReverse: match.isReverse)
    return .send(segmentLimits(slot, isReverse: match.isReverse))
  }

  /// Mutating, lest `self` be copied.
  private mutating func segmentLimits(_ slot: UInt32, isReverse: Bool) -> SegmentLimits {
    isReverse
      ? SegmentLimits(
        pathMTU: table[slot].reverseDetails.pathMTU,
        maximumSegment: table[slot].forwardDetails.maximumSegment)
      : SegmentLimits(
        pathMTU: table[slot].forwardDetails.pathMTU,
        maximumSegment: table[slot].reverseDetails.maximumSegment)
  }

  /// Puts an admitted flow into the table, making room where that is allowed (F4).
  /// - Parameter admission: stays as it is; lent, where it would be copied otherwise.
  private mutating func enter(
    _ key: FlowKey, _ admission: inout Admission, _ frame: Frame, _ headers: Headers
  ) throws(DropReason) {
    try makeRoom(for: &admission)
    let slot = table.insert(
      Flow(key, admission, state: .initial(for: headers), generation: snapshot.generation)
    ) { flow in
      flow.noteTags(of: frame, headers)
      flow.beginning.caller = headers.tcpSequence &+ 1
      flow.state = flow.follow(
        headers, isReverse: false, length: frame.wireLength, now: frame.timestamp)
    }
    // Of an earlier flow in the slot.
    if table[slot].isInspected { inspections[slot] = nil }
  }

  /// An ICMP error about a packet that we sent: it goes the way of that packet's flow, and the packet
  /// inside is translated as well (F2). Nil for one that quotes no flow but stays inside the network.
  private mutating func planError(
    _ frame: Frame, _ headers: Headers, from port: PortRecord, by action: inout Action,
    into output: inout Transmission
  ) throws(DropReason) -> Plan? {
    guard let quoted = Headers.parseQuoted(frame.readOnly, headers) else {
      if port.subnet == nil { throw .icmpErrorWithoutFlow }
      return nil
    }
    let key = FlowKey(answering: quoted, headers, port: port.id)
    guard let match = table.find(key) else {
      if port.subnet == nil { throw .icmpErrorWithoutFlow }
      return nil
    }
    action = table[match.slot].action(isReverse: match.isReverse)
    let quotedSource = action.destination
    let quotedDestination = action.source
    // A router on the way may have written the error: its own address is not the flow's.
    if headers.source != key.source {
      action.source = nil
      let address = headers.sourceAddress
      if action.egress == snapshot.internetPort, address.isPrivate {
        guard let network = port.virtualNetwork,
          let publicAddress = snapshot.owner(of: address, in: network)?.publicAddress
        else { throw .noPublicAddress }
        action.source = publicAddress.bits
      }
    }
    if headers.destination != key.destination { action.destination = nil }
    if let limit = headers.pathMTU(frame.readOnly) {
      if match.isReverse {
        table[match.slot].forwardDetails.pathMTU = limit
      } else {
        table[match.slot].reverseDetails.pathMTU = limit
      }
    }
    let plan = try send(frame, headers, by: action, from: port, into: &output)
    if case .send = plan, quotedSource != nil || quotedDestination != nil {
      rewriteQuoted(
        frame.bytes, headers, quoted, source: quotedSource, destination: quotedDestination)
    }
    return plan
  }

  /// The last checks before a packet leaves: time to live, and whether it fits (F6, F7).
  private mutating func send(
    _ frame: Frame, _ headers: Headers, by action: Action,
    _ limits: SegmentLimits = SegmentLimits(), from port: PortRecord,
    into output: inout Transmission
  ) throws(DropReason) -> Plan {
    if headers.isFirstFragment {
      fragments.note(
        FragmentKey(headers, port: port.id), .forward(action), now: frame.timestamp)
    }
    guard headers.hopLimit > 1 else {
      guard
        let answer = output.makeICMPError(.timeExceeded, about: frame, headers, from: port)
      else { throw .ttlExceeded }
      return .answer(.timeExceeded, answer)
    }
    let tunnel = snapshot.tunnel(action.egress)
    try Self.check(frame, headers, for: tunnel)
    let length = headers.packetLength
    var mtu = snapshot[action.egress].device.mtu
    if headers.isFragment, let tunnel { mtu = tunnel.fragmentMTU }
    guard !frame.isTruncated else { return .send(.whole) }
    // No packet, but a batch of segments: its port has said so, or it is above the MTU of the link that it came from.
    if headers.transport == 6, !headers.isFragment,
      frame.segmentSize > 0 || length > port.device.mtu
    {
      var maximum = min(mtu, port.device.mtu, limits.pathMTU)
      if frame.segmentSize > 0 {
        maximum = min(
          mtu, headers.payloadOffset - headers.l3Offset + Int(frame.segmentSize), limits.pathMTU)
      }
      if let segment = limits.maximumSegment {
        maximum = min(maximum, headers.l4Offset - headers.l3Offset + 20 + Int(segment))
      }
      return .send(batchSize(headers, maximumPacket: maximum, to: action.egress))
    }
    guard length > mtu else { return .send(.whole) }
    if headers.network == .ipv4, !headers.dontFragment {
      try Self.check(frame, headers, for: tunnel, asFragments: true)
      return .send(.fragments(maximumPacket: tunnel?.fragmentMTU ?? mtu))
    }
    guard
      let answer = output.makeICMPError(
        .fragmentationNeeded(mtu: mtu), about: frame, headers, from: port)
    else { throw .tooBig }
    return .answer(.fragmentationNeeded, answer)
  }

  /// Whether the way out's tunnel, where it is one, carries such packets.
  static func check(
    _ frame: Frame, _ headers: Headers, for tunnel: Tunnels.Tunnel?, asFragments: Bool = false
  ) throws(DropReason) {
    guard let tunnel else { return }
    do throws(TunnelRefusal) {
      try tunnel.encoder.check(frame.readOnly, headers, asFragments: asFragments)
    } catch {
      throw DropReason(error)
    }
  }

  /// How a batch leaves: whole where the way out takes it, else cut into IP packets up to this many bytes. Mutating, lest
  /// `self` be copied.
  private mutating func batchSize(_ headers: Headers, maximumPacket: Int, to egress: PortID) -> Size
  {
    let isTaken =
      switch batches {
      case .cut: false
      case .byTAP: snapshot[egress].device.kind == .tap
      case .byAny: true
      }
    guard isTaken, snapshot.tunnel(egress) == nil,
      let size = UInt16(exactly: headers.tcpSegmentPayload(maximumPacketLength: maximumPacket)),
      headers.trafficLength > Int(size)
    else { return .segments(maximumPacket: maximumPacket) }
    return .batch(segmentSize: size)
  }
}
