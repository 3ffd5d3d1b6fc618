import Dataplane
import Model

/// A switch that can be had: what a request comes to in a topology.
public struct EndpointSwitch: Sendable {
  /// Index of the subnet.
  public var subnet: Int
  /// `network/subnet`.
  public var subnetName: String
  /// As the catalogue spells it.
  public var service: String
  /// All that the subnet has afterwards.
  public var endpoints: [ServiceEndpoint]

  /// - Throws: `ControlError` where the request names what is not there, changes nothing, or cannot be (R7).
  public init(_ request: EndpointRequest, in topology: Topology) throws(ControlError) {
    subnet = try topology.subnet(called: request.subnet)
    subnetName = topology.qualifiedName(ofSubnet: subnet)
    endpoints = topology.subnets[subnet].serviceEndpoints
    let service = topology.catalogueName(request.service)
    self.service = service
    let position = endpoints.firstIndex { topology.catalogueName($0.service) == service }
    guard request.enabled else {
      guard let position else {
        throw .notEnabled(
          service: service, subnet: subnetName, enabled: endpoints.map(\.service))
      }
      endpoints.remove(at: position)
      return
    }
    guard position == nil else {
      throw .alreadyEnabled(service: service, subnet: subnetName)
    }
    endpoints.append(ServiceEndpoint(service: service, locations: request.regions))
    // What stood there already is not this request's fault.
    let problems = topology.problems(with: endpoints, ofSubnet: subnet)
      .filter { $0.index == endpoints.count - 1 }.map(\.problem)
    guard problems.isEmpty else {
      throw .impossibleEndpoint(subnet: subnetName, problems)
    }
  }
}

extension EndpointRequest {
  fileprivate var regions: [Region]? {
    guard let locations, !locations.isEmpty, locations != ["*"] else { return nil }
    return locations.map(Region.init)
  }
}

extension Topology {
  fileprivate func subnet(called name: String) throws(ControlError) -> Int {
    if let subnet = subnet(named: name) { return subnet }
    let same = subnets.indices.filter { subnets[$0].name.lowercased() == name.lowercased() }
    guard same.isEmpty else {
      throw .ambiguousSubnet(name, candidates: same.map(qualifiedName(ofSubnet:)))
    }
    throw .unknownSubnet(name, known: subnets.indices.map(qualifiedName(ofSubnet:)))
  }

  /// The service as the catalogue spells it; what is not in it stays as it is.
  fileprivate func catalogueName(_ service: String) -> String {
    services.index(named: service).map { services.services[$0].name } ?? service
  }
}
