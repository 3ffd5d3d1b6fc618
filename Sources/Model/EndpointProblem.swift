import Wire

/// Why an endpoint cannot be had, in a sentence that says what would be right.
public enum EndpointProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Not in the catalogue; some of its names that come close, or all.
  case unknownService(String, known: [String])
  /// The tags that were loaded lack the one that gives the service's prefixes.
  case tagMissing(service: String, tag: String, source: String)
  /// The tag file marks tags for endpoints (`VSE`), and this is not among them.
  case tagNotForEndpoints(service: String, tag: String, source: String)
  /// A location that the service's scope rule does not reach from the network's region.
  case locationOutsideScope(service: String, location: Region, allowed: [Region])
  /// A location that no regional tag of the service has.
  case unknownLocation(service: String, location: Region, tag: String, source: String)
  case noPrefixesInScope(service: String, tag: String, regions: [Region], source: String)
  /// Two services of which a subnet may have one.
  case exclusive(service: String, other: String)
  case repeated(service: String)

  public var description: String {
    switch self {
    case .unknownService(let name, let known):
      "there is no service '\(name)'; did you mean \(known.joined(separator: " or "))?"
    case .tagMissing(let service, let tag, let source):
      "\(service) takes its prefixes from the service tag \(tag), which the service tags (\(source)) "
        + "do not have; load a tag file that has it"
    case .tagNotForEndpoints(let service, let tag, let source):
      "\(service) has no endpoint: the service tags (\(source)) do not mark \(tag) for service "
        + "endpoints (VSE in networkFeatures)"
    case .locationOutsideScope(let service, let location, let allowed):
      "\(service) does not reach \(location) from this network; its locations can be: "
        + allowed.map(\.name).joined(separator: ", ")
    case .unknownLocation(let service, let location, let tag, let source):
      "\(service) has no prefixes in \(location): the service tags (\(source)) have no \(tag) tag of "
        + "that region; write a region's programmatic name, such as westeurope"
    case .noPrefixesInScope(let service, let tag, let regions, let source):
      "\(service) has no IPv4 prefixes in \(regions.map(\.name).joined(separator: ", ")): the service "
        + "tags (\(source)) have no \(tag) tag of that region"
    case .exclusive(let service, let other):
      "a subnet can have \(service) or \(other), not both; remove one"
    case .repeated(let service): "\(service) stands here twice; remove one"
    }
  }
}

extension ServiceCatalogue {
  /// What is wrong with an endpoint taken alone; nil if it can be had.
  public func problem(
    with endpoint: ServiceEndpoint, inRegion region: Region, tags: ServiceTags
  ) -> EndpointProblem? {
    guard let index = index(named: endpoint.service) else {
      return .unknownService(endpoint.service, known: names(near: endpoint.service))
    }
    let service = services[index]
    guard let tag = tags[service.tag] else {
      return .tagMissing(service: service.name, tag: service.tag, source: tags.source)
    }
    if tags.marksEndpoints, tag.networkFeatures?.contains("VSE") != true {
      return .tagNotForEndpoints(service: service.name, tag: tag.name, source: tags.source)
    }
    let scope = regions(
      of: ServiceEndpoint(service: endpoint.service), inRegion: region)
    let regional = tags.regionalTags(of: tag.name)
    for location in endpoint.locations ?? [] {
      if let scope, !scope.contains(location) {
        return .locationOutsideScope(service: service.name, location: location, allowed: scope)
      }
      let published = tags.publishedRegions(of: location, for: tag.name)
      // Of a pair one half may have no tag; every other location was written and has to mean something.
      if scope == nil, !regional.isEmpty,
        !regional.contains(where: { $0.region.map(published.contains) ?? false })
      {
        return .unknownLocation(
          service: service.name, location: location, tag: tag.name, source: tags.source)
      }
    }
    if prefixes(of: endpoint, inRegion: region, tags: tags).isEmpty {
      let regions = regions(of: endpoint, inRegion: region) ?? [region]
      return .noPrefixesInScope(
        service: service.name, tag: tag.name, regions: regions, source: tags.source)
    }
    return nil
  }

  /// What is wrong with a subnet's endpoints, each with the index of the one it is about.
  public func problems(
    with endpoints: [ServiceEndpoint], inRegion region: Region, tags: ServiceTags
  ) -> [(index: Int, problem: EndpointProblem)] {
    var found: [(index: Int, problem: EndpointProblem)] = []
    var seen: [Service] = []
    for (position, endpoint) in endpoints.enumerated() {
      if let problem = problem(with: endpoint, inRegion: region, tags: tags) {
        found.append((position, problem))
      }
      guard let service = index(named: endpoint.service).map({ services[$0] }) else { continue }
      if seen.contains(where: { $0.name == service.name }) {
        found.append((position, .repeated(service: service.name)))
      } else if let group = service.exclusiveGroup,
        let other = seen.first(where: { $0.exclusiveGroup == group })
      {
        found.append((position, .exclusive(service: service.name, other: other.name)))
      }
      seen.append(service)
    }
    return found
  }

  /// The names that differ least from a misspelled one; all where none is close.
  func names(near name: String) -> [String] {
    let wanted = Array(name.lowercased().utf8)
    let ranked = services.map { service in
      (name: service.name, distance: distance(wanted, Array(service.name.lowercased().utf8)))
    }
    let near = ranked.filter { $0.distance <= 4 }.sorted { $0.distance < $1.distance }
    return near.isEmpty ? services.map(\.name) : near.prefix(3).map(\.name)
  }

  /// Levenshtein's: insertions, removals and replacements of bytes from one to the other.
  private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let replaced = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}

extension Topology {
  /// What is wrong with endpoints on a subnet, each with the index of the one it is about (R7).
  public func problems(
    with endpoints: [ServiceEndpoint], ofSubnet subnet: Int
  ) -> [(index: Int, problem: EndpointProblem)] {
    services.problems(
      with: endpoints, inRegion: virtualNetworks[subnets[subnet].virtualNetwork].region,
      tags: serviceTags)
  }
}
