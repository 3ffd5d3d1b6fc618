import Model
import Testing

/// Service endpoints that cannot be had: the sentences are the catalogue's, the places the loader's.
@Suite("bad configurations: R7 service endpoints")
struct BadEndpointTests {
  private func outcome(_ endpoints: String) -> String {
    Outcome.of(
      """
      virtualNetworks:
        - name: v
          location: West Europe
          addressSpace: [10.0.0.0/16]
          subnets:
            - name: a
              addressPrefix: 10.0.1.0/24
              serviceEndpoints: [\(endpoints)]
      """
    ).lines
  }

  private let field = "8: virtualNetworks[0].subnets[0].serviceEndpoints"
  private let westEurope = Region("westeurope")

  @Test("R7: an unknown service is refused with the nearest name")
  func unknown() {
    let problem = EndpointProblem.unknownService("Microsoft.Storge", known: ["Microsoft.Storage"])
    #expect(outcome("Microsoft.Storge") == "\(field)[0]: \(problem)")
  }

  @Test("R7: a service without a tag in the tags is refused by name")
  func withoutTag() {
    let problem = EndpointProblem.tagMissing(
      service: "Microsoft.ServiceBus", tag: "ServiceBus", source: "built in")
    #expect(outcome("{ service: Microsoft.ServiceBus }") == "\(field)[0].service: \(problem)")
  }

  @Test("R7: a service stands once on a subnet")
  func repeated() {
    let problem = EndpointProblem.repeated(service: "Microsoft.Sql")
    #expect(outcome("Microsoft.Sql, microsoft.sql") == "\(field)[1]: \(problem)")
  }

  @Test("R7: Storage and Storage.Global exclude each other")
  func exclusive() {
    let problem = EndpointProblem.exclusive(
      service: "Microsoft.Storage.Global", other: "Microsoft.Storage")
    #expect(outcome("Microsoft.Storage, Microsoft.Storage.Global") == "\(field)[1]: \(problem)")
  }

  @Test("R7: every location outside the scope is reported")
  func scope() {
    let problems = ["eastus", "japaneast"].map {
      EndpointProblem.locationOutsideScope(
        service: "Microsoft.Storage", location: Region($0),
        allowed: [westEurope, Region("northeurope")])
    }
    #expect(
      outcome("{ service: Microsoft.Storage, locations: [eastus, West Europe, japaneast] }") == """
        \(field)[0].locations[0]: \(problems[0])
        \(field)[0].locations[2]: \(problems[1])
        """)
  }

  @Test("R7: SQL reaches its own region alone")
  func sql() {
    let problem = EndpointProblem.locationOutsideScope(
      service: "Microsoft.Sql", location: Region("northeurope"), allowed: [westEurope])
    #expect(
      outcome("{ service: Microsoft.Sql, locations: northeurope }")
        == "\(field)[0].locations: \(problem)")
  }

  @Test("an endpoint needs its service")
  func withoutService() {
    #expect(
      outcome("{ locations: [westeurope] }")
        == "\(field)[0].service: is missing; it must be a service such as `Microsoft.Storage`")
  }

  @Test("R7: a star, alone or in a list, is every location in scope")
  func star() throws {
    for locations in ["'*'", "['*']", "[]", ""] {
      let yaml = """
        \(network)\
            virtualNetworkPeerings: []
          - name: w
            location: westeurope
            addressSpace: [10.1.0.0/16]
            subnets:
              - name: b
                addressPrefix: 10.1.1.0/24
                serviceEndpoints: [{ service: Microsoft.Sql, locations: \(locations) }]
        """
      let topology = try #require(Outcome.of(yaml).configuration).topology
      #expect(topology.subnets[1].serviceEndpoints == [ServiceEndpoint(service: "Microsoft.Sql")])
    }
  }
}
