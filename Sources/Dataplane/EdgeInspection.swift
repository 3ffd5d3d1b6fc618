import Model
import Wire

/// The beginnings of connections to an address that several resources share (I2): the handshake goes through to the server,
/// and the verdict falls on the data that says which host is meant. Until it has fallen the server gets no more than the
/// beginning of a request, which it cannot answer.
struct Inspections {
  struct Inspection {
    var reader = HostNameReader()
    /// What was read, from the first byte on: what is sent again has to be the same.
    var bytes: [UInt8] = []
    /// When the first of it came, in nanoseconds since 1970.
    var began: UInt64
  }

  /// With what its reader holds, one is below 64 KiB.
  static let limit = 2_048
  /// Bytes in which a host has to be named: what the readers take, and the headers of its TLS records.
  static let longest = 20_480
  /// How long it may take to send them.
  static let patience = 60 * FlowLimits.second

  private var bySlot: [UInt32: Inspection] = [:]

  var count: Int { bySlot.count }

  subscript(slot: UInt32) -> Inspection? {
    get { bySlot[slot] }
    set { bySlot[slot] = newValue }
  }

  /// Out of the table, so that what it holds is not copied when it grows. Nil where it is new, and too many are under way.
  mutating func take(_ slot: UInt32, at time: UInt64, of flows: borrowing FlowTable) -> Inspection?
  {
    if let known = bySlot.removeValue(forKey: slot) { return known }
    if bySlot.count >= Self.limit { forgetEnded(flows) }
    return bySlot.count < Self.limit ? Inspection(began: time) : nil
  }

  /// Flows may have ended without a word.
  mutating func forgetEnded(_ flows: borrowing FlowTable) {
    var ended: [UInt32] = []
    for slot in bySlot.keys where !flows.holds(slot) || !flows[slot].isInspected {
      ended.append(slot)
    }
    for slot in ended { bySlot[slot] = nil }
  }

  /// Those that have taken too long.
  func late(now: UInt64) -> [UInt32] {
    bySlot.filter { now > $0.value.began && now - $0.value.began > Self.patience }.map(\.key)
  }

  mutating func removeAll() { bySlot = [:] }
}

/// Where both sides of a connection begin whose first bytes are read.
struct Beginning: BitwiseCopyable {
  /// The sequence number of the caller's first byte, by its SYN.
  var caller: UInt32 = 0
  /// That of the server's, by its answer to that SYN. Of a refused connection: of what we say in the server's place.
  var server: UInt32 = 0
  var isAnswered = false
  /// Refused, and told so by 403; else by resets.
  var isForbidden = false
}

extension PacketPath {
  /// What a packet of a flow whose beginning is read comes to. Nil: it goes on.
  ///
  /// What is read here must be what the server reads. So nothing is read that the server would not take: a wrong checksum,
  /// no acknowledgment, data before its own answer. Nothing passes that is not read: fragments, data in a SYN, urgent data,
  /// which is no part of the stream. And nothing changes afterwards: until the server has acknowledged what was read,
  /// what is sent again is compared.
  mutating func inspect(
    _ match: FlowTable.Match, _ edge: EdgeTable, _ frame: Frame, _ headers: Headers,
    into output: inout Transmission
  ) throws(DropReason) -> Plan? {
    let slot = match.slot
    if match.isReverse {
      try hear(headers, slot)
      return nil
    }
    guard !headers.isFragment else { throw .notInspectable }
    let flags = headers.tcpFlags
    guard !flags.contains(.syn) || headers.isSYN && headers.trafficLength == 0 else {
      throw .notInspectable
    }
    guard headers.trafficLength > 0, !flags.contains(.rst) else { return nil }
    guard !frame.isTruncated else { throw .truncated }
    let beginning = table[slot].beginning
    guard beginning.isAnswered else { throw .hostNameAwaited }
    let acknowledged = headers.tcpAcknowledgment
    guard flags.contains(.ack), !flags.contains(.urg),
      Self.distance(from: beginning.server, to: acknowledged) >= 0,
      Self.distance(from: acknowledged, to: table[slot].reverse.tcp.nextSequence) >= 0,
      transportChecksumHolds(frame.readOnly, headers)
    else { throw .notInspectable }
    let start = Self.distance(from: beginning.caller, to: headers.tcpSequence)
    // What stands before the beginning asks whether the server lives.
    let payload = frame.readOnly[headers.payloadOffset..<headers.end].dropFirst(max(0, -start))
    guard !payload.isEmpty else { return nil }
    guard var inspection = inspections.take(slot, at: frame.timestamp, of: table) else {
      throw .tooManyInspections
    }
    let (place, known) = (max(0, start), inspection.bytes.count)
    guard
      place >= known || inspection.bytes[place...].elementsEqual(payload.prefix(known - place))
        || inspection.bytes[place...].starts(with: payload)
    else {
      inspections[slot] = inspection
      throw .changedRetransmission
    }
    let fresh = payload.dropFirst(max(0, known - place))
    guard table[slot].resource == nil, !fresh.isEmpty else {
      inspections[slot] = inspection
      return nil
    }
    // Something before it was lost: the caller will send it again, and this too.
    guard place <= known else {
      if known > 0 { inspections[slot] = inspection }
      throw .hostNameAwaited
    }
    let part = fresh.prefix(Inspections.longest - known)
    inspection.bytes += part
    let reading = inspection.reader.read(part)
    let isFull = inspection.bytes.count == Inspections.longest
    inspections[slot] = inspection
    switch reading {
    case .needMore where !isFull: return nil
    case .needMore: return try end(slot, edge, frame, headers, problem: "too long", into: &output)
    case .none: return try end(slot, edge, frame, headers, problem: "no host name", into: &output)
    case .malformed(let problem):
      return try end(slot, edge, frame, headers, problem: problem.rawValue, into: &output)
    case .name(let name): return try admit(slot, edge, name, frame, headers, into: &output)
    }
  }

  /// A packet of the server's: where its stream begins, and how much of the caller's it has got.
  private mutating func hear(_ headers: Headers, _ slot: UInt32) throws(DropReason) {
    let beginning = table[slot].beginning
    if headers.tcpFlags.contains(.syn) {
      // It answers another SYN with these ports than the one whose data will be read.
      guard headers.tcpFlags.contains(.ack), headers.tcpAcknowledgment == beginning.caller else {
        throw .hostNameAwaited
      }
      table[slot].beginning.server = headers.tcpSequence &+ 1
      table[slot].beginning.isAnswered = true
    } else if table[slot].resource != nil, headers.tcpFlags.contains(.ack),
      let read = inspections[slot]?.bytes.count,
      Self.distance(from: beginning.caller, to: headers.tcpAcknowledgment) >= read
    {
      endInspection(slot)
    }
  }

  /// Whoever takes too long to say what is wanted, or to have it acknowledged, is forgotten.
  mutating func endLateInspections(now: UInt64) {
    inspections.forgetEnded(table)
    for slot in inspections.late(now: now) {
      inspections[slot] = nil
      table.remove(slot)
    }
  }

  private mutating func endInspection(_ slot: UInt32) {
    table.endInspection(slot)
    inspections[slot] = nil
  }

  /// In the order of RFC 9293 section 3.4, modulo 2^32.
  private static func distance(from a: UInt32, to b: UInt32) -> Int {
    Int(Int32(bitPattern: b &- a))
  }

  /// The host name is there: the verdict falls.
  private mutating func admit(
    _ slot: UInt32, _ edge: EdgeTable, _ name: String, _ frame: Frame, _ headers: Headers,
    into output: inout Transmission
  ) throws(DropReason) -> Plan? {
    let key = table[slot].forward.key
    guard let match = edge.resources.match(hostName: name, at: key.destinationAddress) else {
      return try end(
        slot, edge, frame, headers, name: name, problem: "unknown host", into: &output)
    }
    var silent: Trace?
    let judgment = try snapshot.judgeAtEdge(key, edge, trace: &silent).0
    judgment.match = match
    judgment.verdict = snapshot.judge(judgment.caller, match, edge, trace: &silent)
    guard !judgment.isDenied else {
      return try end(slot, edge, frame, headers, judgment, name: name, into: &output)
    }
    note(
      judgment, key, at: frame.timestamp, translated: table[slot].translatedSource, hostName: name)
    table[slot].resource = match
    table[slot].noteService(edge.serviceOf[match.resource])
    inspections[slot]?.reader = HostNameReader()
    return nil
  }

  /// The caller is told, as far as it can be; the server gets a reset, and nothing of the request's end.
  private mutating func end(
    _ slot: UInt32, _ edge: EdgeTable, _ frame: Frame, _ headers: Headers,
    _ judgment: Judgment? = nil, name: String? = nil, problem: String? = nil,
    into output: inout Transmission
  ) throws(DropReason) -> Plan {
    let flow = table[slot]
    let key = flow.forward.key
    var silent: Trace?
    let known =
      if let judgment { judgment } else { try snapshot.judgeAtEdge(key, edge, trace: &silent).0 }
    note(known, key, at: frame.timestamp, translated: nil, hostName: name, problem: problem)
    let sent = output.items.count
    output.appendResets(
      from: flow.forward.newSource, key.sourcePort, to: flow.forward.newDestination,
      key.destinationPort, sender: flow.forward.tcp, receiver: flow.reverse.tcp,
      by: snapshot[flow.forward.egress], flow: flow, now: frame.timestamp)
    finish(from: sent, into: &output)
    let isHTTP =
      HostNameReader.isHTTP(inspections[slot]?.bytes ?? [])
      && problem != HostNameProblem.notRequest.rawValue
    endInspection(slot)
    table[slot].beginning.server = headers.tcpAcknowledgment
    table[slot].beginning.isForbidden = isHTTP
    table[slot].forward.lastSeen = frame.timestamp
    table.setState(.denied, of: slot)
    return .answer(.denied, answer(refusedOn: slot, frame, headers, into: &output))
  }

  /// What the caller of a refused connection is told.
  func answer(
    refusedOn slot: UInt32, _ frame: Frame, _ headers: Headers, into output: inout Transmission
  ) -> Frame? {
    let beginning = table[slot].beginning
    return beginning.isForbidden
      ? output.makeDenial(of: frame, headers, from: beginning.server)
      : output.makeReset(answering: frame, headers)
  }
}
