/// R2: user routes as layers, one for each route table.
extension RoutingTables {
  /// - Parameter previous: tables whose layers are taken for route tables of the same name and routes.
  /// - Parameter sameTags: whether the previous tables were made with the tags of this topology. Without it only
  ///   layers of written prefixes are taken.
  static func userLayers(
    of topology: Topology, takenFrom previous: RoutingTables?, sameTags: Bool
  ) -> [RouteLayer] {
    let old = previous?.topology.routeTables ?? []
    let indices = Dictionary(
      old.indices.map { (old[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    return topology.routeTables.map { table in
      if let previous, let index = indices[table.name], old[index].routes == table.routes,
        sameTags || !table.usesTags
      {
        return previous.userLayers[index]
      }
      return RouteLayer(UserRoutes.routes(of: table, tags: topology.serviceTags))
    }
  }

  /// Replaces a route table and rebuilds its routes alone; its subnets, and the gateway of a `GatewaySubnet` that
  /// has it, follow at once. What it costs is the number of the table's routes, tags spelled out, and of those
  /// who use it, whatever the other layers hold.
  /// - Parameter index: into `Topology.routeTables`.
  /// - Precondition: the index is within the topology.
  public mutating func setRouteTable(_ table: RouteTable, at index: Int) {
    topology.routeTables[index] = table
    userLayers[index] = RouteLayer(UserRoutes.routes(of: table, tags: topology.serviceTags))
    // A user route for 0.0.0.0/0 chooses the system layer, and the table may hide BGP.
    for user in plans.indices where plans[user].routeTable == index {
      let old = plans[user]
      plans[user] = plan(
        network: old.network, subnet: old.subnet, usesEndpoints: old.endpointLayer != nil)
    }
  }
}

extension RouteTable {
  /// Whether a route goes to a service tag, so that the layer depends on the tags in force.
  var usesTags: Bool {
    routes.contains { if case .serviceTag = $0.destination { true } else { false } }
  }
}
