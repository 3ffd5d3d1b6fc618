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
    /// Whether batches have details, which cost a fifth of a replay that only sums up.
    public var recordsDetails = true

    public init() {}
  }

  /// Takes the packets' ends, in the capture's order.
  public typealias Delivery = (ReplayedBatch) throws -> Void

  public let snapshot: Snapshot
  private let assignment: PortAssignment
  private let batchSize: Int
  private let deliver: Delivery
  private var path: PacketPath
  private var vector = PacketVector()
  private var output: Transmission
  private let pending = UnsafeMutablePointer<PendingPacket>.allocate(
    capacity: PacketVector.capacity)
  private var pendingCount = 0
  /// Of the pending packets that say more than a port.
  private var outcomes: [PortAssignment.Outcome] = []
  private let senders = SenderTable()
  private var requests = ForwardedRequests()
  /// Packet time from which on idle flows are freed again: the next full second.
  private var expiryDue: UInt64 = 0
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
    path = PacketPath(
      snapshot: snapshot, limits: options.limits, acceptsAnyMAC: true, batches: .cut)
    output = Transmission(record: options.recordsDetails ? .details : .departures)
    self.deliver = deliver
  }

  deinit { pending.deallocate() }

  /// Takes the next packets of the capture: Ethernet frames, or things that cannot be read as one. The frames are
  /// rewritten where they stand, and are needed no longer when this returns.
  /// - Throws: what the delivery throws.
  public mutating func add(_ packets: UnsafeBufferPointer<CapturedPacket>) throws {
    guard var packet = packets.baseAddress else { return }
    for _ in 0..<packets.count {
      if packet.pointee.timestamp >= expiryDue { try advance(to: packet.pointee.timestamp) }
      if try !addPlain(packet) { try addAny(packet.pointee) }
      packet += 1
    }
    try flush()
  }

  /// Takes a packet that `PlainPacket` knows, if its sender alone says where it arrived; as most do.
  @inline(__always)
  private mutating func addPlain(_ packet: UnsafePointer<CapturedPacket>) throws -> Bool {
    let bytes = packet.pointee.bytes
    guard packet.pointee.isEthernet, packet.pointee.wireLength == bytes.count,
      bytes.count <= PacketVector.frameCapacity, let start = bytes.baseAddress,
      let plain = PlainPacket(start, length: bytes.count)
    else { return false }
    let port: PortID
    let basis: PortAssignment.Basis
    switch sender(of: start, source: plain.source, isIPv6: plain.isIPv6) {
    case .port(let sender, let senderBasis): (port, basis) = (sender, senderBasis)
    case .networkInterface(let sender):
      guard assignment.leavesPlace(to: plain.destination, isIPv6: plain.isIPv6) else {
        return false
      }
      (port, basis) = (sender, .option)
    case .unknown: return false
    }
    try makeRoom(for: port)
    _ = vector.append(packet.pointee.frame)
    append(
      PendingPacket(
        number: packet.pointee.number, timestamp: packet.pointee.timestamp, length: bytes.count,
        conversation: Conversation(plain), hasConversation: true, basis: basis, port: port,
        outcome: nil))
    return true
  }

  /// What a packet's sender alone says about its port. Mutating, lest `self` be copied.
  @inline(__always)
  private mutating func sender(
    of frame: UnsafeRawPointer, source: UInt128, isIPv6: Bool
  ) -> PortAssignment.Sender {
    let sourceMAC = MACAddress(sourceOf: frame)
    return senders.sender(sourceMAC: sourceMAC, source: source, isIPv6: isIPv6)
      ?? ask(sourceMAC: sourceMAC, source: source, isIPv6: isIPv6)
  }

  /// By itself: few packets need the questions asked.
  @inline(never)
  private mutating func ask(
    sourceMAC: MACAddress, source: UInt128, isIPv6: Bool
  ) -> PortAssignment.Sender {
    let sender = assignment.sender(
      IPAddress(bits: source, isIPv6: isIPv6), sourceMAC: sourceMAC)
    senders.note(sender, sourceMAC: sourceMAC, source: source, isIPv6: isIPv6)
    return sender
  }

  /// Any packet.
  private mutating func addAny(_ packet: CapturedPacket) throws {
    let bytes = packet.bytes
    let headers =
      packet.isEthernet ? try? Headers.parse(bytes, wireLength: packet.wireLength) : nil
    let tuple = headers.flatMap { FiveTuple($0, bytes) }
    let arrival = try assign(packet, headers, tuple)
    guard let port = arrival.port else {
      return try dropWithoutPort(
        packet, tuple, arrival, reason: undecidable(packet) ?? .unknownPort)
    }
    try makeRoom(for: port)
    guard packet.isEthernet, bytes.count <= PacketVector.frameCapacity else {
      try flush()
      path.drop(
        packet.isEthernet ? .frameTooLong : .unsupportedLinkType, wireLength: packet.wireLength,
        from: port, into: &output)
      append(packet, tuple, arrival)
      return try deliverPending()
    }
    _ = vector.append(packet.frame)
    if case .reply(_, let destination?) = arrival, let headers {
      redirect(vector[vector.count - 1], headers, to: destination)
    }
    append(packet, tuple, arrival)
  }

  /// Packets of one port travel together.
  @inline(__always)
  private mutating func makeRoom(for port: PortID) throws {
    guard pendingCount > 0 else { return }
    if pending.pointee.port != port || pendingCount == batchSize { try flush() }
  }

  private mutating func append(
    _ packet: CapturedPacket, _ tuple: FiveTuple?, _ arrival: PortAssignment.Outcome
  ) {
    let conversation = tuple.flatMap { Conversation($0) }
    var pending = PendingPacket(
      number: packet.number, timestamp: packet.timestamp, length: packet.wireLength,
      conversation: conversation ?? .none, hasConversation: conversation != nil, basis: .option,
      port: arrival.port ?? PortID(0), outcome: nil)
    if case .port(_, let basis) = arrival {
      pending.basis = basis
    } else {
      pending.outcome = Int32(outcomes.count)
      outcomes.append(arrival)
    }
    append(pending)
  }

  @inline(__always)
  private mutating func append(_ packet: PendingPacket) {
    (pending + pendingCount).initialize(to: packet)
    pendingCount &+= 1
  }

  /// The sums of the packets that had a port, so far as they have been decided.
  var counters: Counters { path.counters }

  /// The flows after the packets so far.
  var census: FlowCensus { path.census() }

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
    defer {
      let (due, overflow) = (max(second, expiredUntil ?? 0) + 1).multipliedReportingOverflow(
        by: FlowLimits.second)
      expiryDue = overflow ? .max : due
    }
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
    if let headers, headers.network != .arp, let start = packet.bytes.baseAddress,
      case .port(let port, let basis) = sender(
        of: start, source: headers.source, isIPv6: headers.network == .ipv6)
    {
      return .port(port, basis)
    }
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

  private mutating func dropWithoutPort(
    _ packet: CapturedPacket, _ tuple: FiveTuple?, _ arrival: PortAssignment.Outcome,
    reason: DropReason
  ) throws {
    try flush()
    append(packet, tuple, arrival)
    defer { forgetPending() }
    withoutPort += 1
    delivered += 1
    try withUnsafePointer(to: Verdict.dropped(reason)) { verdict in
      try withUnsafePointer(to: PacketDetail()) { detail in
        try deliver(
          ReplayedBatch(
            pending: UnsafeBufferPointer(start: pending, count: 1), outcomes: outcomes,
            verdicts: UnsafeBufferPointer(start: verdict, count: 1),
            details: UnsafeBufferPointer(start: detail, count: 1),
            sent: UnsafeBufferPointer(start: nil, count: 0)))
      }
    }
  }

  private mutating func flush() throws {
    guard pendingCount > 0 else { return }
    path.process(vector, from: pending.pointee.port, into: &output)
    vector.removeAll()
    try deliverPending()
  }

  /// Hands out the pending packets with their verdicts, which stand in `output`.
  private mutating func deliverPending() throws {
    defer {
      forgetPending()
      output.removeAll()
    }
    let pending = UnsafeBufferPointer(start: pending, count: pendingCount)
    guard output.verdicts.count == pending.count else {
      throw ReplayError.unbalanced("\(pending.count) packets, \(output.verdicts.count) verdicts")
    }
    delivered += pending.count
    noteForwarded(pending)
    let (verdicts, items) = (output.verdicts, output.items)
    try output.details.withUnsafeBufferPointer { details in
      try deliver(
        ReplayedBatch(
          pending: pending, outcomes: outcomes, verdicts: verdicts, details: details, sent: items))
    }
  }

  /// Remembers what replies may answer.
  private mutating func noteForwarded(_ pending: UnsafeBufferPointer<PendingPacket>) {
    let verdicts = output.verdicts
    for departure in output.departures {
      let packet = pending.baseAddress.unsafelyUnwrapped + departure.index
      guard packet.pointee.hasConversation, case .forwarded(let egress) = verdicts[departure.index]
      else { continue }
      requests.note(
        packet.pointee.conversation, egress: egress, translatedSource: departure.translatedSource)
    }
    output.notesEveryDeparture = requests.mayForget(within: PacketVector.capacity)
  }

  private mutating func forgetPending() {
    pendingCount = 0
    if !outcomes.isEmpty { outcomes.removeAll(keepingCapacity: true) }
  }
}
