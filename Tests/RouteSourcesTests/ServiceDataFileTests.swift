import Foundation
import Model
import RouteSources
import Testing

@Suite("R7's data in a file")
struct ServiceDataFileTests {
  private static func message(_ text: String) -> String? {
    do {
      _ = try ServiceDataFile.parse(Data(text.utf8), source: "services.json")
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("a file replaces services and pairs")
  func read() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("spurline-services-\(UUID()).json")
    defer { try? FileManager.default.removeItem(at: path) }
    try Data(
      #"""
      { "services": [ { "name": "Contoso.Files", "tag": "Storage", "scope": "region",
                        "exclusiveGroup": "files", "preview": true,
                        "resources": { "type": "Contoso.Files/shares", "virtualNetworkRules": 7, "ipRules": 8,
                                       "ruleBeforeEndpoint": true, "ipRulesInRegion": false, "byToken": true } } ],
        "pairs": { "West Europe": "uksouth" } }
      """#.utf8
    ).write(to: path)
    let catalogue = try ServiceDataFile.read(path: path.path)
    #expect(
      catalogue.services == [
        ServiceCatalogue.Service(
          name: "Contoso.Files", tag: "Storage", scope: .region, exclusiveGroup: "files",
          preview: true,
          resources: .init(
            type: "Contoso.Files/shares", maximumVirtualNetworkRules: 7, maximumIPRules: 8,
            allowsRuleBeforeEndpoint: true, ignoresIPRulesInRegion: true, isTokenBased: true))
      ])
    #expect(catalogue.pairs == [Region("westeurope"): Region("uksouth")])
  }

  @Test(
    "each problem names its service and field",
    arguments: [
      (
        #"{"services": [{"name": "A", "tag": "T", "scope": "world"}]}"#,
        "services.json: services[0] (A): scope: `world` is none of `region`, `regionAndPair`, `everyRegion`"
      ),
      (
        #"{"services": [{"name": "A", "tag": "T", "scope": "region", "resources": {"ipRules": -1, "rules": 3, "type": 4}}]}"#,
        """
        services.json: services[0] (A): resources.type: must be a string
        services.json: services[0] (A): resources.rules: is not a key; known are type, virtualNetworkRules, ipRules, ruleBeforeEndpoint, ipRulesInRegion, byToken
        services.json: services[0] (A): resources.ipRules: must not be negative
        """
      ),
      (
        #"{"services": [{"name": "A", "scope": "region"}]}"#,
        "services.json: services[0] (A): tag: is missing"
      ),
      (
        #"{"services": [{"name": "A", "tag": "T", "scope": "region", "preveiw": true}]}"#,
        "services.json: services[0] (A): preveiw: is not a key; known are name, tag, scope, exclusiveGroup, preview, resources"
      ),
      (
        #"{"services": [{"name": "A", "tag": "T", "scope": "region", "preview": "yes"}]}"#,
        "services.json: services[0] (A): preview: must be true or false"
      ),
      (
        #"{"services": [{"name": "A", "tag": "T", "scope": "region"}, {"name": "a", "tag": "T", "scope": "region"}]}"#,
        "services.json: services[1] (a): name: a service of this name is already listed"
      ),
      (#"{}"#, "services.json: services: is missing"),
      (
        #"{"services": [], "pairs": {"eastus": "East US"}}"#,
        "services.json: pairs: `eastus` is its own pair"
      ),
      (
        #"{"services": [], "pairs": {"eastus": 1}}"#,
        "services.json: pairs.eastus: must be a string"
      ),
      (#"{"services": [], "x": 1}"#, "services.json: x: is not a key; known are services, pairs"),
    ])
  func problem(text: String, message: String) {
    #expect(Self.message(text) == message)
  }
}
