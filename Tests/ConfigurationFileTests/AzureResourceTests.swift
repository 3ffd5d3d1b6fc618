import ConfigurationFile
import Foundation
import Model
import Testing
import Wire

/// Resources from Azure's JSON, in the shapes that its tools print them in.
@Suite("Azure resources")
struct AzureResourceTests {
  /// Loads a configuration that includes `azure.json`.
  static func load(_ json: String, _ yaml: String = "azure: azure.json\n") throws -> Outcome {
    try Place.withFiles(["azure.json": json, "lab.yaml": yaml]) { folder in
      Outcome.ofFile(folder.appendingPathComponent("lab.yaml").path)
    }
  }

  static let network = """
    { "type": "Microsoft.Network/virtualNetworks", "name": "v", "location": "westeurope",
      "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] },
        "subnets": [ { "name": "a", "properties": { "addressPrefix": "10.0.1.0/24" } } ] } }
    """

  @Test("one resource, a list, a REST answer and a template are read alike")
  func shapes() throws {
    let shapes = [
      Self.network, "[\(Self.network)]", "{ \"value\": [\(Self.network)] }",
      "{ \"$schema\": \"s\", \"resources\": [\(Self.network)] }",
      "{ \"languageVersion\": \"2.0\", \"resources\": { \"net\": \(Self.network) } }",
    ]
    for shape in shapes {
      let outcome = try Self.load(shape)
      #expect(outcome.lines == "")
      #expect(outcome.configuration?.topology.subnets.map(\.name) == ["a"])
    }
  }

  @Test("the flat output of `az ... list`, with what it adds and leaves empty")
  func commandLine() throws {
    let json = """
      [ { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "dhcpOptions": { "dnsServers": [] },
          "enableDdosProtection": false, "etag": "W/1", "flowTimeoutInMinutes": null,
          "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v",
          "location": "westeurope", "name": "v", "provisioningState": "Succeeded", "resourceGroup": "g",
          "subnets": [ { "addressPrefix": "10.0.1.0/24", "delegations": [], "name": "a",
            "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a",
            "routeTable": { "id": "/subscriptions/0/resourceGroups/G/providers/Microsoft.Network/routeTables/T", "resourceGroup": "g" },
            "serviceEndpoints": [ { "locations": ["westeurope", "northeurope"], "networkIdentifier": null,
              "provisioningState": "Succeeded", "service": "Microsoft.Storage" } ] } ],
          "tags": {}, "type": "Microsoft.Network/virtualNetworks", "virtualNetworkPeerings": [] },
        { "type": "Microsoft.Network/routeTables", "name": "t", "disableBgpRoutePropagation": true,
          "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/routeTables/t",
          "routes": [ { "addressPrefix": "0.0.0.0/0", "hasBgpOverride": false, "name": "r",
            "nextHopIpAddress": "", "nextHopType": "Internet", "type": "Microsoft.Network/routeTables/routes" } ] },
        { "type": "Microsoft.Network/networkInterfaces", "name": "n", "enableIPForwarding": true,
          "macAddress": "00-0D-3A-11-22-33", "virtualMachine": { "id": "x" },
          "ipConfigurations": [ { "name": "ipconfig1", "privateIpAddress": "10.0.1.7",
            "publicIPAddress": { "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/p" },
            "subnet": { "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/V/subnets/A" } } ] },
        { "type": "Microsoft.Network/publicIPAddresses", "name": "p", "ipAddress": "203.0.113.7" } ]
      """
    let outcome = try Self.load(json)
    #expect(outcome.lines == "")
    let topology = try #require(outcome.configuration).topology
    #expect(topology.subnets[0].serviceEndpoints.map(\.service) == ["Microsoft.Storage"])
    #expect(topology.subnets[0].routeTable == 0)
    #expect(topology.routeTables[0].disableBgpRoutePropagation)
    #expect(topology.networkInterfaces[0].ipForwarding)
    #expect(
      topology.networkInterfaces[0].ipConfigurations == [
        .init(privateAddress: IPAddress("10.0.1.7")!, publicAddress: IPAddress("203.0.113.7")!)
      ])
  }

  @Test("the Python SDK's `as_dict`, with its own spelling")
  func pythonSDK() throws {
    let json = """
      [ { "type": "Microsoft.Network/virtualNetworks", "name": "v", "location": "westeurope",
          "address_space": { "address_prefixes": ["10.0.0.0/16"] },
          "subnets": [ { "name": "a", "address_prefix": "10.0.1.0/24",
            "service_endpoints": [ { "service": "Microsoft.Sql", "locations": ["westeurope"] } ] } ] },
        { "type": "Microsoft.Network/networkInterfaces", "name": "n", "enable_ip_forwarding": true,
          "ip_configurations": [ { "private_ip_address": "10.0.1.8", "subnet": {
            "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a" } } ] } ]
      """
    let outcome = try Self.load(json)
    #expect(outcome.lines == "")
    let nic = try #require(outcome.configuration?.topology.networkInterfaces.first)
    #expect(nic.ipForwarding)
    #expect(nic.ipConfigurations.map(\.privateAddress) == [IPAddress("10.0.1.8")])
  }

  @Test("a subnet is found by its ID even where its name is another")
  func byID() throws {
    let json = """
      [ { "type": "Microsoft.Network/virtualNetworks", "name": "v", "location": "westeurope",
          "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "subnets": [
            { "name": "shown", "id": "resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/real",
              "properties": { "addressPrefix": "10.0.1.0/24" } } ] } },
        { "type": "Microsoft.Network/networkInterfaces", "name": "n", "properties": { "ipConfigurations": [
          { "properties": { "subnet": {
            "id": "resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/real" } } } ] } } ]
      """
    #expect(try Self.load(json).configuration?.topology.networkInterfaces.map(\.subnet) == [0])
  }

  @Test("children that stand apart are attached: subnets, routes, peerings")
  func children() throws {
    let json = """
      { "resources": [
        { "type": "Microsoft.Network/virtualNetworks", "name": "v", "location": "westeurope",
          "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] } },
          "resources": [ { "type": "subnets", "name": "a", "properties": { "addressPrefix": "10.0.1.0/24" } } ] },
        { "type": "Microsoft.Network/virtualNetworks/subnets", "name": "v/b",
          "properties": { "addressPrefix": "10.0.2.0/24" } },
        { "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "name": "v/p",
          "properties": { "remoteVirtualNetwork": { "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/far" } } },
        { "type": "Microsoft.Network/routeTables", "name": "t", "properties": {} },
        { "type": "Microsoft.Network/routeTables/routes", "name": "t/r",
          "properties": { "addressPrefix": "10.9.0.0/16", "nextHopType": "None" } },
        { "type": "Microsoft.Network/routeTables/routes", "name": "u/r",
          "properties": { "addressPrefix": "10.9.0.0/16", "nextHopType": "None" } } ] }
      """
    let lines = try Self.load(json).lines
    #expect(
      lines
        == "12: resources[5]: belongs to `u`, which is not in this file; include both in one file")
    let whole = json.replacing("\"u/r\"", with: "\"t/s\"").replacing(
      "\"10.9.0.0/16\", \"nextHopType\": \"None\" } } ] }",
      with: "\"10.8.0.0/16\", \"nextHopType\": \"None\" } } ] }")
    let configuration = try #require(try Self.load(whole).configuration)
    #expect(configuration.topology.subnets.map(\.name) == ["a", "b"])
    #expect(configuration.topology.routeTables[0].routes.map(\.name) == ["r", "s"])
    // A peer in another file is common in an export; the configuration holds without it.
    #expect(
      Outcome.lines(configuration.warnings).hasSuffix(
        "the virtual network `far` is not in this configuration; the peering is left out"))
  }

  @Test("the YAML file adds to an included resource of the same name")
  func overlay() throws {
    let yaml = """
      azure: [azure.json]
      virtualNetworks:
        - name: V
          id: 77
          subnets:
            - { name: a, serviceEndpoints: [Microsoft.Sql] }
            - { name: more, addressPrefix: 10.0.9.0/24 }
      networkInterfaces:
        - { name: n, port: { device: eth5 }, guestAddress: public, ipConfigurations: [{ publicIPAddress: 203.0.113.1 }], subnet: v/a }
      """
    let outcome = try Self.load(Self.network, yaml)
    #expect(outcome.lines == "")
    let topology = try #require(outcome.configuration).topology
    #expect(topology.virtualNetworks.map(\.id) == [77])
    #expect(topology.virtualNetworks[0].region == Region("westeurope"))
    #expect(
      topology.subnets.map(\.addressPrefixes) == [
        [IPPrefix("10.0.1.0/24")!], [IPPrefix("10.0.9.0/24")!],
      ])
    #expect(topology.subnets[0].serviceEndpoints == [ServiceEndpoint(service: "Microsoft.Sql")])
    #expect(topology.networkInterfaces[0].device.name == "eth5")
  }

  @Test(
    "documents without resources are refused with what they are",
    arguments: [
      (
        "{}",
        "1: holds no resources: it must be an ARM template with `resources`, a list of resources, or one resource with a `type`"
      ),
      (
        "{ \"parameters\": {} }",
        "1: is a parameter file, not an ARM template: it has no `resources`; name the template"
      ),
      (
        "{ \"$schema\": \"https://x/schemas/buildingBlocks.json\", \"parameters\": {} }",
        "1: is a file of the Azure Building Blocks tool, not an ARM template: it has no `resources`; export the template of what it deployed"
      ),
      (
        "[ { \"name\": \"x\" } ]",
        "1: [0]: has no `type`; a resource needs one such as `Microsoft.Network/virtualNetworks`"
      ),
      ("", "1: is not JSON: the text ends where a value should stand"),
      ("{ \"a\": tru }", "1: is not JSON: `tru` is no value; strings stand in double quotes"),
      ("{ \"a\": 1,\n  b: 2 }", "2: is not JSON: a key in double quotes should stand here"),
      ("{ \"a\": [1 2] }", "1: is not JSON: a `,` or `]` should stand here"),
      ("{ \"a\": \"x\\q\" }", "1: is not JSON: `\\q` is no escape of JSON"),
      ("{ \"a\": \"x", "1: is not JSON: the string that begins in line 1 has no end"),
      ("{} {}", "1: is not JSON: more text follows the value"),
      ("{ /* note", "1: is not JSON: the comment that begins in line 1 has no end"),
      (
        "{ \"type\": \"Microsoft.ClassicNetwork/virtualNetworks\", \"name\": \"v\", \"location\": \"westeurope\", \"properties\": { \"addressSpace\": { \"addressPrefixes\": [\"10.0.0.0/8\"] } } }",
        "1: type: `Microsoft.ClassicNetwork/virtualNetworks`: the feature is available only to virtual networks deployed through the Azure Resource Manager deployment model; the type must be `Microsoft.Network/virtualNetworks`"
      ),
    ])
  func refused(json: String, expected: String) throws {
    let lines = try Self.load(json).lines
    #expect(lines == expected)
  }

  @Test("comments, escapes, surrogates, a byte order mark and a repeated key are read")
  func leniency() throws {
    let json =
      "\u{feff}" + """
        // exported
        { "type": "Microsoft.Network\\/virtualNetworks", /* a
          comment */ "name": "n\\u00e4\\ud83d\\ude00", "location": "x", "location": "westeurope",
          "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] } } }
        """
    let configuration = try #require(try Self.load(json).configuration)
    #expect(configuration.topology.virtualNetworks[0].name == "nä😀")
    #expect(configuration.topology.virtualNetworks[0].region == Region("westeurope"))
    #expect(
      Outcome.lines(configuration.warnings)
        == "3: `location` stands twice in one object; this last one counts")
  }
}
