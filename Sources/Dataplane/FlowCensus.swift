import Model

/// The flows of packet paths at one moment, to be asked about elsewhere than in the thread that forwards.
public struct FlowCensus: Sendable {
  /// The snapshot that they are under.
  public let snapshot: Snapshot
  private(set) var flows: [Flow]

  /// Without flows.
  public init(_ snapshot: Snapshot) { self.init(snapshot, flows: []) }

  init(_ snapshot: Snapshot, flows: [Flow]) {
    self.snapshot = snapshot
    self.flows = flows
  }

  /// Takes in the flows of another worker, which are under the same snapshot.
  public mutating func add(_ other: FlowCensus) { flows += other.flows }
}

extension PacketPath {
  /// All flows, as they are now.
  public func census() -> FlowCensus {
    var flows: [Flow] = []
    flows.reserveCapacity(table.count)
    table.forEachSlot { flows.append(table[$0]) }
    return FlowCensus(snapshot, flows: flows)
  }
}

/// A census by key: what happens to a connection as it is.
struct FlowIndex {
  private let snapshot: Snapshot
  private var actions: [FlowKey: Action] = [:]
  /// Ports by which flows have come in.
  private var talking: Set<PortID> = []

  init(_ census: FlowCensus) {
    snapshot = census.snapshot
    // What a switch has closed is no flow any more.
    for flow in census.flows where flow.state != .reset {
      actions[flow.forward.key] = flow.action(isReverse: false)
      talking.insert(flow.forward.key.ingress)
    }
  }

  /// As its flow says; where an appliance has not been heard at all, as a new connection would fare.
  func step(_ key: FlowKey) -> Journey.Step {
    if let action = actions[key] { return .leaves(action) }
    return talking.contains(key.ingress) ? .unknown : snapshot.firstPacket(key)
  }
}
