import Model
import Wire

/// What a new snapshot did to the flows of a worker or of several (F3).
public struct SwitchReport: Sendable, Codable, Equatable {
  /// A TCP connection that was reset at both ends.
  public struct ClosedConnection: Sendable, Codable, Equatable {
    /// `address:port`, as the NIC has them.
    public var source: String
    public var destination: String
    /// The service that the connection went to.
    public var service: String
    /// The port that it left by.
    public var egress: String
  }

  public var generation: UInt64 = 0
  /// One each, also where an appliance made two flows of it.
  public var closed: [ClosedConnection] = []
  /// Flows of other protocols to the service, forgotten; their next packet is decided anew.
  public var otherFlowsRemoved = 0
  /// Flows that went on untouched.
  public var flowsKept = 0

  public init() {}

  /// Takes in what the same snapshot did at another worker.
  public mutating func add(_ other: SwitchReport) {
    closed += other.closed
    otherFlowsRemoved += other.otherFlowsRemoved
    flowsKept += other.flowsKept
  }
}

extension PacketPath {
  enum Revalidation {
    case holds
    /// The flow is gone: its next packet takes another way.
    case moved
    /// An endpoint now decides, or no longer: both ends have been told.
    case closed
  }

  /// Takes a new snapshot. Where endpoints differ, the TCP connections that the switch touches are closed
  /// at once, and their resets stand in `output`; any other flow is looked at again with its next packet,
  /// and only a flow whose decision changed is touched.
  public mutating func adopt(
    _ new: Snapshot, now: UInt64, into output: inout Transmission
  ) -> SwitchReport {
    let old = snapshot
    var report = SwitchReport()
    report.generation = new.generation
    if !old.hasSamePlaces(as: new) { moveFlows(from: old, to: new) }
    replaceSnapshot(new)
    guard old.switchesEndpoints(to: new) else {
      report.flowsKept = table.count
      return report
    }
    var touched: [(slot: UInt32, effect: Snapshot.SwitchEffect)] = []
    table.forEachSlot { slot in
      let effect = new.switchEffect(on: table[slot])
      if effect != .none { touched.append((slot, effect)) }
    }
    report.flowsKept = table.count - touched.count
    for (slot, effect) in touched {
      switch effect {
      case .none: break
      case .ended: table.remove(slot)
      case .forgotten:
        table.remove(slot)
        report.otherFlowsRemoved += 1
      case .closed:
        if let connection = new.closedConnection(table[slot]) { report.closed.append(connection) }
        close(slot, now: now, into: &output)
      }
    }
    return report
  }

  /// Decides a flow anew under the present snapshot.
  mutating func revalidate(
    _ slot: UInt32, now: UInt64, into output: inout Transmission
  ) -> Revalidation {
    if let edge = snapshot.edge {
      return revalidateAtEdge(slot, edge, now: now, into: &output)
    }
    switch snapshot.review(table[slot]) {
    case .holds(let fresh):
      // Another route may say so now: the packets' way is the same, and the flow goes on.
      table[slot].decide(fresh, generation: snapshot.generation)
      return .holds
    case .closed:
      close(slot, now: now, into: &output)
      return .closed
    case .moved:
      table.remove(slot)
      return .moved
    }
  }

  /// A reset to each side, with a sequence number that it accepts, and the flow becomes one that only
  /// answers with resets.
  mutating func close(
    _ slot: UInt32, now: UInt64, into output: inout Transmission
  ) {
    let flow = table[slot]
    let key = flow.forward.key
    let ingress = snapshot[key.ingress]
    let egress = snapshot[flow.forward.egress]
    let sent = output.items.count
    // What each side sees of the other: the initiator the original addresses, the responder the new ones.
    output.appendResets(
      from: key.destination, key.destinationPort, to: key.source, key.sourcePort,
      sender: flow.reverse.tcp, receiver: flow.forward.tcp, by: ingress,
      flow: flow, now: now)
    output.appendResets(
      from: flow.forward.newSource, key.sourcePort,
      to: flow.forward.newDestination, key.destinationPort,
      sender: flow.forward.tcp, receiver: flow.reverse.tcp, by: egress,
      flow: flow, now: now)
    counts.switchResets += UInt64(output.items.count - sent)
    finish(from: sent, into: &output)
    table[slot].forward.lastSeen = now
    table.setState(.reset, of: slot)
  }

  /// After a reload, ports, subnets and services may stand in other places: flows keep theirs by name, and
  /// go where one of them has gone.
  private mutating func moveFlows(from old: Snapshot, to new: Snapshot) {
    let places = Dictionary(uniqueKeysWithValues: new.allPorts.map { ($0.key, $0.id) })
    let ports = old.allPorts.map { places[$0.key] }
    let subnets = old.topology.subnets.indices.map {
      new.topology.subnet(named: old.topology.qualifiedName(ofSubnet: $0))
    }
    let services = old.topology.services.services.map {
      new.topology.services.index(named: $0.name)
    }
    let resources = old.topology.resources.map { resource in
      new.topology.resources.firstIndex { $0.id == resource.id }
    }
    var slots: [UInt32] = []
    table.forEachSlot { slots.append($0) }
    // What was read of their beginnings is known by their slots.
    let begun = inspections
    inspections.removeAll()
    var flows: [(flow: Flow, from: UInt32)] = []
    for slot in slots {
      var flow = table[slot]
      table.remove(slot)
      guard let ingress = ports[Int(flow.forward.key.port)],
        let egress = ports[Int(flow.forward.egress.index)]
      else { continue }
      if let subnet = flow.ownerSubnet {
        guard let moved = subnets[subnet] else { continue }
        flow.ownerSubnet = moved
      }
      flow.forward.key.port = ingress.index
      flow.forward.egress = egress
      flow.reverse.key.port = new.replyPort(of: egress).index
      flow.reverse.egress = ingress
      flow.ownerService = flow.ownerService.flatMap { services[$0] }
      flow.forwardDetails.route.service = flow.forwardDetails.route.service.flatMap { services[$0] }
      flow.reverseDetails.route.service = flow.reverseDetails.route.service.flatMap { services[$0] }
      if let match = flow.resource {
        flow.resource = resources[match.resource].map {
          ResourceTable.Match(resource: $0, location: match.location)
        }
      }
      flow.forward.noteService(of: flow.forwardDetails.route)
      flow.reverse.noteService(of: flow.reverseDetails.route)
      flows.append((flow, slot))
    }
    oneWayFlows.removeAll()
    for (flow, old) in flows {
      guard let slot = table.insert(flow) else { continue }
      if flow.isInspected { inspections[slot] = begun[old] }
      guard !flow.hasReverse, new[flow.forward.egress].subnet != nil else { continue }
      noteOneWay(flow.forward.key, answeredBy: flow.forward.keyOfReplies)
    }
    // Decisions on fragments name ports by place; the few that are under way begin anew.
    fragments = FragmentTable<FragmentOutcome>()
    counts.move(
      ports: Array(ports.prefix(old.ports.count)), count: new.ports.count, services: services,
      of: new.topology.services.services.count)
  }
}

extension Snapshot {
  /// Whether any subnet's endpoints, or what they stand for, differ: only then can a switch have touched
  /// a connection that sends nothing.
  func switchesEndpoints(to new: Snapshot) -> Bool {
    let endpoints = { (topology: Topology) in
      topology.subnets.indices.map { index in
        EndpointsOfSubnet(
          name: topology.qualifiedName(ofSubnet: index),
          endpoints: topology.subnets[index].serviceEndpoints,
          hasPolicies: !topology.subnets[index].serviceEndpointPolicies.isEmpty)
      }
    }
    return endpoints(topology) != endpoints(new.topology)
      || topology.precedence != new.topology.precedence
      || topology.icmpFollowsEndpoints != new.topology.icmpFollowsEndpoints
      || topology.serviceTags.source != new.topology.serviceTags.source
      || topology.serviceTags.changeNumber != new.topology.serviceTags.changeNumber
      || topology.services.services != new.topology.services.services
  }

  /// Whether ports, subnets and services have the same indices in both.
  func hasSamePlaces(as new: Snapshot) -> Bool {
    ports.map(\.key) == new.ports.map(\.key)
      && (tunnels == nil) == (new.tunnels == nil)
      && topology.subnets.indices.map { topology.qualifiedName(ofSubnet: $0) }
        == new.topology.subnets.indices.map { new.topology.qualifiedName(ofSubnet: $0) }
      && topology.services.services.map(\.name) == new.topology.services.services.map(\.name)
      && topology.resources.map(\.id) == new.topology.resources.map(\.id)
  }

  private struct EndpointsOfSubnet: Equatable {
    var name: String
    var endpoints: [ServiceEndpoint]
    /// They widen what an endpoint covers (R7).
    var hasPolicies: Bool
  }
}

/// `address:port`, with brackets around IPv6 (RFC 5952 section 6).
func endpoint(_ address: IPAddress, _ port: UInt16) -> String {
  address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
}
