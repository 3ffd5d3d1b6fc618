import Model

/// Service endpoints of subnets: what can be had is the catalogue's to say (R7); here it gets its place.
extension BuildConfiguration {
  struct EndpointsOfRegion: Hashable {
    var endpoints: [ServiceEndpoint]
    var region: Region
  }

  mutating func endpoints(of draft: SubnetDraft, network: Int) -> [ServiceEndpoint] {
    let endpoints = draft.endpoints.map { endpoint in
      let index = topology.services.index(named: endpoint.service.value)
      return ServiceEndpoint(
        service: index.map { topology.services.services[$0].name } ?? endpoint.service.value,
        locations: endpoint.locations?.map(\.value))
    }
    guard let region = networkDrafts[network].location?.value, !findings.isIncomplete else {
      return endpoints
    }
    let asked = EndpointsOfRegion(endpoints: endpoints, region: region)
    let problems =
      endpointProblems[asked]
      ?? topology.services.problems(
        with: endpoints, inRegion: region, tags: topology.serviceTags)
    endpointProblems[asked] = problems
    for (index, problem) in problems {
      let written = draft.endpoints[index]
      switch problem {
      case .locationOutsideScope, .unknownLocation:
        reportLocations(of: endpoints[index], written, region)
      default:
        findings.error(written.service.place, "\(problem)")
      }
    }
    return endpoints
  }

  /// The catalogue names the first wrong location; the user is told all.
  private func reportLocations(
    of endpoint: ServiceEndpoint, _ written: EndpointDraft, _ region: Region
  ) {
    for location in written.locations ?? [] {
      let alone = ServiceEndpoint(service: endpoint.service, locations: [location.value])
      guard
        let problem = topology.services.problem(
          with: alone, inRegion: region, tags: topology.serviceTags)
      else { continue }
      switch problem {
      case .locationOutsideScope, .unknownLocation: findings.error(location.place, "\(problem)")
      default: break
      }
    }
  }
}
