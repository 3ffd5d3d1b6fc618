import Model
import Wire

/// What is done to the packets of one direction of a flow: new addresses, and a way out.
struct Action: Equatable {
  var egress: PortID
  /// New addresses, where they change (F1).
  var source: UInt128?
  var destination: UInt128?
  /// Why it goes there: for counters, replay and explanations.
  var route: ResolvedRoute

  /// Whether packets leave by the same port with the same addresses.
  func leadsLike(_ other: Action) -> Bool {
    var other = other
    other.route = route
    return self == other
  }
}

/// Where a flow stands; each state has its own idle time (F4).
enum FlowState: UInt8, CaseIterable {
  /// TCP: no full handshake seen yet.
  case opening
  case established
  /// TCP: a FIN or a RST was seen.
  case closing
  /// UDP: nothing has come back yet.
  case unanswered
  case answered
  case icmp
  /// Any other protocol.
  case other
  /// Closed by an endpoint switch; late packets are answered with a reset (F3).
  case reset
  /// Refused by a resource's firewall once its host name was known; the caller has been told (I3).
  case denied

  /// The order in which flows give way to new ones: what is over first, then what nobody has answered.
  /// An established or answered flow never does, so a flood of SYNs evicts only its own kind.
  static let evictionOrder: [FlowState] = [.reset, .denied, .closing, .opening, .unanswered, .icmp]

  var name: String {
    switch self {
    case .opening: "opening"
    case .established: "established"
    case .closing: "closing"
    case .unanswered: "unanswered"
    case .answered: "answered"
    case .icmp: "icmp"
    case .other: "other"
    case .reset: "reset"
    case .denied: "denied"
    }
  }
}

/// What one side of a TCP connection has said so far: enough to write a reset that the other accepts.
struct TCPSide: BitwiseCopyable {
  /// The sequence number behind the last byte it sent.
  var nextSequence: UInt32 = 0
  /// The highest acknowledgment it sent: what it expects next.
  var acknowledged: UInt32 = 0
  var hasSequence = false
  var hasAcknowledged = false
  var sentFIN = false
}

/// One direction of a flow: what a packet of it that changes nothing else reads and writes. 128 bytes, two
/// lines of the cache, whatever else there is to know of the flow.
struct FlowHalf {
  static let size = 128

  var key: FlowKey
  /// The generation of the snapshot that it was last decided by, cut to 32 bits.
  var generation: UInt32
  let rewrite: PlainRewrite
  var egress: PortID
  /// The index of the endpoint's service; `noService` where there is none.
  var service: UInt16
  var packets: UInt64 = 0
  var bytes: UInt64 = 0
  /// Nanoseconds since 1970; 0 where no packet came.
  var lastSeen: UInt64 = 0
  var tcp = TCPSide()
  let nextHopType: NextHopType
  /// A plain packet (`PlainPacket`) leaves the flow in the state it is in: the fast path may take it.
  var isSteady = false

  static let noService = UInt16.max

  init(key: FlowKey, action: Action, generation: UInt64) {
    self.key = key
    self.generation = UInt32(truncatingIfNeeded: generation)
    rewrite = PlainRewrite(
      source: action.source ?? key.source, destination: action.destination ?? key.destination,
      from: key.source, and: key.destination)
    nextHopType = action.route.nextHopType
    egress = action.egress
    service = Self.noService
    noteService(of: action.route)
  }

  mutating func noteService(of route: ResolvedRoute) {
    service = route.service.map { UInt16(clamping: $0) } ?? Self.noService
  }

  func isDecided(by generation: UInt64) -> Bool {
    self.generation == UInt32(truncatingIfNeeded: generation)
  }

  /// Counts one packet in.
  mutating func note(length: Int, now: UInt64) {
    packets &+= 1
    bytes &+= UInt64(length)
    lastSeen = now
  }
}

/// What is seldom asked of one direction.
struct HalfDetails {
  var route: ResolvedRoute
  /// The largest IP packet that the way beyond us takes, once an ICMP error has said so.
  var pathMTU = Int.max
  /// TCP: the largest segment that the sender of this direction accepts, by its SYN; nil if that was not seen.
  var maximumSegment: UInt16?
}

/// A flow: the direction that made it, and the way back if that has the same path.
struct Flow {
  var forward: FlowHalf
  var reverse: FlowHalf
  var forwardDetails: HalfDetails
  var reverseDetails: HalfDetails
  /// Whether `reverse` is in the table. It is not where replies take another way (a route table
  /// on one side only): they are flows of their own.
  let hasReverse: Bool
  var state: FlowState
  /// The subnet whose NIC owns the private source, whoever forwards the packet; nil from on-premises.
  var ownerSubnet: Int?
  /// The service whose endpoint that subnet has for the destination; nil for none (F3).
  var ownerService: Int?
  /// TCP: one side has sent a reset.
  var wasReset = false
  /// The VLAN tags of its packets, 4 bytes each, for frames that we make.
  var vlanTags: (UInt32, UInt32) = (0, 0)
  var vlanTagCount = 0
  /// At the edge: which resource it is for, once that is known (I2).
  var resource: ResourceTable.Match?
  /// At the edge: its data has not yet said which host is meant or, where `resource` is known, that has not yet
  /// been acknowledged.
  var isInspected = false
  var beginning = Beginning()
  // The list of its state, oldest first.
  var previous: UInt32 = FlowTable.none
  var next: UInt32 = FlowTable.none

  /// As the slow path admits it.
  init(_ key: FlowKey, _ admission: Admission, state: FlowState, generation: UInt64) {
    // Without a way back the reverse half stands for nothing, and no entry of the table leads to it.
    let reverse = admission.reverse ?? (key, admission.action)
    forward = FlowHalf(key: key, action: admission.action, generation: generation)
    self.reverse = FlowHalf(key: reverse.key, action: reverse.action, generation: generation)
    forwardDetails = HalfDetails(route: admission.action.route)
    reverseDetails = HalfDetails(route: reverse.action.route)
    hasReverse = admission.reverse != nil
    self.state = state
    ownerSubnet = admission.ownerSubnet
    ownerService = admission.ownerService
    resource = admission.judgment?.match
    isInspected = admission.judgment.map { $0.match == nil } ?? false
  }

  /// The source that it leaves with, where that is another.
  var translatedSource: UInt128? {
    forward.rewrite.source == forward.key.source ? nil : forward.rewrite.source
  }

  /// Counts as the service's from now on.
  mutating func noteService(_ service: Int?) {
    forwardDetails.route.service = service
    reverseDetails.route.service = service
    forward.noteService(of: forwardDetails.route)
    reverse.noteService(of: reverseDetails.route)
  }

  var lastSeen: UInt64 { max(forward.lastSeen, reverse.lastSeen) }

  /// TCP: nothing is left to close.
  var isOver: Bool { wasReset || forward.tcp.sentFIN && reverse.tcp.sentFIN }

  func action(isReverse: Bool) -> Action {
    let half = isReverse ? reverse : forward
    return Action(
      egress: half.egress,
      source: half.rewrite.source == half.key.source ? nil : half.rewrite.source,
      destination:
        half.rewrite.destination == half.key.destination ? nil : half.rewrite.destination,
      route: isReverse ? reverseDetails.route : forwardDetails.route)
  }

  /// Another decision under another snapshot that leads packets the same way: what they have left stays.
  mutating func decide(_ admission: Admission, generation: UInt64) {
    let fresh = Flow(forward.key, admission, state: state, generation: generation)
    forward = fresh.forward.continuing(forward)
    reverse = fresh.reverse.continuing(reverse)
    forwardDetails.route = fresh.forwardDetails.route
    if hasReverse { reverseDetails.route = fresh.reverseDetails.route }
  }
}

extension FlowHalf {
  /// With what packets have left in another.
  func continuing(_ other: FlowHalf) -> FlowHalf {
    var half = self
    half.packets = other.packets
    half.bytes = other.bytes
    half.lastSeen = other.lastSeen
    half.tcp = other.tcp
    half.isSteady = other.isSteady
    return half
  }
}

extension FlowState {
  /// Whether plain packets of the direction leave a flow in this state.
  func isSteady(isReverse: Bool) -> Bool {
    switch self {
    case .established, .answered: true
    // The first reply answers it.
    case .unanswered: !isReverse
    case .opening, .closing, .icmp, .other, .reset, .denied: false
    }
  }
}
