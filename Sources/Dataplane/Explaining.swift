import Model
import Wire

extension PacketPath {
  /// The decision on one frame with every step written down, made by the code that forwards. No flow is
  /// made, no counter moves, and the frame stays as it is.
  public func explain(_ frame: Frame, from port: PortID) -> Explanation {
    let record = snapshot.ports[Int(port.index)]
    var trace: Trace? = Trace()
    var explanation = Explanation(
      steps: [], verdict: "dropped", verdictDetail: "", sentence: "")
    do throws(DropReason) {
      let isDone =
        snapshot.tunnels?.backbone.id == port
        ? try explainTunnelled(frame, from: record, into: &explanation, trace: &trace) : false
      if !isDone { try explain(frame, from: record, into: &explanation, trace: &trace) }
    } catch {
      explanation.verdict = "dropped"
      explanation.verdictDetail = error.rawValue
      explanation.sentence = error.sentence
    }
    trace.record(
      "verdict", "\(explanation.verdict): \(explanation.verdictDetail). \(explanation.sentence)")
    explanation.steps = trace!.steps
    explanation.route = trace!.route
    return explanation
  }

  private func explain(
    _ frame: Frame, from port: PortRecord, into explanation: inout Explanation,
    trace: inout Trace?
  ) throws(DropReason) {
    let headers: Headers
    do throws(ParseError) {
      headers = try Headers.parse(frame.readOnly, wireLength: frame.wireLength)
    } catch {
      trace.record("parse", "\(frame.wireLength) bytes that cannot be read")
      throw DropReason(error)
    }
    trace.record("parse", headers.summary)
    trace.record("port", "came in by \(snapshot.label(of: port))")
    switch try snapshot.screen(
      headers, frame, at: port, acceptsAnyMAC: acceptsAnyMAC, trace: &trace)
    {
    case .route: break
    case .answerARP: return explanation.answer(.arp)
    case .answerNeighbor: return explanation.answer(.neighborDiscovery)
    case .echo: return explanation.answer(.echo)
    }
    if headers.isLaterFragment {
      trace.record("flow", "a later fragment: it follows what was decided on its first one")
      switch fragments.outcome(
        of: FragmentKey(headers, port: port.id), now: frame.timestamp)
      {
      case nil: throw .fragmentWithoutFirst
      case .drop(let reason): throw reason
      case .forward(let action):
        return try send(frame, headers, by: action, from: port, into: &explanation, trace: &trace)
      }
    }
    if headers.isICMPError, let quoted = Headers.parseQuoted(frame.readOnly, headers) {
      trace.record("flow", "an ICMP error: it follows the flow of the packet that it quotes")
      if let match = table.find(FlowKey(answering: quoted, headers, port: port.id)) {
        let action = table[match.slot].action(isReverse: match.isReverse)
        return try send(frame, headers, by: action, from: port, into: &explanation, trace: &trace)
      }
      if port.subnet == nil { throw .icmpErrorWithoutFlow }
    }
    let key = FlowKey(headers, port: port.id)
    if let match = table.find(key) {
      let flow = table[match.slot]
      guard flow.state != .reset else {
        trace.record("flow", "closed by an endpoint switch")
        throw .flowClosed
      }
      trace.record(
        "flow",
        "\(match.isReverse ? "a reply" : "a further packet") of a known flow, \(flow.state.name)")
      if match.isReverse {
        return try send(
          frame, headers, by: flow.action(isReverse: true), from: port, into: &explanation,
          trace: &trace)
      }
      guard flow.state != .denied else { throw .resourceFirewall }
      let admission = try snapshot.admit(key, trace: &trace)
      if explanation.refuse(admission.judgment, headers) { return }
      return try send(
        frame, headers, by: admission.action, from: port, into: &explanation, trace: &trace)
    }
    trace.record("flow", "none yet: the slow path decides")
    var groups = GroupPassage.none
    var admission = Admission()
    try routeFirst(
      key, from: port, continuing: nil, into: &admission, groups: &groups, trace: &trace)
    if let judgment = admission.judgment {
      guard judgment.match != nil || headers.isSYN else { throw .noFlow }
      if judgment.isDenied, headers.transport != 6 { throw .resourceFirewall }
      if explanation.refuse(judgment, headers) { return }
    }
    try send(frame, headers, by: admission.action, from: port, into: &explanation, trace: &trace)
  }

  /// What comes out of a tunnel. False, and nothing done, for what concerns the backbone's link itself.
  private func explainTunnelled(
    _ frame: Frame, from backbone: PortRecord, into explanation: inout Explanation,
    trace: inout Trace?
  ) throws(DropReason) -> Bool {
    guard
      let (port, packet) = try snapshot.identify(
        frame, at: backbone, acceptsAnyMAC: acceptsAnyMAC)
    else { return false }
    trace.record("decapsulate", snapshot.describe(packet, to: port))
    // The frame stays as it is.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.length, alignment: 64)
    defer { copy.deallocate() }
    copy.copyMemory(from: frame.readOnly)
    let arrival = snapshot.takeOff(
      Frame(
        bytes: copy.baseAddress!, length: frame.length, wireLength: frame.wireLength,
        timestamp: frame.timestamp), at: backbone, acceptsAnyMAC: acceptsAnyMAC)
    try explain(arrival.frame, from: snapshot[port], into: &explanation, trace: &trace)
    return true
  }

  /// The end of a packet that leaves, as far as a port's tunnel carries it.
  private func send(
    _ frame: Frame, _ headers: Headers, by action: Action, from ingress: PortRecord,
    into explanation: inout Explanation, trace: inout Trace?
  ) throws(DropReason) {
    if let tunnel = snapshot.tunnel(action.egress) {
      try Self.check(frame, headers, for: tunnel)
      trace.record("encapsulate", snapshot.describe(tunnel, headers, action))
    }
    try explanation.send(headers, action, snapshot)
    foretell(headers, action, from: ingress, into: &explanation, trace: &trace)
  }

  /// What the service's side will make of it, where a resource of the configuration may be meant.
  private func foretell(
    _ headers: Headers, _ action: Action, from ingress: PortRecord,
    into explanation: inout Explanation, trace: inout Trace?
  ) {
    guard explanation.egress != nil, snapshot.foretellsServices(by: action.egress) else { return }
    let destination = headers.address(action.destination ?? headers.destination)
    let exit = Exit(
      ingress: ingress.id, egress: action.egress,
      source: headers.address(action.source ?? headers.source))
    let matches = snapshot.candidates(at: destination, ofService: action.route.service)
    let isSure = snapshot.isSure(matches, at: destination)
    if !matches.isEmpty, !isSure {
      trace.record("resource", "the host name will say which of those at \(destination) is meant")
    }
    let answers = matches.compactMap { match in
      snapshot.foretell(match, at: exit, trace: &trace).map {
        snapshot.answer($0, at: exit, isSure: isSure)
      }
    }
    if !answers.isEmpty { explanation.resources = answers }
  }

  /// All flows, in no order.
  public func flows(now: UInt64) -> [FlowRecord] {
    var records: [FlowRecord] = []
    table.forEachSlot { slot in records.append(record(of: table[slot], now: now)) }
    return records
  }

  private func record(of flow: Flow, now: UInt64) -> FlowRecord {
    let key = flow.forward.key
    let action = flow.action(isReverse: false)
    let ingress = snapshot[key.ingress]
    return FlowRecord(
      port: ingress.name,
      virtualNetwork: ingress.virtualNetwork.map { snapshot.topology.virtualNetworks[$0].name },
      source: endpoint(key.sourceAddress, key.sourcePort),
      destination: endpoint(key.destinationAddress, key.destinationPort),
      proto: transportName(key.transport), state: flow.state.name,
      egress: snapshot[action.egress].name,
      nextHopType: action.route.nextHopType.rawValue,
      service: action.route.service.map { snapshot.topology.services.services[$0].name },
      translatedSource: endpoint(key.address(action.source ?? key.source), key.sourcePort),
      translatedDestination: endpoint(
        key.address(action.destination ?? key.destination), key.destinationPort),
      packets: flow.forward.packets + flow.reverse.packets,
      bytes: flow.forward.bytes + flow.reverse.bytes,
      idleSeconds: Double(now > flow.lastSeen ? now - flow.lastSeen : 0) / 1e9)
  }
}

extension Explanation {
  fileprivate mutating func answer(_ answer: Answer) {
    verdict = "answered"
    verdictDetail = answer.rawValue
    sentence = "The dataplane itself answers."
  }

  /// At a service edge: false where nothing is denied.
  fileprivate mutating func refuse(_ judgment: Judgment?, _ headers: Headers) -> Bool {
    guard judgment?.isDenied ?? false else { return false }
    verdict = "answered"
    verdictDetail = Answer.denied.rawValue
    sentence = DropReason.resourceFirewall.sentence
    return true
  }

  fileprivate mutating func send(
    _ headers: Headers, _ action: Action, _ snapshot: Snapshot
  ) throws(DropReason) {
    translatedSource = headers.address(action.source ?? headers.source).description
    translatedDestination =
      headers.address(action.destination ?? headers.destination).description
    guard headers.hopLimit > 1 else {
      verdict = "answered"
      verdictDetail = Answer.timeExceeded.rawValue
      sentence = "Its time to live runs out here."
      return
    }
    let port = snapshot[action.egress]
    verdict = "forwarded"
    verdictDetail = port.name
    egress = port.name
    let hop = action.route.nextHop.map { " to \($0)" } ?? ""
    sentence =
      "It leaves by \(snapshot.label(of: port)) as \(translatedSource!) to \(translatedDestination!), "
      + "next hop \(action.route.nextHopType.rawValue)\(hop)."
  }
}

extension Snapshot {
  func label(of port: PortRecord) -> String {
    switch port.kind {
    case .networkInterface(let index):
      "NIC \(port.name) in \(topology.qualifiedName(ofSubnet: topology.networkInterfaces[index].subnet))"
    case .platform(let index):
      "the platform port of NIC \(topology.networkInterfaces[index].name)"
    case .world: "the \(port.name) port"
    }
  }
}

extension Headers {
  /// One line: protocol, addresses, ports, flags.
  var summary: String {
    guard network != .arp else { return "ARP" }
    let tags = vlanTags > 0 ? "\(vlanTags) VLAN tags, " : ""
    let fragment =
      isLaterFragment
      ? ", fragment at \(fragmentOffset)" : isFirstFragment ? ", first fragment" : ""
    let hasPorts = [6, 17, 132, 33, 136].contains(transport) && !isLaterFragment
    let from = hasPorts ? endpoint(sourceAddress, sourcePort) : sourceAddress.description
    let to =
      hasPorts ? endpoint(destinationAddress, destinationPort) : destinationAddress.description
    return "\(tags)\(transportName(transport)) \(from) to \(to), TTL \(hopLimit)\(fragment)"
  }
}

func transportName(_ number: UInt8) -> String {
  switch number {
  case 1: "icmp"
  case 6: "tcp"
  case 17: "udp"
  case 58: "icmpv6"
  case 132: "sctp"
  default: "\(number)"
  }
}
