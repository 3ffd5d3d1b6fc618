import ConfigurationFile
import Foundation
import Model
import Testing

/// Endpoint policies as they are written here, and as Azure exports them.
@Suite("N2 endpoint policies in files")
struct EndpointPolicyFileTests {
  private static let account =
    "/subscriptions/S/resourceGroups/G/providers/Microsoft.Storage/storageAccounts/contoso"

  @Test("N2: every key of a policy is read")
  func keys() throws {
    let yaml = """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Storage], serviceEndpointPolicies: [two, { id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/serviceEndpointPolicies/ONE }] }]
      resources:
        - { name: contoso, id: \(Self.account), service: Microsoft.Storage, location: westeurope, addresses: [20.60.26.132] }
      serviceEndpointPolicies:
        - name: one
          serviceEndpointPolicyDefinitions:
            - { name: d, description: x, service: microsoft.storage, serviceResources: [\(Self.account), /subscriptions/S] }
        - { name: two }
      """
    let outcome = Outcome.of(yaml)
    #expect(outcome.lines == "")
    let configuration = try #require(outcome.configuration)
    #expect(configuration.warnings == [])
    let topology = configuration.topology
    #expect(topology.subnets[0].serviceEndpointPolicies == [1, 0])
    #expect(
      topology.serviceEndpointPolicies == [
        ServiceEndpointPolicy(
          name: "one",
          definitions: [
            .init(
              name: "d",
              serviceResources: [AzureID(Self.account)!, AzureID("/subscriptions/S")!])
          ]), ServiceEndpointPolicy(name: "two"),
      ])
    // R7: every region.
    let prefixes = RoutingTables(topology: topology).endpointPrefixes(ofSubnet: 0)[0].prefixes
    let whole = topology.serviceTags["Storage"]?.prefixes.filter(\.isIPv4) ?? []
    #expect(prefixes == Set(whole).sorted())
  }

  @Test("N2: Azure's own example")
  func azure() throws {
    guard let data = Place.sharedData() else { return }
    let file = data.appendingPathComponent("azure/rest-api-specs/ServiceEndpointPolicyGet.json")
    let root = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    let answer = (root?["responses"] as? [String: Any])?["200"] as? [String: Any]
    let body = try #require(answer?["body"])
    let json = String(
      decoding: try JSONSerialization.data(
        withJSONObject: body, options: [.withoutEscapingSlashes]), as: UTF8.self)
    let outcome = try AzureResourceTests.load(
      "[ \(AzureResourceTests.network), \(json) ]")
    #expect(outcome.lines == "")
    let policies = try #require(outcome.configuration).topology.serviceEndpointPolicies
    #expect(policies.map(\.name) == ["testServiceEndpointPolicy"])
    #expect(
      policies[0].definitions[0].serviceResources.map(\.description) == [
        "/subscriptions/subid1", "/subscriptions/subid1/resourceGroups/storageRg",
        "/subscriptions/subid1/resourceGroups/storageRg/providers/Microsoft.Storage/storageAccounts/stAccount",
      ])
    #expect(outcome.configuration?.warnings.count == 3)
  }

  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  private static func policy(_ definition: String) -> String {
    network + """
      serviceEndpointPolicies:
        - name: p
          serviceEndpointPolicyDefinitions:
            - { \(definition) }
      """
  }

  static let cases = [
    Bad(
      "another service",
      policy("name: d, service: Microsoft.Sql, serviceResources: [/subscriptions/s]"),
      """
      9: serviceEndpointPolicies[0].serviceEndpointPolicyDefinitions[0].service: `Microsoft.Sql` has no endpoint policies; they are for `Microsoft.Storage` alone
      """),
    Bad(
      "what is no account, group or subscription",
      policy(
        "name: d, service: Microsoft.Storage, serviceResources: [contoso, /subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/x, /subscriptions]"
      ),
      (0..<3).map { index in
        let text = [
          "contoso", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/x",
          "/subscriptions",
        ][index]
        return
          "9: serviceEndpointPolicies[0].serviceEndpointPolicyDefinitions[0].serviceResources[\(index)]: `\(text)` is not the ID of a storage account, a resource group or a subscription, such as `/subscriptions/S/resourceGroups/G`"
      }.joined(separator: "\n")),
    Bad(
      "everything missing", policy(""),
      """
      9: serviceEndpointPolicies[0].serviceEndpointPolicyDefinitions[0].name: is missing; it must be the definition's name
      9: serviceEndpointPolicies[0].serviceEndpointPolicyDefinitions[0].service: is missing; it must be `Microsoft.Storage`
      9: serviceEndpointPolicies[0].serviceEndpointPolicyDefinitions[0].serviceResources: is missing; it must be a list of IDs of storage accounts, resource groups or subscriptions
      """),
    Bad(
      "an empty list", policy("name: d, service: Microsoft.Storage, serviceResources: []"),
      """
      9: serviceEndpointPolicies[0].serviceEndpointPolicyDefinitions[0].serviceResources: is empty; it must be a list of IDs of storage accounts, resource groups or subscriptions
      """),
    Bad(
      "a policy that does not exist",
      """
      virtualNetworks:
        - { name: v, location: westeurope, addressSpace: 10.0.0.0/16, subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpointPolicies: [q, p, p] }] }
      serviceEndpointPolicies: [{ name: p }, { name: P }]
      """,
      """
      2: virtualNetworks[0].subnets[0].serviceEndpointPolicies[0]: there is no service endpoint policy `q`; did you mean `p`?
      2: virtualNetworks[0].subnets[0].serviceEndpointPolicies[2]: `p` stands here twice
      3: serviceEndpointPolicies[1].name: `P` is the name of another service endpoint policy, in line 3
      """),
  ]
}
