import Wire

/// What the program is: the fabric of the virtual networks, or the service's side at the far end of the backbone.
public enum Role: String, CaseIterable, Sendable, Codable {
  case fabric
  case edge
}

/// The service edge (I2): takes identities off, has resources' firewalls decide, hands packets to the servers.
public struct ServiceEdge: Sendable {
  /// Its ends of the links: `backbone`, `services` (towards the servers) and, where the services are reached by public
  /// addresses too, `internet`.
  public var ports: [WorldPort]
  /// Source addresses of ours towards the servers, for a connection that would look like another caller's: two
  /// networks may have the same private address.
  public var translation: IPPrefix

  public init(ports: [WorldPort], translation: IPPrefix) {
    self.ports = ports
    self.translation = translation
  }
}

extension Topology {
  /// The same networks, subnets and resources, as the edge has them: no NIC is here, and the ports are the edge's. Nil
  /// where there is none.
  public var atEdge: Topology? {
    guard let edge else { return nil }
    var topology = self
    topology.role = .edge
    topology.worldPorts = edge.ports
    topology.bgpRoutes = []
    return topology
  }

  /// The NICs that have a port here. At the edge none has; it knows their networks by their public addresses.
  public var presentInterfaces: [NetworkInterface] { role == .fabric ? networkInterfaces : [] }
}

extension BackboneEncapsulation {
  /// As the far end has it.
  /// - Parameter neighbor: whom the far end sends inner frames to where nothing else is said.
  public var reversed: BackboneEncapsulation {
    var far = self
    (far.local, far.remote) = (remote, local)
    return far
  }
}
