import Model
import Wire

/// What is done to the packets of one direction of a flow: new addresses, and a way out.
struct Action: Equatable {
  /// Why it goes there: for counters, replay and explanations.
  var route: ResolvedRoute
  var egress: PortID
  /// New addresses, where they change (F1).
  var source: UInt128?
  var destination: UInt128?

  /// Not decided yet.
  static var undecided: Action {
    Action(
      egress: PortID(0),
      route: ResolvedRoute(prefix: .anyIPv4, origin: .system, nextHopType: .none))
  }

  init(egress: PortID, source: UInt128? = nil, destination: UInt128? = nil, route: ResolvedRoute) {
    self.egress = egress
    self.source = source
    self.destination = destination
    self.route = route
  }

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
    forward = FlowHalf(key: key, action: admission.action, generation: generation)
    reverse = FlowHalf(key: admission.backKey, action: admission.back, generation: generation)
    forwardDetails = HalfDetails(route: admission.action.route)
    reverseDetails = HalfDetails(route: admission.back.route)
    hasReverse = admission.hasReverse
    self.state = state
    ownerSubnet = admission.ownerSubnet
    ownerService = admission.ownerService
    resource = admission.judgment?.match
    isInspected = admission.judgment.map { $0.match == nil } ?? false
  }

  /// The source that it leaves with, where that is another.
  var translatedSource: UInt128? {
    forward.newSource == forward.key.source ? nil : forward.newSource
  }

  /// What the table finds replies by.
  var reverseKey: FlowKey? { hasReverse ? reverse.key : nil }

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

  // Inlined, or a flow of 520 bytes would be copied for it, most of them from memory.
  @inline(__always)
  func action(isReverse: Bool) -> Action {
    isReverse
      ? reverse.action(route: reverseDetails.route) : forward.action(route: forwardDetails.route)
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
