import Model
import Testing
import Wire

@testable import Dataplane

/// A packet path with an appliance that sends on what it gets, and the edge behind it: where packets end up for real.
final class ForecastLab {
  let lab: Fixture
  /// The edge decides the same, whatever endpoints subnets have.
  private lazy var edge = Snapshot(
    generation: 1, topology: lab.topology.atEdge!,
    routing: RoutingTables(topology: lab.topology.atEdge!))

  init(change: (inout Topology) -> Void = { _ in }) {
    lab = Fixture(limits: Self.limits(256), acceptsAnyMAC: true) { topology in
      topology.edge = ServiceEdge(
        ports: ForecastLab.edgePorts, translation: IPPrefix("198.18.0.0/16")!)
      change(&topology)
      // As the reader of configurations does it.
      var identities = SubnetIdentities()
      identities.adopt(&topology)
      topology.edge!.ports[0].encapsulation = topology.worldPorts[2].encapsulation?.reversed
    }
  }

  private static func limits(_ flows: Int) -> FlowLimits {
    var limits = FlowLimits()
    limits.maximumFlows = flows
    return limits
  }

  private static let edgePorts: [WorldPort] = [
    (WorldPort.Kind.backbone, 3), (.internet, 4), (.services, 5),
  ].map { kind, number in
    WorldPort(
      kind: kind, device: Device(name: kind.rawValue),
      macAddress: MACAddress(0x0200_0000_0002 | UInt64(number) << 8),
      peerMACAddress: MACAddress(0x0200_0000_0001 | UInt64(number) << 8),
      addresses: [.v4(IPv4Address(169, 254, UInt8(number), 2))])
  }

  /// Where a packet came out, or what became of it.
  struct End: Equatable, CustomStringConvertible {
    /// The port that it left its own by.
    var egress: String?
    /// The port that it left the networks by.
    var exit: String?
    var source: String?
    var dropReason: String?
    /// Of `exit`.
    var frame: [UInt8] = []

    static func == (a: Self, b: Self) -> Bool {
      (a.egress, a.exit, a.source, a.dropReason) == (b.egress, b.exit, b.source, b.dropReason)
    }

    var description: String {
      "\(egress ?? "-") … \(exit ?? "-") as \(source ?? "-"), \(dropReason ?? "not dropped")"
    }
  }

  /// Sends a packet in by a port, and through the appliance.
  func send(_ bytes: [UInt8], from port: String) -> End {
    var (bytes, port) = (bytes, port)
    var end = End()
    for _ in 0..<4 {
      let (verdict, sent) = lab.receive(bytes, from: port)
      switch verdict {
      case .answered(let answer): end.dropReason = "answered \(answer.rawValue)"
      case .dropped(let reason): end.dropReason = reason.rawValue
      case .forwarded(let egress):
        let name = lab.path.snapshot[egress].name
        if end.egress == nil { end.egress = name }
        bytes = sent[0].frame.bytes
        if name == "nva", SeenFrame(bytes).destination != "10.0.100.4" {
          port = "nva"
          continue
        }
        guard lab.path.snapshot[egress].subnet == nil else { return end }
        end.exit = name
        end.frame = bytes
        end.source = sourceInside(sent[0].frame, by: egress)
      }
      return end
    }
    return end
  }

  /// Behind a service tunnel's header an address keeps its last 32 bits.
  private func sourceInside(_ frame: SeenFrame, by egress: PortID) -> String {
    guard lab.path.snapshot.tunnels != nil, lab.path.snapshot[egress].name == "backbone" else {
      return frame.source
    }
    return "\(IPv4Address(UInt32(frame.number(frame.l3 + 20, 4))))"
  }

  /// What the edge does with what came out there: nil where it does not come by the edge.
  func edgeAdmits(_ end: End) -> Bool? {
    guard let exit = end.exit, exit != "gateway" else { return nil }
    var path = PacketPath(snapshot: edge, limits: Self.limits(16), acceptsAnyMAC: true)
    var vector = PacketVector()
    // A tunnel's headers come off in place.
    _ = end.frame.withUnsafeBytes { vector.append($0, wireLength: $0.count, timestamp: lab.now) }
    var output = Transmission()
    path.process(vector, from: path.snapshot.port(named: exit)!, into: &output)
    if case .forwarded = output.verdicts[0] { return true }
    return false
  }

  /// The forecast of a subnet's endpoints becoming these.
  func forecast(_ endpoints: [String], switching service: String, of subnet: String) -> Forecast {
    var (topology, routing) = (lab.topology, lab.routing)
    let index = topology.subnet(named: subnet)!
    let changed = endpoints.map { ServiceEndpoint(service: $0) }
    topology.subnets[index].serviceEndpoints = changed
    let change = routing.setServiceEndpoints(changed, ofSubnet: index)
    return Forecast(
      lab.path.census(), switching: service, ofSubnet: index,
      to: Snapshot(generation: lab.generation + 1, topology: topology, routing: routing),
      change: change)
  }
}

extension Forecast.Way {
  /// As a packet tells it that is really sent.
  var end: ForecastLab.End {
    ForecastLab.End(egress: egress, exit: exit, source: source, dropReason: dropReason)
  }
}
