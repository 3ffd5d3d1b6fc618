import Dataplane
import PacketIO
import Wire

/// Sends packets of a capture through the packet path, one after the other in the capture's order.
///
/// Consecutive packets of one port travel together, as live ones do; what comes out does not depend on how
/// many. Time is the packets' own. Packets without a port are counted here, all others by the path.
public struct Replay: ~Copyable {
  public struct Options: Sendable {
    /// Where the capture was taken, if the user says so.
    public var place: PortAssignment.Place = .unknown
    /// Packets that travel together at most: 1 to `PacketVector.capacity`.
    public var batchSize = PacketVector.capacity
    public var limits = FlowLimits()

    public init() {}
  }

  /// Takes each packet's end, in the capture's order, with the frames that left because of it. The frames
  /// are valid during the call.
  public typealias Delivery = (ReplayedPacket, UnsafeBufferPointer<Transmission.Item>) throws
    -> Void

  public let snapshot: Snapshot
  private let assignment: PortAssignment
  private let batchSize: Int
  private let deliver: Delivery
  private var path: PacketPath
  private var vector = PacketVector()
  private var output = Transmission(recordsDetails: true)
  private var pending: [ReplayedPacket] = []
  private var requests = ForwardedRequests()
  /// The second of packet time up to which idle flows have been freed.
  private var expiredUntil: UInt64?
  private var withoutPort: UInt64 = 0
  private var delivered = 0

  public init(
    snapshot: Snapshot, options: Options = Options(), deliver: @escaping Delivery
  ) {
    self.snapshot = snapshot
    assignment = PortAssignment(snapshot: snapshot, place: options.place)
    batchSize = min(max(options.batchSize, 1), PacketVector.capacity)
    path = PacketPath(snapshot: snapshot, limits: options.limits, acceptsAnyMAC: true)
    self.deliver = deliver
  }

  /// Takes the next packet of the capture: an Ethernet frame, or something that cannot be read as one.
  /// - Throws: what the delivery throws.
  public mutating func add(_ packet: CapturedPacket) throws {
    try advance(to: packet.timestamp)
    let bytes = packet.bytes
    let headers =
      packet.isEthernet ? try? Headers.parse(bytes, wireLength: packet.wireLength) : nil
    let tuple = headers.flatMap { FiveTuple($0, bytes) }
    let arrival = try assign(packet, headers, tuple)
    let replayed = ReplayedPacket(
      number: packet.number, timestamp: packet.timestamp, length: packet.wireLength, tuple: tuple,
      arrival: arrival, verdict: .dropped(.unknownPort), detail: PacketDetail())
    guard let port = replayed.port else {
      return try dropWithoutPort(replayed, reason: undecidable(packet) ?? .unknownPort)
    }
    if pending.first.map({ $0.port != port }) == true || pending.count == batchSize {
      try flush()
    }
    guard packet.isEthernet, bytes.count <= PacketVector.frameCapacity else {
      try flush()
      path.drop(
        packet.isEthernet ? .frameTooLong : .unsupportedLinkType, wireLength: packet.wireLength,
        from: port, into: &output)
      pending.append(replayed)
      return try deliverPending()
    }
    _ = vector.append(bytes, wireLength: packet.wireLength, timestamp: packet.timestamp)
    if case .reply(_, let destination?) = arrival, let headers {
      redirect(vector[vector.count - 1], headers, to: destination)
    }
    pending.append(replayed)
  }

  /// Ends the replay: what is under way is delivered, and the sums are held against each other.
  /// - Throws: `ReplayError.unbalanced`, and what the delivery throws.
  public mutating func finish() throws {
    try flush()
    let counters = path.counters
    let received = counters.totalReceived + withoutPort
    guard counters.isBalanced, received == UInt64(delivered) else {
      throw ReplayError.unbalanced(
        "received \(received), forwarded \(counters.forwarded), answered "
          + "\(counters.totalAnswered), dropped \(counters.totalDropped + withoutPort), verdicts \(delivered)"
      )
    }
  }

  /// The decision on one packet, with every step, as things stand after those that were added before.
  /// - Throws: `ReplayError.unassignedPacket`; what the delivery of earlier packets throws.
  public mutating func explain(_ packet: CapturedPacket) throws -> (port: PortID, Explanation) {
    try flush()
    let headers =
      packet.isEthernet ? try? Headers.parse(packet.bytes, wireLength: packet.wireLength) : nil
    let tuple = headers.flatMap { FiveTuple($0, packet.bytes) }
    let port: PortID
    var destination: IPAddress?
    switch try assign(packet, headers, tuple) {
    case .port(let assigned, _): port = assigned
    case .reply(let assigned, let translated):
      port = assigned
      destination = translated
    case .unassigned(let failure):
      throw ReplayError.unassignedPacket(number: packet.number, failure)
    }
    guard packet.isEthernet,
      vector.append(packet.bytes, wireLength: packet.wireLength, timestamp: packet.timestamp)
    else {
      throw ReplayError.unassignedPacket(number: packet.number, .unreadable)
    }
    defer { vector.removeAll() }
    if let destination, let headers { redirect(vector[0], headers, to: destination) }
    return (port, path.explain(vector[0], from: port))
  }

  /// Frees idle flows once a second of packet time, wherever batches begin and end.
  private mutating func advance(to timestamp: UInt64) throws {
    let second = timestamp / FlowLimits.second
    guard let last = expiredUntil else {
      expiredUntil = second
      return
    }
    // A capture may step back in time; nothing is freed twice.
    guard second > last else { return }
    try flush()
    // One call looks at part of a large table; a live run would have made one each second.
    for _ in 0..<min(second - last, 64) { path.expireFlows(now: timestamp) }
    expiredUntil = second
  }

  private mutating func assign(
    _ packet: CapturedPacket, _ headers: Headers?, _ tuple: FiveTuple?
  ) throws -> PortAssignment.Outcome {
    let sourceMAC =
      packet.isEthernet && packet.bytes.count >= 12
      ? packet.bytes.baseAddress.map { MACAddress(sourceOf: $0) } : nil
    guard let headers, let tuple, assignment.mayBeReply(tuple) else {
      return assignment.assign(tuple, sourceMAC: sourceMAC) { _ in nil }
    }
    // What it may answer must have its verdict first.
    try flush()
    let request = requests.answered(by: tuple, headers, quoted: quotedTuple(packet.bytes, headers))
    return assignment.assign(tuple, sourceMAC: sourceMAC) { _ in request }
  }

  /// Why a packet could not be decided even if its port were known.
  private func undecidable(_ packet: CapturedPacket) -> DropReason? {
    guard packet.isEthernet else { return .unsupportedLinkType }
    do throws(ParseError) {
      _ = try Headers.parse(packet.bytes, wireLength: packet.wireLength)
      return nil
    } catch {
      return DropReason(error)
    }
  }

  private mutating func dropWithoutPort(_ packet: ReplayedPacket, reason: DropReason) throws {
    try flush()
    var packet = packet
    packet.verdict = .dropped(reason)
    withoutPort += 1
    delivered += 1
    try deliver(packet, UnsafeBufferPointer(start: nil, count: 0))
  }

  private mutating func flush() throws {
    guard let port = pending.first?.port else { return }
    path.process(vector, from: port, into: &output)
    vector.removeAll()
    try deliverPending()
  }

  /// Hands out the pending packets with their verdicts, which stand in `output`.
  private mutating func deliverPending() throws {
    defer {
      pending.removeAll(keepingCapacity: true)
      output.removeAll()
    }
    guard output.verdicts.count == pending.count else {
      throw ReplayError.unbalanced(
        "\(pending.count) packets, \(output.verdicts.count) verdicts")
    }
    var first = 0
    for index in pending.indices {
      pending[index].verdict = output.verdicts[index]
      pending[index].detail = output.details[index]
      let packet = pending[index]
      if case .forwarded(let egress) = packet.verdict, let tuple = packet.tuple,
        let source = packet.detail.translatedSource
      {
        requests.note(tuple, ForwardedRequest(egress: egress, translatedSource: source))
      }
      var last = first
      while last < output.items.count, output.items[last].cause == index { last += 1 }
      delivered += 1
      try deliver(packet, UnsafeBufferPointer(rebasing: output.items[first..<last]))
      first = last
    }
  }
}
