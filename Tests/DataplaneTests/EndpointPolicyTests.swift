import Dataplane
import Model
import Testing
import Wire

@Suite("N2: endpoint policies on the path") struct EndpointPolicyTests {
  private static let group = "/subscriptions/data/resourceGroups/storage"
  private static let contoso = "20.60.26.132"
  private static let fabrikam = "20.60.26.133"
  private static let elsewhere = "20.60.26.140"
  /// Of a region that the network's own endpoint does not reach.
  private static let far = "20.60.99.1"

  private static func account(
    _ name: String, _ address: String, in group: String = Self.group
  ) -> Resource {
    Resource(
      id: AzureID("\(group)/providers/Microsoft.Storage/storageAccounts/\(name)")!, name: name,
      service: "Microsoft.Storage", region: Region("westeurope"), addresses: [IPAddress(address)!])
  }

  /// - Parameter policies: of each the resources that it lists.
  private static func lab(
    _ policies: [String]..., endpoints: [String] = ["Microsoft.Storage", "Microsoft.Sql"]
  ) -> Fixture {
    Fixture { topology in
      topology.resources = [
        account("contoso", contoso), account("fabrikam", fabrikam), account("far", far),
        account("elsewhere", elsewhere, in: "/subscriptions/other/resourceGroups/g"),
      ]
      topology.serviceEndpointPolicies = policies.enumerated().map { index, resources in
        ServiceEndpointPolicy(
          name: "policy\(index)",
          definitions: resources.map { .init(name: $0, serviceResources: [AzureID($0)!]) })
      }
      topology.subnets[0].serviceEndpointPolicies = Array(policies.indices)
      topology.subnets[0].serviceEndpoints = endpoints.map { ServiceEndpoint(service: $0) }
    }
  }

  /// Of each account: whether vm1 reaches it, and how.
  private func ways(_ lab: Fixture, port: UInt16 = 40_000) -> [String] {
    [Self.contoso, Self.fabrikam, Self.elsewhere, Self.far].map { destination in
      switch lab.receive(
        FrameBuilder("10.0.1.4", destination).tcp(port, 443), from: "vm1"
      ).verdict {
      case .forwarded(let port): lab.path.snapshot.ports[Int(port.index)].name
      case .dropped(let reason): reason.rawValue
      case .answered(let answer): answer.rawValue
      }
    }
  }

  private static let denied = "endpoint-policy"

  @Test("N2 R7: without a policy all pass over the endpoint, as far as it reaches")
  func none() {
    #expect(ways(Self.lab()) == ["backbone", "backbone", "backbone", "internet"])
  }

  @Test("N2: an account, a resource group, a subscription; R7: in every region")
  func listed() {
    let account = "\(Self.group)/providers/microsoft.storage/storageAccounts/CONTOSO"
    #expect(
      ways(Self.lab([account])) == ["backbone", Self.denied, Self.denied, Self.denied])
    #expect(
      ways(Self.lab([Self.group])) == ["backbone", "backbone", Self.denied, "backbone"])
    #expect(
      ways(Self.lab(["/subscriptions/other"]))
        == [Self.denied, Self.denied, "backbone", Self.denied])
    // A group's name that only begins alike is another.
    #expect(
      ways(Self.lab(["/subscriptions/data/resourceGroups/stor"]))
        == [Self.denied, Self.denied, Self.denied, Self.denied])
  }

  @Test(
    "N2: several policies, and several definitions of one, are a union; an empty one lists nothing")
  func union() {
    let (contoso, fabrikam) = (
      "\(Self.group)/providers/Microsoft.Storage/storageAccounts/contoso",
      "\(Self.group)/providers/Microsoft.Storage/storageAccounts/fabrikam"
    )
    let expected = ["backbone", "backbone", Self.denied, Self.denied]
    #expect(ways(Self.lab([contoso], [fabrikam])) == expected)
    #expect(ways(Self.lab([contoso, fabrikam])) == expected)
    #expect(ways(Self.lab([contoso], [], [fabrikam])) == expected)
    #expect(ways(Self.lab([])) == Array(repeating: Self.denied, count: 4))
  }

  @Test("N2: policies are for the endpoint for storage, and for nothing else")
  func others() {
    let lab = Self.lab([])
    let sql = FrameBuilder("10.0.1.4", "20.61.99.196").tcp(1, 1_433)
    #expect(lab.receive(sql, from: "vm1").verdict == .forwarded(lab.port("backbone")))
    let web = FrameBuilder("10.0.1.4", Fixture.web).tcp(1, 443)
    #expect(lab.receive(web, from: "vm1").verdict == .forwarded(lab.port("internet")))
    // Another subnet, and a subnet without the endpoint.
    var neighbour = FrameBuilder("10.0.2.4", Self.contoso)
    neighbour.sourceMAC = lab.path.snapshot.ports[1].peerMACAddress
    #expect(
      lab.receive(neighbour.tcp(1, 443), from: "vm2").verdict == .forwarded(lab.port("internet")))
    #expect(ways(Self.lab([], endpoints: [])) == Array(repeating: "internet", count: 4))
    // R8: the host's own disk traffic takes no endpoint.
    let disk = FrameBuilder("10.0.1.4", Self.contoso).tcp(2, 443)
    #expect(
      lab.receive(disk, from: "vm1-platform").verdict == .forwarded(lab.port("internet")))
    #expect(lab.path.counters.dropped.isEmpty && lab.path.counters.isBalanced)
  }

  @Test(
    "N2 F3: a policy that comes leaves open connections, and closes those that it moves to the endpoint"
  )
  func change() {
    let lab = Self.lab()
    SwitchTests.connect(lab, to: Self.contoso, by: "backbone", as: "10.0.1.4")
    SwitchTests.connect(lab, to: Self.far, port: 41_000)
    lab.topology.serviceEndpointPolicies = [ServiceEndpointPolicy(name: "nothing")]
    lab.topology.subnets[0].serviceEndpointPolicies = [0]
    lab.routing = RoutingTables(topology: lab.topology, keepingLiveRoutesOf: lab.routing)
    let report = lab.publish()
    #expect(report.closed.map(\.destination) == ["\(Self.far):443"])
    let more = FrameBuilder("10.0.1.4", Self.contoso).tcp(
      40_000, 443, flags: [.ack], sequence: 1_051, acknowledgment: 9_701)
    #expect(lab.receive(more, from: "vm1").verdict == .forwarded(lab.port("backbone")))
    #expect(ways(lab, port: 42_000) == Array(repeating: Self.denied, count: 4))
    #expect(lab.path.counters.isBalanced)
  }

  @Test("N2: explain names the policy that lists, or says that none does")
  func explained() {
    let lab = Self.lab([Self.group], [])
    let texts = [Self.contoso, Self.elsewhere].map { destination in
      var frame = FrameBuilder("10.0.1.4", destination).tcp(1, 443)
      return frame.withUnsafeMutableBytes { bytes in
        lab.path.explain(
          Frame(
            bytes: bytes.baseAddress!, length: bytes.count, wireLength: bytes.count,
            timestamp: lab.now), from: lab.port("vm1"))
      }.steps.filter { $0.stage == "endpoint-policy" }.map(\.text)
    }
    #expect(
      texts == [
        ["N2: policy0 of subnet vnet1/app lists contoso"],
        ["N2: no policy of subnet vnet1/app lists a resource at \(Self.elsewhere)"],
      ])
  }
}
