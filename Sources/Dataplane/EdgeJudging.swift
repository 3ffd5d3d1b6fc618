import Model
import Wire

/// What follows from a judgment at the service edge: admitted, refused, or to be seen when the host name is there.
extension PacketPath {
  /// A packet whose connection the firewall denies. TCP learns it: over HTTP by the answer that Azure gives (403), else by
  /// a reset. No server ever sees it.
  mutating func refuse(
    _ judgment: Judgment, _ key: FlowKey, _ frame: Frame, _ headers: Headers,
    into output: inout Transmission
  ) throws(DropReason) -> Plan {
    let begins = headers.isSYN || headers.transport != 6
    if begins { note(judgment, key, at: frame.timestamp, translated: nil) }
    guard headers.transport == 6, !headers.tcpFlags.contains(.rst) else {
      throw .resourceFirewall
    }
    guard key.destinationPort == httpPort else {
      return .answer(.denied, output.makeReset(answering: frame, headers))
    }
    let first = key.hash(seed: denialSeed) &+ 1
    return .answer(.denied, output.makeDenial(of: frame, headers, from: first))
  }

  /// A connection that is to be admitted and looks to the servers like another one gets a source address of ours: two
  /// networks may have the same private addresses, and their hosts the same ports.
  func translate(_ admission: inout Admission, _ key: FlowKey, _ edge: EdgeTable) {
    // Endpoints are IPv4, and so are our addresses.
    guard !key.isIPv6, admission.hasReverse, !gives(way: admission.backKey) else { return }
    var backKey = admission.backKey
    for candidate in edge.translations(of: key) {
      backKey.destination = candidate
      guard gives(way: backKey) else { continue }
      admission.action.source = candidate
      admission.backKey = backKey
      admission.back.destination = key.source
      return
    }
  }

  /// Whether no replies of another flow have the key, or of one whose server has been reset. One that is closing still has
  /// it there.
  private func gives(way key: FlowKey) -> Bool {
    guard let other = table.find(key) else { return true }
    return [.reset, .denied].contains(table[other.slot].state)
  }

  /// Decides a flow of the edge anew under the present snapshot: a resource that is secured meanwhile closes the
  /// connections that it no longer admits.
  mutating func revalidateAtEdge(
    _ slot: UInt32, _ edge: EdgeTable, now: UInt64, into output: inout Transmission
  ) -> Revalidation {
    let flow = table[slot]
    let key = flow.forward.key
    var silent: Trace?
    var admission = Admission()
    try? snapshot.routeAtEdge(key, edge, into: &admission, trace: &silent)
    if let judgment = admission.judgment {
      if judgment.match == nil, let match = flow.resource {
        judgment.match = match
        judgment.verdict = snapshot.judge(judgment.caller, match, edge, trace: &silent)
      }
      admission.action.route.service = judgment.match.flatMap { edge.serviceOf[$0.resource] }
      let isAwaited = flow.isInspected && flow.resource == nil
      if judgment.isDenied {
        note(judgment, key, at: now, translated: nil)
      } else if isAwaited || judgment.match != nil && judgment.match == flow.resource {
        admission.backKey = snapshot.backKey(of: key, by: admission.action)
        snapshot.findWayBack(of: key, from: snapshot[key.ingress], into: &admission)
        if flow.hasReverse, flow.reverse.key.destination != key.source {
          admission.action.source = flow.reverse.key.destination
          admission.backKey = flow.reverse.key
          admission.back = flow.action(isReverse: true)
          admission.hasReverse = true
        }
        if admission.action.leadsLike(flow.action(isReverse: false)),
          admission.reverseKey == flow.reverseKey
        {
          table[slot].decide(admission, generation: snapshot.generation)
          return .holds
        }
      }
    }
    guard key.transport == 6 else {
      table.remove(slot)
      return .moved
    }
    close(slot, now: now, into: &output)
    return .closed
  }

  /// I6: what was decided about a connection, for the diagnostics; and the rule's counter.
  mutating func note(
    _ judgment: Judgment, _ key: FlowKey, at time: UInt64, translated: UInt128?,
    hostName: String? = nil, problem: String? = nil
  ) {
    if let match = judgment.match, let verdict = judgment.verdict {
      firewallHits.count(verdict, resource: match.resource)
    }
    journal.append(
      EdgeJournal.Entry(
        time: time, key: key, judgment: judgment, translated: translated, hostName: hostName,
        problem: problem))
  }
}

/// Where a denial is said in HTTP.
private let httpPort: UInt16 = 80

extension Transmission {
  /// The next step of a conversation whose only end is a 403: the handshake, the answer to the request, the
  /// acknowledgment of what follows. It needs no memory: what the other side acknowledges says where it stands. Nil where
  /// there is nothing to say. To somebody who has not seen our first number, whose address may be another's, no more is
  /// sent than came.
  /// - Parameter first: the sequence number that the 403 begins with.
  mutating func makeDenial(of frame: Frame, _ headers: Headers, from first: UInt32) -> Frame? {
    let hasFIN = headers.tcpFlags.contains(.fin)
    let hasData = headers.trafficLength > 0
    let end =
      headers.tcpSequence &+ UInt32(truncatingIfNeeded: headers.trafficLength) &+ (hasFIN ? 1 : 0)
    if headers.isSYN {
      return makeSegment(
        answering: frame, headers, sequence: first &- 1, acknowledgment: headers.tcpSequence &+ 1,
        flags: [.syn, .ack])
    }
    guard headers.tcpFlags.contains(.ack) else { return nil }
    // Behind it stands the FIN.
    let length = UInt32(Self.forbidden.count) + 1
    switch headers.tcpAcknowledgment &- first {
    case 0...length where !hasData && !hasFIN: return nil
    case 0 where hasData:
      return makeSegment(
        answering: frame, headers, sequence: first, acknowledgment: end,
        flags: [.psh, .ack, .fin], payload: Self.forbidden)
    case 0:
      // Nothing was asked.
      return makeSegment(
        answering: frame, headers, sequence: first, acknowledgment: end, flags: [.ack, .fin])
    case 1...length:
      return makeSegment(
        answering: frame, headers, sequence: first &+ length, acknowledgment: end, flags: [.ack])
    default: return makeReset(answering: frame, headers)
    }
  }

  private mutating func makeSegment(
    answering frame: Frame, _ headers: Headers, sequence: UInt32, acknowledgment: UInt32,
    flags: TCPFlags, payload: [UInt8] = []
  ) -> Frame {
    let segment = TCPSegment(
      isIPv6: headers.network == .ipv6, source: headers.destination,
      destination: headers.source, sourcePort: headers.destinationPort,
      destinationPort: headers.sourcePort, sequence: sequence, acknowledgment: acknowledgment,
      sourceMAC: MACAddress(destinationOf: frame.bytes),
      destinationMAC: MACAddress(sourceOf: frame.bytes),
      vlanTags: (0..<headers.vlanTags).map {
        frame.bytes.loadUnaligned(fromByteOffset: 12 + 4 * $0, as: UInt32.self)
      }, flags: flags, payload: payload)
    return makeFrame(segment.length, timestamp: frame.timestamp) {
      segment.write(into: $0)
      return segment.length
    }
  }

  /// As a storage account says it. Below 536 bytes with its headers, the segment that everybody accepts (RFC 9293 section 3.7.1).
  static let forbidden: [UInt8] = {
    let body =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthorizationFailure</Code>"
      + "<Message>This request is not authorized to perform this operation.</Message></Error>"
    return Array(
      ("HTTP/1.1 403 This request is not authorized to perform this operation.\r\n"
        + "Content-Type: application/xml\r\nContent-Length: \(body.utf8.count)\r\n"
        + "x-ms-error-code: AuthorizationFailure\r\nConnection: close\r\n\r\n\(body)").utf8)
  }()
}
