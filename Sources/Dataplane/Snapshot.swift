import Model
import Wire

/// What the packet path decides by: immutable, published whole, taken at a vector's boundary.
public final class Snapshot: Sendable {
  /// Counts up with each published snapshot; flows remember the one they were admitted under.
  public let generation: UInt64
  public let topology: Topology
  public let routing: RoutingTables
  /// NICs in the topology's order, then the ports towards the world in theirs.
  public let ports: [PortRecord]

  public init(generation: UInt64, topology: Topology, routing: RoutingTables) {
    self.generation = generation
    self.topology = topology
    self.routing = routing
    ports =
      topology.networkInterfaces.enumerated().map { index, nic in
        PortRecord(
          id: PortID(index), name: nic.name, kind: .networkInterface(index), device: nic.device)
      }
      + topology.worldPorts.enumerated().map { index, port in
        PortRecord(
          id: PortID(topology.networkInterfaces.count + index), name: port.kind.rawValue,
          kind: .world(index), device: port.device)
      }
  }

  public func port(named name: String) -> PortID? { ports.first { $0.name == name }?.id }
}

/// A port as the packet path sees it.
public struct PortRecord: Sendable {
  public enum Kind: Hashable, Sendable {
    /// Index into `Topology.networkInterfaces`.
    case networkInterface(Int)
    /// Index into `Topology.worldPorts`.
    case world(Int)
  }

  public var id: PortID
  /// The NIC's name, or `internet`, `gateway`, `backbone`.
  public var name: String
  public var kind: Kind
  public var device: Device
}
