/// Bytes that the routes of each origin take, without the allocator's own overhead.
public struct RoutingMemory: Hashable, Sendable {
  public var endpoint = 0
  public var user = 0
  public var bgp = 0
  public var system = 0

  public init() {}

  public var total: Int { endpoint + user + bgp + system }
}

extension RoutingTables {
  /// What all layers take: a layer that subnets share counts once, nodes that copies of the tables share count in
  /// each copy. It walks all layers: for reports, not for the packet path.
  public var memoryInBytes: RoutingMemory {
    var seen: Set<RouteLayer.Identity> = []
    func bytes(_ layers: [RouteLayer]) -> Int {
      layers.reduce(0) { seen.insert($1.identity).inserted ? $0 + $1.memoryInBytes : $0 }
    }
    var memory = RoutingMemory()
    memory.endpoint = bytes(endpointLayers)
    memory.user = bytes(userLayers)
    memory.system = bytes(systemLayers)
    memory.bgp = bgpTables.reduce(0) {
      $0 + $1.table.memoryInBytes + $1.written.memoryInBytes
    }
    return memory
  }
}

extension RoutingTables {
  /// What tells layers apart, by subnet or route table: equal where two share one. For tests of the sharing; good
  /// only while the tables live.
  package var endpointLayerIdentities: [UnsafeRawPointer?] { endpointLayers.map(\.identity) }
  package var userLayerIdentities: [UnsafeRawPointer?] { userLayers.map(\.identity) }
}

extension DualTable {
  var memoryInBytes: Int { v4.memoryInBytes + v6.memoryInBytes }
}

extension RouteLayer {
  /// The same for two layers only where they are one, shared.
  typealias Identity = UnsafeRawPointer?

  /// Where its routes are. Empty layers are all one (`empty`).
  var identity: Identity { routes.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) } }

  var memoryInBytes: Int { table.memoryInBytes + routes.count * MemoryLayout<LayerRoute>.stride }
}
