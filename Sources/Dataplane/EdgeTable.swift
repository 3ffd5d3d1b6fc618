import Model
import Wire

/// What a service edge decides by (I2, I3): the resources, and who callers are.
final class EdgeTable: Sendable {
  let side: ServiceSide
  /// Indices into the catalogue, by resource.
  let serviceOf: [Int?]
  /// Towards the servers.
  let services: PortID
  let translation: IPPrefix

  var resources: ResourceTable { side.resources }

  /// Nil for a fabric.
  init?(_ topology: Topology, ports: [PortRecord], side: ServiceSide?) {
    guard topology.role == .edge, let side, let edge = topology.edge,
      let services = ports.first(where: {
        guard case .world(let index) = $0.kind else { return false }
        return topology.worldPorts[index].kind == .services
      })
    else { return nil }
    self.side = side
    serviceOf = topology.resources.map { topology.services.index(named: $0.service) }
    self.services = services.id
    translation = edge.translation
  }

  /// The addresses of ours that stand for a caller who looks like another: from one that depends on the key on, as
  /// many as are tried.
  func translations(of key: FlowKey) -> some Sequence<UInt128> {
    let size = UInt64(1) << UInt64(32 - translation.length)
    let first = UInt64(key.hash(seed: 0x7261_6e73))
    let base = translation.address.bits
    // Neither the network's address nor the broadcast address.
    return (0..<min(size - 2, 64)).lazy.map { base + UInt128(1 + (first + $0) % (size - 2)) }
  }
}

/// What the edge says to a connection.
///
/// An object, so that what a fabric's packets hand on has room for one reference to it and no more.
final class Judgment {
  let caller: Caller
  /// Nil until a host name has said which resource is meant.
  var match: ResourceTable.Match?
  var verdict: FirewallVerdict?

  init(caller: Caller) { self.caller = caller }

  var isDenied: Bool { verdict.map { !$0.isAdmitted } ?? false }
}
