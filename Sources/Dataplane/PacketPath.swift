import Model
import Wire

/// One worker's packet path. It owns its flow table and its counters; nothing in it takes a lock.
///
/// The fast path (FastPath.swift) recognises the plain packets of a vector, finds their flows, and forwards them,
/// each step for the whole vector. Whatever it does not take goes one by one, where its turn is, through
/// `Headers.parse`, `decide`, with the slow path for the first packet of a flow (Deciding.swift, FirstPacket.swift,
/// Admission.swift), and `emit` (Emitting.swift). A change of the snapshot is Switching.swift.
public struct PacketPath: ~Copyable {
  /// What a decision comes to.
  enum Plan {
    case drop(DropReason)
    /// The answer's frame, if one is sent, stands in the transmission's memory.
    case answer(Answer, Frame?)
    /// By the action that has been decided with it.
    case send(Size)
  }

  /// How a packet fits its way out.
  enum Size {
    case whole
    /// Whole, to be cut behind its port, if at all, into TCP segments of so many bytes of payload.
    case batch(segmentSize: UInt16)
    /// Cut into TCP segments of IP packets up to this many bytes: the sender left that to its interface (F7).
    case segments(maximumPacket: Int)
    /// Cut into IPv4 fragments up to this many bytes.
    case fragments(maximumPacket: Int)
  }

  /// By what ports large TCP frames leave whole, with the size of their segments beside them (F7): such a port hands that
  /// to the kernel, and cuts them itself where the kernel does not want them.
  public enum Batches: Sendable {
    /// By none. For captures: their frames say nothing of segments.
    case cut
    case byTAP
    /// By every one, tunnels excepted.
    case byAny
  }

  public private(set) var snapshot: Snapshot
  let limits: FlowLimits
  /// Set for captures: their frames carry the MAC addresses of another network.
  let acceptsAnyMAC: Bool
  let batches: Batches
  var table: FlowTable
  var fragments = FragmentTable<FragmentOutcome>()
  var oneWayFlows = OneWayFlows()
  var ruleHits = RuleHits()
  // At the service edge alone.
  var inspections = Inspections()
  var journal = EdgeJournal()
  var firewallHits: FirewallHits
  /// What our own numbers in refused connections come from: nobody else can guess them.
  let denialSeed: UInt64
  /// The rule that refused the packet that is decided on.
  var refusal: SecurityGroups.RuleID?
  var counts: CounterBlock
  /// One per frame of a batch; see FastPath.swift.
  let candidates: UnsafeMutablePointer<Candidate>
  /// What the fast path needs of each of the snapshot's ports.
  private(set) var links: UnsafeMutablePointer<Link>
  /// One per frame of a batch from a backbone with an encapsulation; see Decapsulating.swift.
  let arrivals: UnsafeMutablePointer<Arrival>
  let inner: UnsafeMutablePointer<Frame>
  /// Where the last new flow's replies come in, and the source that it left with, if that was another.
  var lastNew: (replyPort: PortID, source: UInt128?) = (PortID(0), nil)
  /// Before the frames of the vector that is being processed; see `PacketVector`.
  var room = 0

  /// - Parameters:
  ///   - acceptsAnyMAC: for captures: their frames carry the MAC addresses of another network.
  ///   - batches: which leave whole.
  ///   - seed: of the flow table's hash; fixed for replay, random for live traffic.
  public init(
    snapshot: Snapshot, limits: FlowLimits = FlowLimits(), acceptsAnyMAC: Bool = false,
    batches: Batches = .byTAP, seed: UInt64 = 0x5350_5552_4c49_4e45
  ) {
    self.snapshot = snapshot
    firewallHits = FirewallHits(snapshot)
    // Not the flow table's hash: numbers that are sent would show which flows collide there.
    denialSeed = (seed ^ 0xd6e8_feb8_6659_fd93) &* 0x9e37_79b9_7f4a_7c15
    self.limits = limits
    self.acceptsAnyMAC = acceptsAnyMAC
    self.batches = batches
    table = FlowTable(capacity: limits.maximumFlows, seed: seed)
    counts = CounterBlock(
      ports: snapshot.ports.count, services: snapshot.topology.services.services.count)
    candidates = .allocate(capacity: Self.batch)
    candidates.initialize(repeating: Candidate(), count: Self.batch)
    links = Link.all(of: snapshot)
    arrivals = .allocate(capacity: Self.batch)
    inner = .allocate(capacity: Self.batch)
  }

  deinit {
    arrivals.deallocate()
    inner.deallocate()
    candidates.deallocate()
    links.deallocate()
  }

  /// Decides every frame of a vector that came from one port, rewriting in place, and adds verdicts and
  /// frames to `output`. Time is the frames' own.
  public mutating func process(
    _ vector: borrowing PacketVector, from port: PortID, into output: inout Transmission
  ) {
    let record = snapshot.ports[Int(port.index)]
    var run = Run()
    room = vector.room
    let bytes =
      snapshot.tunnels?.backbone.id == port
      ? processTunnelled(vector, from: record, run: &run, into: &output)
      : process(vector, from: record, run: &run, into: &output)
    counts.count(run)
    counts.ports[Int(port.index)].received.packets &+= UInt64(vector.count)
    counts.ports[Int(port.index)].received.bytes &+= UInt64(bytes)
  }

  /// - Returns: how many bytes the frames had on the wire.
  private mutating func process(
    _ vector: borrowing PacketVector, from port: PortRecord, run: inout Run,
    into output: inout Transmission
  ) -> Int {
    let frames = vector.frames
    var bytes = 0
    var start = 0
    while start < vector.count {
      let end = min(start &+ Self.batch, vector.count)
      bytes &+= recognize(vector, start..<end, from: port.id)
      var index = start
      while true {
        index = forwardKnown(frames, from: index, to: end, batch: start, run: &run, into: &output)
        if index == end { break }
        let next = forwardIntoTunnel(frames, from: index, to: end, batch: start, into: &output)
        if next > index {
          index = next
          continue
        }
        switch begin(vector[index], candidates + (index &- start), from: port) {
        case .entered: continue
        case .refused(let reason): conclude(.dropped(reason), into: &output)
        case .notTaken: processAny(vector[index], cause: index, from: port, into: &output)
        }
        index &+= 1
      }
      start = end
    }
    return bytes
  }

  /// One frame, whatever it is.
  @inline(never)
  mutating func processAny(
    _ frame: Frame, cause: Int, from port: PortRecord, into output: inout Transmission
  ) {
    do throws(ParseError) {
      let headers = try Headers.parse(frame.readOnly, wireLength: frame.wireLength)
      var admission = Admission()
      let plan = decide(frame, headers, from: port, by: &admission, into: &output)
      emit(frame, headers, plan, by: admission.action, cause: cause, from: port, into: &output)
    } catch {
      conclude(.dropped(DropReason(error)), into: &output)
    }
  }

  /// Takes a frame that is known to be undecidable (an unsupported link type, say) into the sums.
  public mutating func drop(
    _ reason: DropReason, wireLength: Int, from port: PortID, into output: inout Transmission
  ) {
    counts.ports[Int(port.index)].received.packets += 1
    counts.ports[Int(port.index)].received.bytes += UInt64(wireLength)
    conclude(.dropped(reason), into: &output)
  }

  /// Frames that came in by a port that the snapshot no longer has.
  public mutating func dropStray(
    _ vector: borrowing PacketVector, into output: inout Transmission
  ) {
    for index in 0..<vector.count {
      counts.countStray(length: vector[index].wireLength)
      conclude(.dropped(.unknownPort), into: &output)
    }
  }

  /// Frees flows that have been idle for too long. Call about once a second of packet time.
  public mutating func expireFlows(now: UInt64) {
    for state in FlowState.allCases {
      let idle = limits.idle(state)
      if now > idle { _ = table.expire(state, unseenSince: now - idle) }
    }
    if snapshot.edge != nil { endLateInspections(now: now) }
  }

  public var counters: Counters {
    var sums = counts.sums(snapshot)
    sums.flows = table.count
    sums.securityRules = ruleHits.sums(snapshot.securityGroups)
    sums.resourceRules = firewallHits.sums(snapshot)
    sums.connectionRecordsLost = journal.lost
    for state in FlowState.allCases where table.count(of: state) > 0 {
      sums.flowsByState[state.name] = table.count(of: state)
    }
    return sums
  }

  /// I6: what was decided about connections since it was last asked, oldest first.
  public mutating func takeConnectionRecords() -> [ConnectionRecord] { journal.take(snapshot) }

  mutating func replaceSnapshot(_ new: Snapshot) {
    ruleHits.move(from: snapshot.securityGroups, to: new.securityGroups)
    if snapshot.edge != nil {
      firewallHits.move(from: snapshot, to: new)
      journal.settle(snapshot)
    }
    snapshot = new
    links.deallocate()
    links = Link.all(of: new)
  }
}
