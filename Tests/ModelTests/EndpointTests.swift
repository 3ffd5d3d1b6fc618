import Model
import Testing
import Wire

@Suite("R5 and R7: endpoint routes, services and regions")
struct EndpointTests {
  private func prefixes(
    _ service: String, in region: String = "westeurope", locations: [String]? = nil
  ) -> [String] {
    sampleServices.prefixes(
      of: ServiceEndpoint(service: service, locations: locations?.map(Region.init)),
      inRegion: Region(region), tags: sampleTags
    ).map(\.description)
  }

  @Test("R5 endpoint routes: for the subnet alone, not its neighbour, not the gateway")
  func subnetAlone() {
    var topology = sampleTopology(endpoints: [.storage])
    topology.subnets.append(
      Subnet(name: "web", virtualNetwork: 0, addressPrefixes: [net("10.0.2.0/24")]))
    topology.subnets.append(
      Subnet(
        name: "gatewaysubnet", virtualNetwork: 0, addressPrefixes: [net("10.0.255.0/27")],
        serviceEndpoints: [.storage]))
    let tables = RoutingTables(topology: topology)
    let endpoint = "endpoint 20.60.26.0/23 VirtualNetworkServiceEndpoint"
    #expect(route(tables, "20.60.26.132") == endpoint)
    #expect(route(tables, "20.60.26.132", .subnet(1)) == "system 0.0.0.0/0 Internet")
    #expect(
      route(tables, "20.60.26.132", .gateway(virtualNetwork: 0)) == "system 0.0.0.0/0 Internet")
    #expect(tables.resolve(.subnet(0), address("20.60.26.132"), usesEndpoints: true)?.service == 0)
  }

  @Test("R5 endpoint routes: the gateway takes the route table of GatewaySubnet")
  func gatewaySubnet() {
    var topology = sampleTopology(routes: [UserRoute("all", "0.0.0.0/0", .none)])
    topology.subnets[0].name = "GatewaySubnet"
    let tables = RoutingTables(topology: topology)
    #expect(route(tables, "8.8.8.8", .gateway(virtualNetwork: 0)) == "user 0.0.0.0/0 None")
  }

  @Test("R7 scope: Storage covers the region and its pair, .Global every region, Sql the region")
  func scopes() {
    #expect(
      prefixes("Microsoft.Storage") == ["20.60.26.0/23", "20.60.40.0/23", "20.60.130.0/24"])
    #expect(prefixes("Microsoft.Storage.Global") == ["20.60.0.0/16", "20.150.0.0/17"])
    #expect(prefixes("microsoft.sql") == ["20.61.99.192/27"])
    #expect(prefixes("Microsoft.Sql", in: "North Europe") == ["40.68.37.158/32"])
  }

  @Test("R7 prefixes: the top-level tag's cut to the regional ones, and IPv4 only")
  func cut() {
    // Storage.FranceCentral is 20.150.0.0/16, of which the top-level tag has only half.
    #expect(prefixes("Microsoft.Storage", in: "francecentral") == ["20.150.0.0/17"])
    #expect(prefixes("Microsoft.Storage", in: "centralfrance") == ["20.150.0.0/17"])
  }

  @Test("R7 prefixes: a service without regional tags is taken whole")
  func withoutRegions() {
    #expect(prefixes("Microsoft.AzureActiveDirectory") == ["20.190.128.0/18"])
  }

  @Test("R7 locations: they restrict the scope")
  func locations() {
    #expect(prefixes("Microsoft.Storage", locations: ["northeurope"]) == ["20.60.40.0/23"])
    #expect(
      prefixes("Microsoft.Storage.Global", locations: ["westeurope"])
        == ["20.60.26.0/23", "20.60.130.0/24"])
    #expect(prefixes("Microsoft.Sql", locations: ["northeurope"]) == [])
  }

  @Test("R7 refusals: each by name, with what would be right")
  func refusals() {
    func problem(_ service: String, _ locations: [String]? = nil, in region: String = "westeurope")
      -> String?
    {
      sampleServices.problem(
        with: ServiceEndpoint(service: service, locations: locations?.map(Region.init)),
        inRegion: Region(region), tags: sampleTags)?.description
    }
    #expect(problem("Microsoft.Storage") == nil)
    #expect(problem("Microsoft.Storage", ["westeurope", "northeurope"]) == nil)
    #expect(
      problem("Microsoft.Storag")
        == "there is no service 'Microsoft.Storag'; did you mean Microsoft.Storage?")
    #expect(problem("Contoso.Parts")?.contains("Microsoft.ContainerRegistry") == true)
    #expect(
      problem("Microsoft.ContainerRegistry")?.contains("AzureContainerRegistry, which the service")
        == true)
    #expect(
      problem("Microsoft.CognitiveServices")
        == "Microsoft.CognitiveServices has no endpoint: the service tags (sample) do not mark "
        + "CognitiveServicesManagement for service endpoints (VSE in networkFeatures)")
    #expect(
      problem("Microsoft.Storage", ["eastus"])
        == "Microsoft.Storage does not reach eastus from this network; its locations can be: "
        + "westeurope, northeurope")
    #expect(problem("Microsoft.Storage.Global", ["westeurop"])?.contains("in westeurop:") == true)
    #expect(
      problem("Microsoft.Sql", in: "eastus")?.contains("no IPv4 prefixes in eastus") == true)
  }

  @Test("R7 refusals: one of an exclusive group a subnet, each service once")
  func exclusive() {
    let topology = sampleTopology()
    func problems(_ names: String...) -> [String] {
      topology.problems(with: names.map { ServiceEndpoint(service: $0) }, ofSubnet: 0)
        .map { "\($0.index): \($0.problem)" }
    }
    #expect(problems("Microsoft.Storage", "Microsoft.Sql") == [])
    #expect(
      problems("Microsoft.Sql", "Microsoft.Storage", "Microsoft.Storage.Global") == [
        "2: a subnet can have Microsoft.Storage.Global or Microsoft.Storage, not both; remove one"
      ])
    #expect(
      problems("Microsoft.Sql", "microsoft.sql") == [
        "1: Microsoft.Sql stands here twice; remove one"
      ])
  }

  @Test("R7 refusals: a file that marks no tag at all, as in 2019, has endpoints")
  func unmarkedFile() {
    let tags = ServiceTags(tags: [ServiceTag(name: "Sql", prefixes: [net("40.0.0.0/24")])])
    #expect(sampleServices.problem(with: .sql, inRegion: Region("westeurope"), tags: tags) == nil)
  }

  @Test("R9 switch: an endpoint is set in one step, and what came and went is told")
  func switching() {
    var tables = RoutingTables(topology: sampleTopology())
    let before = tables
    var change = tables.setServiceEndpoints([.storage, .sql], ofSubnet: 0)
    #expect(
      change.added.map(\.description)
        == ["20.60.26.0/23", "20.60.40.0/23", "20.60.130.0/24", "20.61.99.192/27"])
    #expect(change.removed == [])
    #expect(tables.topology.subnets[0].serviceEndpoints == [.storage, .sql])
    #expect(tables.endpointPrefixes(ofSubnet: 0).map(\.service) == [0, 2])
    #expect(tables.endpointPrefixes(ofSubnet: 0)[1].prefixes == [net("20.61.99.192/27")])
    change = tables.setServiceEndpoints([.sql], ofSubnet: 0)
    #expect(change.added == [])
    #expect(change.removed.count == 3)
    #expect(tables.routeCount(of: .endpoint) == 1)
    change = tables.setServiceEndpoints([], ofSubnet: 0)
    #expect(change.removed.map(\.description) == ["20.61.99.192/27"])
    #expect(route(tables, "20.61.99.196") == route(before, "20.61.99.196"))
  }

  @Test("R9 switch: a prefix that changes its service both goes and comes")
  func changedService() {
    let shared = net("20.0.0.0/24")
    let tags = ServiceTags(
      tags: ["Storage", "Sql"].map { ServiceTag(name: $0, prefixes: [shared]) })
    var tables = RoutingTables(topology: sampleTopology(endpoints: [.storage], tags: tags))
    let change = tables.setServiceEndpoints([.sql], ofSubnet: 0)
    #expect(change.added == [shared])
    #expect(change.removed == [shared])
  }
}
