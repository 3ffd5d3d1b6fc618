import Model

extension Instance {
  /// Enables or disables one service on one subnet, in one step (F3).
  /// - Throws: `ControlError`; nothing has changed then.
  public func switchEndpoint(_ request: EndpointRequest) async throws -> EndpointSwitchReport {
    let change = try EndpointSwitch(request, in: configuration.topology)
    let (name, service) = (change.subnetName, change.service)
    let routes = tables.setServiceEndpoints(change.endpoints, ofSubnet: change.subnet)
    configuration.topology.subnets[change.subnet].serviceEndpoints = change.endpoints
    switchedEndpoints.formSymmetricDifference(["\(name) \(service)"])
    let adoption = try await publish()
    let report = EndpointSwitchReport(
      subnet: name, service: service, action: request.enabled ? .enabled : .disabled,
      routesAdded: routes.added.sorted().map(\.description),
      routesRemoved: routes.removed.sorted().map(\.description),
      connectionsClosed: adoption.report.closed,
      otherFlowsRemoved: adoption.report.otherFlowsRemoved,
      interruptionMicroseconds: adoption.interruptionMicroseconds,
      generation: adoption.report.generation)
    logger.notice(
      "endpoint \(report.action.rawValue)",
      metadata: [
        "subnet": "\(name)", "service": "\(service)",
        "connectionsClosed": "\(report.connectionsClosed.count)",
        "generation": "\(report.generation)",
      ])
    return report
  }

  public func endpoints() -> EndpointList {
    let topology = configuration.topology
    return EndpointList(
      endpoints: topology.subnets.indices.flatMap { subnet in
        let routes = tables.effectiveRoutes(ofSubnet: subnet)
        return topology.subnets[subnet].serviceEndpoints.map { endpoint in
          EndpointStatus(
            subnet: topology.qualifiedName(ofSubnet: subnet), service: endpoint.service,
            locations: endpoint.locations?.map(\.name),
            routes: routes.filter { $0.service == endpoint.service }
              .reduce(0) { $0 + $1.addressPrefix.count })
        }
      })
  }
}
