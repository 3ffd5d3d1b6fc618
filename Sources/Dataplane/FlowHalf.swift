import Model
import Wire

/// Where the packets of a direction leave, what they count for, and whether the fast path may take them: one number, so
/// that packets in a row are compared at once.
struct Passage: Equatable, BitwiseCopyable {
  private var bits: UInt64

  private static let noService: UInt64 = 0xffff
  private static let steady: UInt64 = 1 << 40
  private static let departed: UInt64 = 1 << 41

  /// No direction's: there is no such next hop.
  static var none: Passage { Passage(bits: .max) }

  private init(bits: UInt64) { self.bits = bits }

  /// Not yet steady.
  init(_ action: Action) {
    bits = UInt64(action.route.nextHopType.index) << 32
    egress = action.egress
    service = action.route.service
  }

  var egress: PortID {
    @inline(__always)
    get { PortID(Int(bits & 0xffff)) }
    set { bits = bits & ~0xffff | UInt64(newValue.index) }
  }

  /// The index of the endpoint's service; nil where there is none.
  var service: Int? {
    get {
      let service = bits >> 16 & 0xffff
      return service == Self.noService ? nil : Int(service)
    }
    set {
      bits = bits & ~(0xffff << 16) | (newValue.map(UInt64.init) ?? Self.noService) << 16
    }
  }

  /// The index of the next-hop type.
  var nextHop: Int { Int(bits >> 32 & 0xff) }

  var isSteady: Bool {
    @inline(__always)
    get { bits & Self.steady != 0 }
    set { bits = newValue ? bits | Self.steady : bits & ~Self.steady }
  }

  /// The `Departure` of such a packet has been noted.
  var hasDeparted: Bool {
    get { bits & Self.departed != 0 }
    set { bits = newValue ? bits | Self.departed : bits & ~Self.departed }
  }
}

/// One direction of a flow: what a packet of it that changes nothing else reads and writes, in two lines of the cache,
/// whatever else there is to know of the flow. A plain packet of UDP over IPv4 needs the first one alone; in the second
/// stand TCP's numbers, and what is longer of IPv6's addresses.
struct FlowHalf {
  static let size = 128
  /// Of the second line.
  static let secondLine = 64

  private var keyRest: UInt64
  /// Low 32 bits, source before destination: as packets come, and as they leave.
  private var oldAddresses: UInt64
  private let newAddresses: UInt64
  private let headerDelta: UInt16
  private let transportDelta: UInt16
  /// The generation of the snapshot that it was last decided by, cut to 32 bits.
  var generation: UInt32
  var packets: UInt64 = 0
  var bytes: UInt64 = 0
  /// Nanoseconds since 1970; 0 where no packet came.
  var lastSeen: UInt64 = 0
  var passage: Passage

  var tcp = TCPSide()
  // The upper 96 bits of addresses.
  private var oldMiddle: (source: UInt32, destination: UInt32)
  private let newMiddle: (source: UInt32, destination: UInt32)
  private var oldHigh: (source: UInt64, destination: UInt64)
  private let newHigh: (source: UInt64, destination: UInt64)

  init(key: FlowKey, action: Action, generation: UInt64) {
    let rewrite = PlainRewrite(
      source: action.source ?? key.source, destination: action.destination ?? key.destination,
      from: key.source, and: key.destination)
    keyRest = key.rest
    oldAddresses = Self.low(key.source, key.destination)
    oldMiddle = (Self.middle(key.source), Self.middle(key.destination))
    oldHigh = (Self.high(key.source), Self.high(key.destination))
    newAddresses = Self.low(rewrite.source, rewrite.destination)
    newMiddle = (Self.middle(rewrite.source), Self.middle(rewrite.destination))
    newHigh = (Self.high(rewrite.source), Self.high(rewrite.destination))
    headerDelta = rewrite.headerDelta
    transportDelta = rewrite.transportDelta
    self.generation = UInt32(truncatingIfNeeded: generation)
    passage = Passage(action)
  }

  var egress: PortID {
    get { passage.egress }
    set {
      passage.egress = newValue
      passage.hasDeparted = false
    }
  }

  /// A plain packet (`PlainPacket`) leaves the flow in the state it is in: the fast path may take it.
  var isSteady: Bool {
    get { passage.isSteady }
    set { passage.isSteady = newValue }
  }

  // These and others are inlined always: a call would have all 128 bytes copied for it.
  var key: FlowKey {
    @inline(__always)
    get {
      FlowKey(
        source: Self.join(
          oldHigh.source, oldMiddle.source, UInt32(truncatingIfNeeded: oldAddresses >> 32)),
        destination: Self.join(
          oldHigh.destination, oldMiddle.destination, UInt32(truncatingIfNeeded: oldAddresses)),
        rest: keyRest)
    }
    set {
      keyRest = newValue.rest
      oldAddresses = Self.low(newValue.source, newValue.destination)
      oldMiddle = (Self.middle(newValue.source), Self.middle(newValue.destination))
      oldHigh = (Self.high(newValue.source), Self.high(newValue.destination))
    }
  }

  /// The source that packets leave with; their own where that stays.
  @inline(__always)
  var newSource: UInt128 {
    Self.join(newHigh.source, newMiddle.source, UInt32(truncatingIfNeeded: newAddresses >> 32))
  }

  /// Of a packet that leaves; there is one from now on.
  mutating func departure(_ index: Int) -> Departure {
    passage.hasDeparted = true
    return Departure(index: index, translatedSource: newSource)
  }

  /// Like `newSource`.
  @inline(__always)
  var newDestination: UInt128 {
    Self.join(newHigh.destination, newMiddle.destination, UInt32(truncatingIfNeeded: newAddresses))
  }

  @inline(__always)
  var isIPv6: Bool { FlowKey.isIPv6(rest: keyRest) }

  /// Whether it is the half of packets with this key.
  @inline(__always)
  func has(_ key: FlowKey) -> Bool {
    keyRest == key.rest && oldAddresses == Self.low(key.source, key.destination)
      && (!key.isIPv6 || self.key == key)
  }

  /// Whether a plain packet belongs to it.
  /// - Parameters:
  ///   - frame: the packet's, untagged.
  ///   - rest: of the packet's key.
  ///   - addresses: where it is IPv4, source before destination.
  @inline(__always)
  func has(_ frame: UnsafeMutableRawPointer, rest: UInt64, addresses: UInt64) -> Bool {
    guard keyRest == rest else { return false }
    guard FlowKey.isIPv6(rest: rest) else { return oldAddresses == addresses }
    return PlainPacket.ipv6Addresses(frame) == (key.source, key.destination)
  }

  /// New addresses, one hop less, checksums.
  /// - Parameter rest: of its key, which the caller has at hand.
  /// - Precondition: the frame holds a plain packet of this half.
  @inline(__always)
  func rewrite(_ frame: UnsafeMutableRawPointer, rest: UInt64) {
    let transport = FlowKey.transport(ofRest: rest)
    if FlowKey.isIPv6(rest: rest) {
      PlainRewrite.apply(
        frame, source: newSource, destination: newDestination, transportDelta: transportDelta,
        transport: transport)
    } else {
      PlainRewrite.apply(
        frame, addresses: newAddresses, headerDelta: headerDelta, transportDelta: transportDelta,
        transport: transport)
    }
  }

  @inline(__always)
  func action(route: ResolvedRoute) -> Action {
    let (key, source, destination) = (key, newSource, newDestination)
    return Action(
      egress: egress, source: source == key.source ? nil : source,
      destination: destination == key.destination ? nil : destination, route: route)
  }

  mutating func noteService(of route: ResolvedRoute) { passage.service = route.service }

  @inline(__always)
  func isDecided(by generation: UInt64) -> Bool {
    self.generation == UInt32(truncatingIfNeeded: generation)
  }

  /// Counts one packet in.
  @inline(__always)
  mutating func note(length: Int, now: UInt64) {
    packets &+= 1
    bytes &+= UInt64(length)
    lastSeen = now
  }

  @inline(__always)
  private static func low(_ source: UInt128, _ destination: UInt128) -> UInt64 {
    UInt64(truncatingIfNeeded: source) << 32 | UInt64(UInt32(truncatingIfNeeded: destination))
  }

  @inline(__always)
  private static func middle(_ address: UInt128) -> UInt32 {
    UInt32(truncatingIfNeeded: address >> 32)
  }

  @inline(__always)
  private static func high(_ address: UInt128) -> UInt64 {
    UInt64(truncatingIfNeeded: address >> 64)
  }

  @inline(__always)
  private static func join(_ high: UInt64, _ middle: UInt32, _ low: UInt32) -> UInt128 {
    UInt128(high) << 64 | UInt128(UInt64(middle) << 32 | UInt64(low))
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
