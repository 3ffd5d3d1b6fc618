import Foundation
import Model
import Wire

/// A prefix or address written in a test; a misspelled one ends the test run.
func net(_ text: String) -> IPPrefix {
  guard let prefix = IPPrefix(text) else { fatalError("not a prefix: \(text)") }
  return prefix
}

func address(_ text: String) -> IPAddress {
  guard let address = IPAddress(text) else { fatalError("not an address: \(text)") }
  return address
}

extension UserRoute {
  init(
    _ name: String, _ destination: String, _ nextHopType: NextHopType, via: String? = nil
  ) {
    self.init(
      name: name,
      destination: IPPrefix(destination).map { .prefix($0) } ?? .serviceTag(destination),
      nextHopType: nextHopType, nextHopIPAddress: via.map(address))
  }
}

extension ServiceEndpoint {
  static let storage = ServiceEndpoint(service: "Microsoft.Storage")
  static let sql = ServiceEndpoint(service: "Microsoft.Sql")
}

extension BGPRoute {
  init(_ text: String, via: String? = nil, network: Int = 0) {
    self.init(virtualNetwork: network, prefix: net(text), nextHop: via.map(address))
  }
}

/// Tags of our own making: Storage of two regions and beyond, SQL of two, AzureCloud, one without regions.
let sampleTags: ServiceTags = {
  func tag(
    _ name: String, _ region: String? = nil, _ features: [String]? = ["UDR"], _ list: String...
  ) -> ServiceTag {
    ServiceTag(
      name: name, region: region.map(Region.init), systemService: "Azure",
      networkFeatures: features, prefixes: list.map(net))
  }
  return ServiceTags(
    source: "sample", changeNumber: 1,
    tags: [
      tag("Storage", nil, ["UDR", "VSE"], "20.60.0.0/16", "20.150.0.0/17", "2603:1020::/47"),
      tag(
        "Storage.WestEurope", "westeurope", nil, "20.60.26.0/23", "20.60.130.0/24", "2603:1020::/48"
      ),
      tag("Storage.NorthEurope", "northeurope", nil, "20.60.40.0/23"),
      tag("Storage.FranceCentral", "centralfrance", nil, "20.150.0.0/16"),
      tag("Sql", nil, ["UDR", "VSE"], "20.61.99.192/27", "40.68.37.158/32"),
      tag("Sql.WestEurope", "westeurope", nil, "20.61.99.192/27"),
      tag("Sql.NorthEurope", "northeurope", nil, "40.68.37.158/32"),
      tag("AzureActiveDirectory", nil, ["VSE"], "20.190.128.0/18"),
      tag("CognitiveServicesManagement", nil, ["UDR"], "20.21.33.0/24"),
      tag("AzureCloud", nil, nil, "20.60.0.0/16", "20.60.26.0/23", "20.61.99.192/27"),
      tag("AzureCloud.westeurope", "westeurope", nil, "20.60.26.0/23", "20.61.99.192/27"),
      tag("AzureCloud.francecentral", "centralfrance", nil, "20.150.0.0/16"),
    ])
}()

let sampleServices = ServiceCatalogue(
  services: [
    .init(
      name: "Microsoft.Storage", tag: "Storage", scope: .regionAndPair, exclusiveGroup: "Storage"),
    .init(
      name: "Microsoft.Storage.Global", tag: "Storage", scope: .everyRegion,
      exclusiveGroup: "Storage"),
    .init(name: "Microsoft.Sql", tag: "Sql", scope: .region),
    .init(name: "Microsoft.AzureActiveDirectory", tag: "AzureActiveDirectory", scope: .region),
    .init(
      name: "Microsoft.CognitiveServices", tag: "CognitiveServicesManagement", scope: .everyRegion),
    .init(name: "Microsoft.ContainerRegistry", tag: "AzureContainerRegistry", scope: .everyRegion),
  ],
  pairs: [
    Region("westeurope"): Region("northeurope"), Region("northeurope"): Region("westeurope"),
    Region("francecentral"): Region("francesouth"),
  ])

/// One network with a subnet `app`, and what a test changes of it.
func sampleTopology(
  _ model: PrecedenceModel = .serviceEndpoints, space: [String] = ["10.0.0.0/16"],
  endpoints: [ServiceEndpoint] = [], routes: [UserRoute]? = nil, hidesBGP: Bool = false,
  bgp: [BGPRoute] = [], tags: ServiceTags = sampleTags
) -> Topology {
  Topology(
    name: "sample", precedence: model,
    virtualNetworks: [
      VirtualNetwork(
        name: "vnet1", id: 1, region: Region("West Europe"), addressSpace: space.map(net))
    ],
    subnets: [
      Subnet(
        name: "app", virtualNetwork: 0, addressPrefixes: [net("10.0.1.0/24")],
        serviceEndpoints: endpoints, routeTable: routes == nil && !hidesBGP ? nil : 0)
    ],
    routeTables: routes == nil && !hidesBGP
      ? [] : [RouteTable(name: "rt", disableBgpRoutePropagation: hidesBGP, routes: routes ?? [])],
    bgpRoutes: bgp, serviceTags: tags, services: sampleServices)
}

/// Origin, prefix and next hop of the route that wins, in one line.
func route(
  _ tables: RoutingTables, _ destination: String, _ context: RoutingContext = .subnet(0),
  usesEndpoints: Bool = true
) -> String {
  guard
    let route = tables.resolve(context, address(destination), usesEndpoints: usesEndpoints)
  else { return "no route" }
  let hop = route.nextHop.map { " \($0)" } ?? ""
  return "\(route.origin.rawValue) \(route.prefix) \(route.nextHopType.rawValue)\(hop)"
}
