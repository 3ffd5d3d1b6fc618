import Foundation
import Testing

/// What the document excludes, as files that are refused (docs/scenarios.md).
@Suite("refused scenarios")
struct RefusedScenarioTests {
  static let expected = [
    "classic-network.yaml": """
    4: virtualNetworks[0].type: `Microsoft.ClassicNetwork/virtualNetworks`: the feature is available only to virtual networks deployed through the Azure Resource Manager deployment model; the type must be `Microsoft.Network/virtualNetworks`
    """,
    "other-tenant.yaml": """
    20: resources[0].networkAcls.virtualNetworkRules[0]: the network of vnet1/app belongs to the tenant `fabrikam`, the resource to `contoso`: both must be under one tenant
    """,
    "sql-in-another-region.yaml": """
    14: resources[0].virtualNetworkRules[0].virtualNetworkSubnetId: the network of vnet1/app is in westeurope, the resource in northeurope: a resource of Microsoft.Sql can be secured to networks of its own region alone
    """,
  ]

  private let folder = Place.packageRoot.appendingPathComponent("examples/scenarios/refused")

  @Test("I3 R7: each is refused with its place and its reason", arguments: expected)
  func refused(file: String, lines: String) {
    #expect(Outcome.ofFile(folder.appendingPathComponent(file).path).lines == lines)
  }

  @Test("none is left out")
  func all() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(files) == Set(Self.expected.keys))
  }
}
