import Dataplane
import Model

extension Instance {
  /// What a switch of an endpoint would do to the flows that are live, and to what resources admit. Nothing is changed.
  /// - Throws: `ControlError`, as the switch itself would.
  public func forecast(_ request: EndpointRequest) async throws -> Forecast {
    guard configuration.topology.role == .fabric else { throw ControlError.noEndpointsAtEdge }
    let change = try EndpointSwitch(request, in: configuration.topology)
    // Nothing suspends before the question stands in the workers' queues: their flows are under this snapshot.
    let (tables, groups, side) = (tables, securityGroups, serviceSide)
    let censuses = try await ask { core in core.path.census() }
    // Many flows take a while: neither workers nor other commands wait.
    return await Task.detached {
      var census = censuses[0]
      for other in censuses.dropFirst() { census.add(other) }
      return Forecast(
        census, change, tables: tables, securityGroups: groups, serviceSide: side)
    }.value
  }
}

extension Forecast {
  /// - Parameters:
  ///   - tables: those that the census is under.
  ///   - securityGroups: of the same topology, if they are compiled already.
  ///   - serviceSide: likewise.
  public init(
    _ census: FlowCensus, _ change: EndpointSwitch, tables: RoutingTables,
    securityGroups: SecurityGroups? = nil, serviceSide: ServiceSide? = nil
  ) {
    var (topology, tables) = (census.snapshot.topology, tables)
    let routes = tables.setServiceEndpoints(change.endpoints, ofSubnet: change.subnet)
    topology.subnets[change.subnet].serviceEndpoints = change.endpoints
    let snapshot = Snapshot(
      generation: census.snapshot.generation + 1, topology: topology, routing: tables,
      securityGroups: securityGroups, serviceSide: serviceSide)
    self.init(
      census, switching: change.service, ofSubnet: change.subnet, to: snapshot, change: routes)
  }
}
