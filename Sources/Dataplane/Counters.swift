import Model

/// Sums of a worker or of several, by name.
public struct Counters: Sendable, Codable, Equatable {
  public struct Traffic: Sendable, Codable, Equatable {
    public var packets: UInt64 = 0
    /// Bytes on the wire, Ethernet header included.
    public var bytes: UInt64 = 0

    public init() {}

    static func + (a: Self, b: Self) -> Self {
      var sum = a
      sum.packets += b.packets
      sum.bytes += b.bytes
      return sum
    }
  }

  /// By port name; every port of the snapshot is there.
  public var received: [String: Traffic] = [:]
  /// Handed to the port, answers and resets included; one received frame may leave as several.
  public var transmitted: [String: Traffic] = [:]
  public var forwarded: UInt64 = 0
  /// Forwarded packets by the name of the port that they left by; ports that some left by. Unlike `transmitted` it counts
  /// what came in: a packet that leaves in segments once, an answer not at all.
  public var byEgress: [String: UInt64] = [:]
  /// By `Answer`'s raw value.
  public var answered: [String: UInt64] = [:]
  /// By `DropReason`'s raw value.
  public var dropped: [String: UInt64] = [:]
  /// Forwarded packets by Azure's name of the next-hop type.
  public var byNextHopType: [String: UInt64] = [:]
  /// Forwarded packets of endpoint traffic by service, both directions.
  public var byService: [String: UInt64] = [:]
  /// Flows that a security group's rule has decided on, by `GROUP/RULE Direction`; those that have decided on some (N1).
  public var securityRules: [String: UInt64] = [:]
  /// Connections that a rule of a resource's firewall has decided on, by `RESOURCE: RULE` (I3).
  public var resourceRules: [String: UInt64] = [:]
  /// Decisions about connections that nobody asked for in time (I6).
  public var connectionRecordsLost: UInt64 = 0
  /// Resets sent when an endpoint was switched; no packet asked for them.
  public var switchResets: UInt64 = 0
  /// Live flows.
  public var flows = 0
  public var flowsByState: [String: Int] = [:]
  /// Flows that gave way to new ones because the table was full.
  public var flowsEvicted: UInt64 = 0

  public init() {}

  public var totalReceived: UInt64 { received.values.reduce(0) { $0 + $1.packets } }
  public var totalAnswered: UInt64 { answered.values.reduce(0, +) }
  public var totalDropped: UInt64 { dropped.values.reduce(0, +) }

  /// Takes in what another worker has counted.
  public mutating func add(_ other: Counters) {
    received.merge(other.received) { $0 + $1 }
    transmitted.merge(other.transmitted) { $0 + $1 }
    forwarded += other.forwarded
    byEgress.merge(other.byEgress) { $0 + $1 }
    answered.merge(other.answered) { $0 + $1 }
    dropped.merge(other.dropped) { $0 + $1 }
    byNextHopType.merge(other.byNextHopType) { $0 + $1 }
    byService.merge(other.byService) { $0 + $1 }
    securityRules.merge(other.securityRules) { $0 + $1 }
    resourceRules.merge(other.resourceRules) { $0 + $1 }
    connectionRecordsLost += other.connectionRecordsLost
    switchResets += other.switchResets
    flows += other.flows
    flowsByState.merge(other.flowsByState) { $0 + $1 }
    flowsEvicted += other.flowsEvicted
  }

  /// Received = forwarded + answered + dropped.
  public var isBalanced: Bool { totalReceived == forwarded + totalAnswered + totalDropped }
}

/// The same as plain numbers by index, as the worker counts.
struct CounterBlock: ~Copyable {
  struct Port {
    var received = Counters.Traffic()
    var transmitted = Counters.Traffic()
    /// Packets received anywhere that left by it.
    var forwarded: UInt64 = 0

    mutating func add(_ other: Port) {
      received = received + other.received
      transmitted = transmitted + other.transmitted
      forwarded += other.forwarded
    }
  }

  private static let answers = Answer.allCases
  private static let reasons = DropReason.allCases
  private static let hops = NextHopType.allCases

  /// Pointers, because an array that is written to checks each time that nobody shares it.
  private(set) var ports: UnsafeMutableBufferPointer<Port>
  private(set) var services: UnsafeMutableBufferPointer<UInt64>
  /// Of ports that a reload took away.
  private var removed = Port()
  private let answered: UnsafeMutablePointer<UInt64>
  private let dropped: UnsafeMutablePointer<UInt64>
  private let byHop: UnsafeMutablePointer<UInt64>
  var forwarded: UInt64 = 0
  var switchResets: UInt64 = 0
  var flowsEvicted: UInt64 = 0

  init(ports: Int, services: Int) {
    self.ports = .allocate(capacity: ports)
    self.ports.initialize(repeating: Port())
    self.services = .allocate(capacity: services)
    self.services.initialize(repeating: 0)
    answered = .allocate(capacity: Self.answers.count)
    answered.initialize(repeating: 0, count: Self.answers.count)
    dropped = .allocate(capacity: Self.reasons.count)
    dropped.initialize(repeating: 0, count: Self.reasons.count)
    byHop = .allocate(capacity: Self.hops.count)
    byHop.initialize(repeating: 0, count: Self.hops.count)
  }

  deinit {
    ports.deallocate()
    services.deallocate()
    answered.deallocate()
    dropped.deallocate()
    byHop.deallocate()
  }

  /// After a reload, ports and services may stand in other places, or be gone. What a port that is gone
  /// has counted is kept apart: the sums must go on agreeing.
  mutating func move(
    ports moved: [PortID?], count: Int, services movedServices: [Int?], of new: Int
  ) {
    let movedPorts = UnsafeMutableBufferPointer<Port>.allocate(capacity: count)
    movedPorts.initialize(repeating: Port())
    for (old, place) in zip(ports, moved) {
      if let place {
        movedPorts[Int(place.index)] = old
      } else {
        removed.add(old)
      }
    }
    ports.deallocate()
    ports = movedPorts
    let counts = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: new)
    counts.initialize(repeating: 0)
    for (old, place) in zip(services, movedServices) {
      if let place { counts[place] = old }
    }
    services.deallocate()
    services = counts
  }

  mutating func count(_ verdict: Verdict, route: ResolvedRoute?) {
    switch verdict {
    case .forwarded(let egress):
      forwarded += 1
      ports[Int(egress.index)].forwarded += 1
      if let route {
        byHop[route.nextHopType.index] += 1
        if let service = route.service { services[service] += 1 }
      }
    case .answered(let answer): answered[answer.index] += 1
    case .dropped(let reason): dropped[reason.index] += 1
    }
  }

  /// A frame received by a port that is no longer there.
  mutating func countStray(length: Int) {
    removed.received.packets += 1
    removed.received.bytes += UInt64(length)
  }

  /// Packets of known flows that were forwarded.
  /// - Parameter link: that they leave by, where the flow's egress is a tunnel's.
  mutating func count(_ run: PacketPath.Run, by link: PortID? = nil) {
    guard run.packets > 0 else { return }
    forwarded &+= run.packets
    byHop[run.passage.nextHop] &+= run.packets
    if let service = run.passage.service { services[service] &+= run.packets }
    let port = link ?? run.passage.egress
    ports[Int(port.index)].forwarded &+= run.packets
    ports[Int(port.index)].transmitted.packets &+= run.packets
    ports[Int(port.index)].transmitted.bytes &+= run.bytes
  }

  func sums(_ snapshot: Snapshot) -> Counters {
    var sums = Counters()
    for (port, record) in zip(ports, snapshot.ports) {
      sums.received[record.name] = port.received
      sums.transmitted[record.name] = port.transmitted
      if port.forwarded > 0 { sums.byEgress[record.name] = port.forwarded }
    }
    if removed.forwarded > 0 { sums.byEgress["removed ports"] = removed.forwarded }
    if removed.received.packets + removed.transmitted.packets > 0 {
      sums.received["removed ports"] = removed.received
      sums.transmitted["removed ports"] = removed.transmitted
    }
    sums.forwarded = forwarded
    for answer in Self.answers where answered[answer.index] > 0 {
      sums.answered[answer.rawValue] = answered[answer.index]
    }
    for reason in Self.reasons where dropped[reason.index] > 0 {
      sums.dropped[reason.rawValue] = dropped[reason.index]
    }
    for hop in Self.hops where byHop[hop.index] > 0 {
      sums.byNextHopType[hop.rawValue] = byHop[hop.index]
    }
    for (service, count) in zip(snapshot.topology.services.services, services) where count > 0 {
      sums.byService[service.name] = count
    }
    sums.switchResets = switchResets
    sums.flowsEvicted = flowsEvicted
    return sums
  }
}

extension Answer {
  /// The place in declaration order: an enum without payloads is its own index.
  fileprivate var index: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}

extension DropReason {
  fileprivate var index: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}

extension NextHopType {
  var index: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}
