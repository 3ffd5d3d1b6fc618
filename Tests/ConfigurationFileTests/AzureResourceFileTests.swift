import ConfigurationFile
import Foundation
import Model
import Testing

/// Resources with rules as Azure's tools and services print them, of our own making and as others recorded them.
@Suite("I3: exported resources")
struct AzureResourceFileTests {
  private func load(_ documents: [String: String], _ yaml: String) throws -> Outcome {
    var files = documents
    files["lab.yaml"] =
      "azure: [\(documents.keys.sorted().joined(separator: ", "))]\n" + yaml
    return try Place.withFiles(files) {
      Outcome.ofFile($0.appendingPathComponent("lab.yaml").path)
    }
  }

  private static let network = """
    virtualNetworks:
      - name: v
        location: eastus2
        addressSpace: [10.0.0.0/16]
        subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Sql] }]

    """

  private static let subnet =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a"

  @Test("I3: rules that stand apart from their server or namespace are attached to it")
  func children() throws {
    let outcome = try load(
      [
        "sql.json": """
        { "value": [
          { "type": "Microsoft.Sql/servers", "name": "server", "location": "eastus2",
            "properties": { "fullyQualifiedDomainName": "server.database.windows.net" } },
          { "type": "Microsoft.Sql/servers/virtualNetworkRules", "name": "server/app",
            "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/server/virtualNetworkRules/app",
            "properties": { "virtualNetworkSubnetId": "\(Self.subnet)", "state": "Ready" } },
          { "type": "Microsoft.Sql/servers/virtualNetworkRules", "name": "server/gone",
            "properties": { "virtualNetworkSubnetId": "\(Self.subnet)x", "state": "NetworkSourceDeleted" } },
          { "type": "Microsoft.Sql/servers/firewallRules", "name": "server/all",
            "properties": { "startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255" } },
          { "type": "Microsoft.EventHub/Namespaces", "name": "server", "location": "West US 2",
            "properties": { "serviceBusEndpoint": "https://hub.servicebus.windows.net:443/" } },
          { "type": "Microsoft.EventHub/Namespaces/NetworkRuleSets", "name": "server/default",
            "properties": { "defaultAction": "Deny",
              "virtualNetworkRules": [{ "subnet": { "id": "\(Self.subnet)" }, "ignoreMissingVnetServiceEndpoint": true }],
              "ipRules": [{ "ipMask": "11.0.0.0/24", "action": "Allow" }] } } ] }
        """
      ], Self.network)
    #expect(outcome.lines == "")
    let configuration = try #require(outcome.configuration)
    let resources = configuration.topology.resources
    #expect(resources.map(\.service) == ["Microsoft.Sql", "Microsoft.EventHub"])
    #expect(
      resources.map(\.hostNames) == [
        ["server.database.windows.net"], ["hub.servicebus.windows.net"],
      ])
    #expect(resources[0].firewall.virtualNetworkRules.map(\.name) == ["app"])
    #expect(resources[0].firewall.virtualNetworkRules[0].identity != nil)
    #expect(resources[0].firewall.ipRules.map(\.description) == ["0.0.0.0/0"])
    #expect(resources[0].firewall.defaultAction == .deny)
    #expect(resources[1].firewall.virtualNetworkRules[0].identity != nil)
    #expect(resources[1].firewall.ipRules.map(\.description) == ["11.0.0.0/24"])
    #expect(
      configuration.warnings.map(\.message) == [
        "can never match: the subnet \(Self.subnet)x that it was made for is gone"
      ])
  }

  @Test("I3: an export gets its addresses from a resource of the same name in our file")
  func joined() throws {
    let outcome = try load(
      [
        "account.json": """
        { "type": "Microsoft.Storage/storageAccounts", "name": "account", "location": "eastus2",
          "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/account",
          "properties": { "primaryEndpoints": { "blob": "https://account.blob.core.windows.net/" },
            "networkAcls": { "defaultAction": "Deny", "ipRules": [{ "value": "203.0.113.4" }] } } }
        """
      ],
      Self.network
        + "resources: [{ name: ACCOUNT, service: Microsoft.Storage, addresses: [20.60.26.4] }]\n")
    #expect(outcome.lines == "")
    let account = try #require(outcome.configuration?.topology.resources.first)
    #expect(account.addresses.map(\.description) == ["20.60.26.4"])
    #expect(account.hostNames == ["account.blob.core.windows.net"])
    #expect(account.firewall.ipRules.map(\.description) == ["203.0.113.4"])
    #expect(account.id.subscription == "s" && account.id.resourceGroup == "g")
  }

  @Test("I3: a malformed export is refused with file, line and field, all of it at once")
  func malformed() throws {
    let outcome = try load(
      [
        "bad.json": """
        [{ "type": "Microsoft.Storage/storageAccounts", "name": "account",
           "location": "eastus2",
           "properties": { "networkAcls": { "defaultAction": "Dney",
             "virtualNetworkRules": [{ "action": "Allow" }, { "id": "\(Self.subnet.dropLast(2))" }],
             "ipRules": [{ "value": "203.0.113.0/33" }, { "value": "203.0.113.4/31" }, { "action": "Allow" }] } } },
         { "type": "Microsoft.KeyVault/vaults", "name": "vault", "properties": { "networkAcls": [] } },
         { "type": "Microsoft.Sql/servers/firewallRules", "name": "nowhere/r",
           "properties": { "startIpAddress": "203.0.113.1", "endIpAddress": "203.0.113.2" } }]
        """
      ], Self.network)
    #expect(outcome.problems.allSatisfy { $0.path.hasSuffix("bad.json") })
    #expect(
      outcome.lines == """
        3: [0].properties.networkAcls.defaultAction: `Dney` is not `Allow` or `Deny`; did you mean `Deny`?
        4: [0].properties.networkAcls.virtualNetworkRules[0].id: is missing; it must be `network/subnet` or a subnet's ID
        4: [0].properties.networkAcls.virtualNetworkRules[1].id: `/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets` is not the ID of a subnet
        5: [0].properties.networkAcls.ipRules[0].value: `203.0.113.0/33` is not a public address or range such as `203.0.113.0/24`
        5: [0].properties.networkAcls.ipRules[1].value: `203.0.113.4/31` is refused, as by Azure: ranges of /31 and /32 are written as addresses, `203.0.113.4` and `203.0.113.5`
        5: [0].properties.networkAcls.ipRules[2].value: is missing; it must be a public address or range such as `203.0.113.0/24`
        6: [1].location: is missing; it must be a region such as `westeurope`
        6: [1].properties.networkAcls: must be a mapping such as `defaultAction: Deny`, not a list
        7: [2]: belongs to `nowhere`, which is not in this file; include both in one file
        """)
  }

  /// The recorded answer to one request: its `value`, as a file of ours.
  private func recorded(_ name: String, _ request: Int) throws -> String? {
    guard let data = Place.sharedData() else { return nil }
    let file = data.appendingPathComponent("azure/recordings/\(name)")
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    let interactions = try #require(object?["interactions"] as? [[String: Any]])
    let response = try #require(interactions[request]["response"] as? [String: Any])
    let body = try #require(response["body"] as? [String: Any])
    if let text = body["string"] as? String { return text }
    return String(
      decoding: try JSONSerialization.data(withJSONObject: try #require(body["data"])),
      as: UTF8.self)
  }

  @Test("I3: recorded storage accounts, with rules for subnets that are elsewhere")
  func recordedStorage() throws {
    guard
      let text = try recorded(
        "StorageTestFirewallActions.test_virtual_network_rules_action.json", 1)
    else { return }
    let outcome = try load(["account.json": text], Self.network)
    #expect(outcome.lines == "")
    let configuration = try #require(outcome.configuration)
    let account = configuration.topology.resources[0]
    #expect(account.name == "cctstoragey6akyqpagdt3o" && account.firewall.defaultAction == .deny)
    #expect(
      account.firewall.virtualNetworkRules.map(\.description) == [
        "cctstoragevnet1/testsubnet1", "cctstoragevnet2/testsubnet2",
      ])
    #expect(account.hostNames.count == 4)
    #expect(configuration.warnings.count == 2)
    #expect(configuration.warnings.allSatisfy { $0.message.hasPrefix("can never match here:") })
  }

  @Test("I3: a recorded SQL server and its rules, from two answers")
  func recordedSQL() throws {
    guard let server = try recorded("SqlServerTest.firewall.json", 0),
      let rules = try recorded("SqlServerTest.firewall.json", 1)
    else { return }
    let both = "[\(try values(server)), \(try values(rules))]"
    let outcome = try load(["sql.json": both], Self.network)
    #expect(outcome.lines == "")
    let resource = try #require(outcome.configuration?.topology.resources.first)
    #expect(resource.firewall.ipRules.map(\.description) == ["1.2.2.128/25", "Azure services"])
    #expect(resource.hostNames == ["cctestsqlserverj6y6cbbtaphs4.database.windows.net"])
  }

  @Test("I3: a recorded Event Hubs rule set that holds a private address is warned of")
  func recordedEventHub() throws {
    guard let namespaces = try recorded("EventHubTest.firewall.json", 0),
      let rules = try recorded("EventHubTest.firewall.json", 1)
    else { return }
    let outcome = try load(["hub.json": "[\(try values(namespaces)), \(rules)]"], Self.network)
    #expect(outcome.lines == "")
    let configuration = try #require(outcome.configuration)
    #expect(
      configuration.topology.resources[0].firewall.ipRules.map(\.description) == ["11.0.0.0/24"])
    #expect(
      configuration.warnings.map(\.message) == [
        "`10.1.1.1` is private: an IP rule holds public addresses, and a subnet is admitted by a virtual-network rule"
      ])
  }

  /// The elements of `{"value": [...]}`, without the brackets.
  private func values(_ text: String) throws -> String {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let data = try JSONSerialization.data(withJSONObject: try #require(object?["value"]))
    return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast())
  }
}
