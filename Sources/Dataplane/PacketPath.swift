import Model

/// One worker's packet path.
public struct PacketPath: ~Copyable {
  public init(snapshot: Snapshot, limits: FlowLimits = FlowLimits()) {
    fatalError("to come")
  }

  public var snapshot: Snapshot { fatalError("to come") }

  /// Decides every frame of a vector that came from one port, rewriting in place. Time is the frames' own.
  public mutating func process(
    _ vector: inout PacketVector, from port: PortID, into output: inout Transmission
  ) {}

  /// Takes a new snapshot. The TCP connections that an endpoint switch touches are closed: their resets
  /// stand in `output`.
  public mutating func adopt(
    _ snapshot: Snapshot, now: UInt64, into output: inout Transmission
  ) -> SwitchReport { fatalError("to come") }

  /// Frees flows that have been idle for too long. Call about once a second of packet time.
  public mutating func expireFlows(now: UInt64) {}

  public var counters: Counters { Counters() }

  /// All flows, in no order.
  public func flows() -> [FlowRecord] { [] }

  /// The decision on one frame with every step recorded; no flow is made, no counter moves.
  public func explain(_ frame: Frame, from port: PortID) -> Explanation { fatalError("to come") }
}

/// Bounds and idle times of the flow table (F4).
public struct FlowLimits: Sendable {
  public var maximumFlows = 65_536
  public init() {}
}

/// What a new snapshot did to the flows (F3).
public struct SwitchReport: Sendable, Codable {
  public struct ClosedConnection: Sendable, Codable {
    public var source: String
    public var destination: String
    public var service: String
    public init(source: String, destination: String, service: String) {
      self.source = source
      self.destination = destination
      self.service = service
    }
  }
  public var generation: UInt64 = 0
  public var closed: [ClosedConnection] = []
  public var otherFlowsRemoved = 0
  public init() {}
}

/// Sums of one or more workers.
public struct Counters: Sendable, Codable, Equatable {
  public struct Traffic: Sendable, Codable, Equatable {
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0
    public init() {}
  }
  /// By port name.
  public var received: [String: Traffic] = [:]
  public var transmitted: [String: Traffic] = [:]
  public var forwarded: UInt64 = 0
  public var answered: [String: UInt64] = [:]
  public var dropped: [String: UInt64] = [:]
  /// Forwarded packets by Azure's name of the next-hop type.
  public var byNextHopType: [String: UInt64] = [:]
  /// Forwarded packets by service, of endpoint traffic.
  public var byService: [String: UInt64] = [:]
  public var flows = 0
  public init() {}

  /// Received = forwarded + answered + dropped.
  public var isBalanced: Bool {
    received.values.reduce(0) { $0 + $1.packets }
      == forwarded + answered.values.reduce(0, +) + dropped.values.reduce(0, +)
  }
}

/// A flow for people and tests.
public struct FlowRecord: Sendable, Codable {
  public var port: String = ""
  public var virtualNetwork: String = ""
  public var source: String = ""
  public var destination: String = ""
  public var proto: String = ""
  public var state: String = ""
  public var egress: String = ""
  public var nextHopType: String = ""
  public var service: String?
  /// The source as it leaves, with its port: `10.0.1.4:40000`.
  public var translatedSource: String = ""
  public var packets: UInt64 = 0
  public var bytes: UInt64 = 0
  public var idleSeconds: Double = 0
  public init() {}
}

/// Every step of a decision.
public struct Explanation: Sendable {
  public struct Step: Sendable, Codable {
    /// `parse`, `port`, `anti-spoof`, `flow`, `route`, `rewrite`, `verdict`.
    public var stage: String
    public var text: String
    public init(stage: String, text: String) {
      self.stage = stage
      self.text = text
    }
  }
  public var steps: [Step] = []
  /// Nil where the packet never came to a route.
  public var route: RouteExplanation?
  public var verdict: Verdict
  /// The source that it leaves with.
  public var translatedSource: String?
  public init(verdict: Verdict) { self.verdict = verdict }
}
