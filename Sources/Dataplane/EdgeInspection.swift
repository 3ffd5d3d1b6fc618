import Model
import Wire

/// Connections to an address that several resources share (I2): the handshake goes through to the server, and the verdict
/// falls on the data that says which host is meant. Until it has fallen the server gets no more than the beginning
/// of a request, which it cannot answer.
struct Inspections {
  struct Inspection {
    var reader = HostNameReader()
    /// The sequence number that is read next.
    var next: UInt32
    var isTLS = false
  }

  /// At 16 KiB each, at worst.
  static let limit = 4_096

  private var bySlot: [UInt32: Inspection] = [:]

  subscript(slot: UInt32) -> Inspection? {
    get { bySlot[slot] }
    set { bySlot[slot] = newValue }
  }

  /// False where too many are under way.
  mutating func begin(_ slot: UInt32, at next: UInt32, in table: borrowing FlowTable) -> Bool {
    // Flows may have ended without a word.
    if bySlot.count >= Self.limit {
      bySlot = bySlot.filter { table.holds($0.key) && table[$0.key].awaitsHostName }
    }
    guard bySlot.count < Self.limit else { return false }
    bySlot[slot] = Inspection(next: next)
    return true
  }

  /// After flows have moved to other slots.
  mutating func removeAll() { bySlot = [:] }
}

extension PacketPath {
  /// What a packet of the caller's, on a flow that waits for its host name, comes to. Nil: it goes on.
  mutating func inspect(
    _ slot: UInt32, _ edge: EdgeTable, _ frame: Frame, _ headers: Headers,
    into output: inout Transmission
  ) throws(DropReason) -> Plan? {
    guard headers.trafficLength > 0, !headers.isSYN, !headers.tcpFlags.contains(.rst) else {
      return nil
    }
    guard !frame.isTruncated else { throw .truncated }
    guard var inspection = inspections[slot] else {
      // Too many were under way when it began, or it was picked up in the middle.
      return try end(slot, edge, frame, headers, problem: "not inspected", into: &output)
    }
    let ahead = Int(Int32(bitPattern: headers.tcpSequence &- inspection.next))
    // Something before it was lost: the caller will send it again, and this too.
    guard ahead <= 0 else { throw .hostNameAwaited }
    let payload = UnsafeRawBufferPointer(
      rebasing: frame.readOnly[headers.payloadOffset..<headers.end])
    guard payload.count > -ahead else { return nil }
    let fresh = payload[(-ahead)...]
    if ahead == 0, table[slot].forward.tcp.nextSequence == inspection.next {
      inspection.isTLS = inspection.isTLS || fresh.first == 22
    }
    inspection.next &+= UInt32(fresh.count)
    let reading = inspection.reader.read(fresh)
    inspections[slot] = inspection
    switch reading {
    case .needMore: return nil
    case .none:
      return try end(slot, edge, frame, headers, problem: "no host name", into: &output)
    case .malformed(let problem):
      return try end(slot, edge, frame, headers, problem: problem.rawValue, into: &output)
    case .name(let name):
      return try admit(slot, edge, name, frame, headers, into: &output)
    }
  }

  /// The host name is there: the verdict falls.
  private mutating func admit(
    _ slot: UInt32, _ edge: EdgeTable, _ name: String, _ frame: Frame, _ headers: Headers,
    into output: inout Transmission
  ) throws(DropReason) -> Plan? {
    let key = table[slot].forward.key
    var silent: Trace?
    guard let match = edge.resources.match(hostName: name, at: key.destinationAddress) else {
      return try end(
        slot, edge, frame, headers, name: name, problem: "unknown host", into: &output)
    }
    guard var judgment = try snapshot.routeAtEdge(key, edge, trace: &silent).judgment else {
      return nil
    }
    judgment.match = match
    judgment.verdict = snapshot.judge(judgment.caller, match, edge, trace: &silent)
    guard !judgment.isDenied else {
      return try end(slot, edge, frame, headers, judgment, name: name, into: &output)
    }
    note(
      judgment, key, at: frame.timestamp, translated: table[slot].translatedSource, hostName: name)
    table[slot].resource = match
    table[slot].noteService(edge.serviceOf[match.resource])
    table.endWaiting(slot)
    inspections[slot] = nil
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
      if let judgment { judgment as Judgment? } else {
        try snapshot.routeAtEdge(key, edge, trace: &silent).judgment
      }
    if let judgment = known {
      note(
        judgment, key, at: frame.timestamp, translated: nil, hostName: name, problem: problem)
    }
    let isTLS = inspections[slot]?.isTLS ?? true
    let sent = output.items.count
    output.appendResets(
      from: flow.forward.rewrite.source, key.sourcePort, to: flow.forward.rewrite.destination,
      key.destinationPort, sender: flow.forward.tcp, receiver: flow.reverse.tcp,
      by: snapshot[flow.forward.egress], flow: flow, now: frame.timestamp)
    finish(from: sent, into: &output)
    inspections[slot] = nil
    table.endWaiting(slot)
    table.setState(.denied, of: slot)
    let answer =
      isTLS
      ? output.makeReset(answering: frame, headers)
      : output.makeDenial(of: frame, headers, sequence: 0)
    return .answer(.denied, answer)
  }
}
