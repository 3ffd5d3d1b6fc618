import Model
import Wire

/// Everything that is done to a packet of one direction of a flow: one composed rewrite and a way out.
struct Action: Equatable {
  var egress: PortID
  /// The largest IP packet that the egress port carries, in bytes.
  var egressMTU: Int
  /// New addresses, where they change (F1).
  var source: UInt128?
  var destination: UInt128?
  var sourceMAC: MACAddress
  var destinationMAC: MACAddress
  /// Why it goes there: for counters, replay and explanations.
  var route: ResolvedRoute

  /// Whether packets leave by the same port, to the same neighbour, with the same addresses.
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

  /// The order in which flows give way to new ones: what is over first, then what nobody has answered.
  /// An established or answered flow never does, so a flood of SYNs evicts only its own kind.
  static let evictionOrder: [FlowState] = [.reset, .closing, .opening, .unanswered, .icmp]

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
    }
  }
}

/// What one side of a TCP connection has said so far: enough to write a reset that the other accepts.
struct TCPSide {
  /// The sequence number behind the last byte it sent.
  var nextSequence: UInt32 = 0
  /// The highest acknowledgment it sent: what it expects next.
  var acknowledged: UInt32 = 0
  var hasSequence = false
  var hasAcknowledged = false
  var sentFIN = false
  /// The largest segment it accepts, by its SYN; nil if that was not seen.
  var maximumSegment: UInt16?
}

/// One direction of a flow.
struct FlowHalf {
  var key: FlowKey
  var action: Action
  var packets: UInt64 = 0
  var bytes: UInt64 = 0
  var tcp = TCPSide()
  /// The largest IP packet that the way beyond us takes, once an ICMP error has said so.
  var pathMTU = Int.max
}

/// A flow: the direction that made it, and the way back if that has the same path.
struct Flow {
  var forward: FlowHalf
  var reverse: FlowHalf
  /// Whether `reverse` is in the table. It is not where replies take another way (a route table
  /// on one side only): they are flows of their own.
  var hasReverse: Bool
  var state: FlowState
  /// Generation of the snapshot that it was last decided by.
  var generation: UInt64
  var lastSeen: UInt64
  /// The subnet whose NIC owns the private source, whoever forwards the packet; nil from on-premises.
  var ownerSubnet: Int?
  /// The service whose endpoint that subnet has for the destination; nil for none (F3).
  var ownerService: Int?
  /// TCP: one side has sent a reset.
  var wasReset = false
  /// The VLAN tags of its packets, 4 bytes each, for frames that we make.
  var vlanTags: (UInt32, UInt32) = (0, 0)
  var vlanTagCount = 0
  /// TCP: nothing is left to close.
  var isOver: Bool { wasReset || forward.tcp.sentFIN && reverse.tcp.sentFIN }
  // The list of its state, oldest first.
  var previous: UInt32 = FlowTable.none
  var next: UInt32 = FlowTable.none
}
