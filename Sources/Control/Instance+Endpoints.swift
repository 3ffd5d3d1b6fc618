import Model

extension Instance {
  /// Enables or disables one service on one subnet, in one step (F3).
  /// - Throws: `ControlError`; nothing has changed then.
  public func switchEndpoint(_ request: EndpointRequest) async throws -> EndpointSwitchReport {
    let subnet = try subnet(named: request.subnet)
    let name = configuration.topology.qualifiedName(ofSubnet: subnet)
    var endpoints = configuration.topology.subnets[subnet].serviceEndpoints
    let service = catalogueName(request.service)
    let position = endpoints.firstIndex { catalogueName($0.service) == service }
    if request.enabled {
      guard position == nil else {
        throw ControlError.alreadyEnabled(service: service, subnet: name)
      }
      endpoints.append(ServiceEndpoint(service: service, locations: regions(request.locations)))
      // What stood there already is not this request's fault.
      let problems = configuration.topology.problems(with: endpoints, ofSubnet: subnet)
        .filter { $0.index == endpoints.count - 1 }.map(\.problem)
      guard problems.isEmpty else {
        throw ControlError.impossibleEndpoint(subnet: name, problems)
      }
    } else {
      guard let position else {
        throw ControlError.notEnabled(
          service: service, subnet: name, enabled: endpoints.map(\.service))
      }
      endpoints.remove(at: position)
    }

    let change = tables.setServiceEndpoints(endpoints, ofSubnet: subnet)
    configuration.topology.subnets[subnet].serviceEndpoints = endpoints
    switchedEndpoints.formSymmetricDifference(["\(name) \(service)"])
    let adoption = try await publish()
    let report = EndpointSwitchReport(
      subnet: name, service: service, action: request.enabled ? .enabled : .disabled,
      routesAdded: change.added.sorted().map(\.description),
      routesRemoved: change.removed.sorted().map(\.description),
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

  private func subnet(named name: String) throws -> Int {
    let topology = configuration.topology
    if let subnet = topology.subnet(named: name) { return subnet }
    let same = topology.subnets.indices.filter {
      topology.subnets[$0].name.lowercased() == name.lowercased()
    }
    guard same.isEmpty else {
      throw ControlError.ambiguousSubnet(
        name, candidates: same.map(topology.qualifiedName(ofSubnet:)))
    }
    throw ControlError.unknownSubnet(
      name, known: topology.subnets.indices.map(topology.qualifiedName(ofSubnet:)))
  }

  /// The service as the catalogue spells it; what is not in it stays as it is.
  private func catalogueName(_ service: String) -> String {
    let catalogue = configuration.topology.services
    return catalogue.index(named: service).map { catalogue.services[$0].name } ?? service
  }

  private func regions(_ locations: [String]?) -> [Region]? {
    guard let locations, !locations.isEmpty, locations != ["*"] else { return nil }
    return locations.map(Region.init)
  }
}
