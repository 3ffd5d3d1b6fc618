import Wire

/// What two subnets must have in common to share a layer of endpoint routes.
struct EndpointLayerKey: Hashable {
  var region: Region
  var endpoints: [ServiceEndpoint]
  /// R7: by a policy.
  var widensStorage: Bool
}

extension EndpointLayerKey {
  init(_ subnet: Subnet, in topology: Topology) {
    self.init(
      region: topology.virtualNetworks[subnet.virtualNetwork].region,
      endpoints: subnet.serviceEndpoints, widensStorage: subnet.widensStorage)
  }
}

/// What a switch of endpoints did to a subnet's routes: each list in order, without repetition.
public struct EndpointChange: Hashable, Sendable {
  public var added: [IPPrefix] = []
  public var removed: [IPPrefix] = []
  public init() {}
}

extension RoutingTables {
  /// R5: one route for each prefix in scope; of equal prefixes that of the endpoint written first.
  static func endpointLayer(_ key: EndpointLayerKey, topology: Topology) -> RouteLayer {
    var routes: [LayerRoute] = []
    for endpoint in key.endpoints {
      guard let service = topology.services.index(named: endpoint.service) else { continue }
      routes += topology.services.prefixes(
        of: endpoint, inRegion: key.region, tags: topology.serviceTags,
        reachesEveryRegion: key.widensStorage && topology.services.hasPolicies(service)
      ).map {
        LayerRoute(prefix: $0, nextHopType: .virtualNetworkServiceEndpoint, source: service)
      }
    }
    return RouteLayer(routes)
  }

  /// One for each subnet; subnets with the same key have the same one.
  /// - Parameter previous: tables with the same tags and services, whose layers are taken where they fit.
  static func endpointLayers(
    of topology: Topology, takenFrom previous: RoutingTables?
  ) -> [RouteLayer] {
    var layers: [EndpointLayerKey: RouteLayer] = [:]
    if let previous {
      for (subnet, layer) in zip(previous.topology.subnets, previous.endpointLayers) {
        layers[EndpointLayerKey(subnet, in: previous.topology)] = layer
      }
    }
    return topology.subnets.map { subnet in
      let key = EndpointLayerKey(subnet, in: topology)
      if let layer = layers[key] { return layer }
      let layer = endpointLayer(key, topology: topology)
      layers[key] = layer
      return layer
    }
  }

  /// The layer of these endpoints: that of a subnet which has the same ones in the same region, or a new one.
  private func endpointLayer(_ key: EndpointLayerKey) -> RouteLayer {
    let twin = topology.subnets.firstIndex {
      $0.serviceEndpoints == key.endpoints && $0.widensStorage == key.widensStorage
        && topology.virtualNetworks[$0.virtualNetwork].region == key.region
    }
    return twin.map { endpointLayers[$0] }
      ?? Self.endpointLayer(key, topology: topology)
  }

  /// Sets a subnet's endpoints and rebuilds that subnet's endpoint routes alone, or shares those of a subnet with
  /// the same endpoints; what it costs is their number, whatever the other layers hold. Endpoints that
  /// `Topology.problems(with:ofSubnet:)` finds fault with may have no prefixes: ask it first.
  /// - Returns: the prefixes that came, those that went, and in both those that changed their service.
  public mutating func setServiceEndpoints(
    _ endpoints: [ServiceEndpoint], ofSubnet subnet: Int
  ) -> EndpointChange {
    let network = topology.subnets[subnet].virtualNetwork
    let layer = endpointLayer(
      EndpointLayerKey(
        region: topology.virtualNetworks[network].region, endpoints: endpoints,
        widensStorage: topology.subnets[subnet].widensStorage))
    let (old, new) = (Self.services(in: endpointLayers[subnet]), Self.services(in: layer))
    var change = EndpointChange()
    change.added = new.filter { old[$0.key] != $0.value }.map(\.key).sorted()
    change.removed = old.filter { new[$0.key] != $0.value }.map(\.key).sorted()
    endpointLayers[subnet] = layer
    topology.subnets[subnet].serviceEndpoints = endpoints
    return change
  }

  /// The prefixes of each service that a subnet has an endpoint for, as indices into
  /// `Topology.services.services`, in the order of the subnet's endpoints.
  public func endpointPrefixes(ofSubnet subnet: Int) -> [(service: Int, prefixes: [IPPrefix])] {
    let layer = endpointLayers[subnet]
    var found: [(service: Int, prefixes: [IPPrefix])] = []
    for endpoint in topology.subnets[subnet].serviceEndpoints {
      guard let service = topology.services.index(named: endpoint.service),
        !found.contains(where: { $0.service == service })
      else { continue }
      found.append((service, layer.routes.filter { $0.source == service }.map(\.prefix)))
    }
    return found
  }

  /// Which service has each prefix.
  private static func services(in layer: RouteLayer) -> [IPPrefix: Int] {
    var services: [IPPrefix: Int] = [:]
    layer.table.forEachPrefix { prefix, value in
      services[prefix] = layer.routes[Int(value)].source
    }
    return services
  }
}
