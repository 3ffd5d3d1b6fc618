import ConfigurationFile
import Foundation
import Model
import Testing
import Wire

@Suite("I3, I4: resources and roles in files")
struct ResourceConfigurationTests {
  private static let yaml = """
    virtualNetworks:
      - name: v
        location: westeurope
        tenant: contoso
        subscription: s
        resourceGroup: g
        addressSpace: [10.0.0.0/16]
        subnets:
          - { name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Storage, Microsoft.Sql] }
          - { name: bare, addressPrefix: 10.0.2.0/24 }
    resources:
      - name: account
        service: microsoft.storage
        location: West Europe
        secondaryLocation: northeurope
        tenant: Contoso
        subscription: other
        resourceGroup: data
        addresses: [20.60.26.4]
        secondaryAddresses: [20.60.19.4]
        hostNames: [Account.blob.core.windows.net.]
        secondaryHostNames: [account-secondary.blob.core.windows.net]
        principal: ada
        networkAcls:
          defaultAction: Deny
          bypass: AzureServices
          virtualNetworkRules:
            - { id: /subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/A, action: Allow }
          ipRules: [203.0.113.4, { value: 198.51.100.0/24, action: allow }]
      - name: server
        service: Microsoft.Sql
        location: westeurope
        addresses: [20.61.99.200]
        publicNetworkAccess: Disabled
        virtualNetworkRules:
          - { name: app, virtualNetworkSubnetId: v/a }
          - { name: bare, virtualNetworkSubnetId: v/bare, ignoreMissingVnetServiceEndpoint: true }
        firewallRules:
          - { name: AllowAllWindowsAzureIps, startIpAddress: 0.0.0.0, endIpAddress: 0.0.0.0 }
          - { name: office, startIpAddress: 203.0.113.9, endIpAddress: 203.0.113.11 }
    roleDefinitions:
      - { file: joiner.json }
      - { Name: Watcher, Id: w, IsCustom: true, Actions: ["*/read"], NotActions: [x/read], AssignableScopes: [v, v/a] }
    roleAssignments:
      - { principal: ada, role: 6a5f, scope: v/a }
      - { file: assignments.json }
    """

  private static let files = [
    "lab.yaml": yaml,
    // As `az role definition list` prints it.
    "joiner.json": """
    [{ "roleName": "Joiner", "name": "6a5f", "id": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/6a5f",
       "roleType": "CustomRole", "type": "Microsoft.Authorization/roleDefinitions", "assignableScopes": ["/subscriptions/s"],
       "permissions": [{ "actions": ["Microsoft.Network/virtualNetworks/subnets/join*"], "notActions": [], "dataActions": [] }] },
     { "Name": "Old", "IsCustom": true, "Description": "As it is written by hand.", "Actions": ["*"],
       "NotActions": ["Microsoft.Network/*"], "AssignableScopes": ["/"] }]
    """,
    "assignments.json": """
    { "value": [{ "properties": { "principalId": "bob", "roleDefinitionId": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/6A5F",
       "scope": "/subscriptions/s" }, "name": "x" },
      { "principalName": "eve", "roleDefinitionName": "old", "scope": "/" }] }
    """,
  ]

  private func load(_ files: [String: String] = Self.files) throws -> Outcome {
    try Place.withFiles(files) { Outcome.ofFile($0.appendingPathComponent("lab.yaml").path) }
  }

  @Test("I3: a resource is read with all that it has")
  func resource() throws {
    let outcome = try load()
    #expect(outcome.lines == "")
    let topology = try #require(outcome.configuration?.topology)
    let (account, server) = (topology.resources[0], topology.resources[1])
    #expect(
      account.id
        == AzureID(
          "/subscriptions/other/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/account"
        ))
    #expect(
      (account.service, account.region, account.secondaryRegion, account.tenant) == (
        "Microsoft.Storage", Region("westeurope"), Region("northeurope"), "Contoso"
      ))
    #expect(account.addresses == [IPAddress("20.60.26.4")!])
    #expect(account.secondaryAddresses == [IPAddress("20.60.19.4")!])
    #expect(account.hostNames == ["account.blob.core.windows.net"])
    #expect(account.secondaryHostNames == ["account-secondary.blob.core.windows.net"])
    #expect(account.firewall.defaultAction == .deny && account.firewall.isPublic)
    #expect(account.firewall.ipRules.map(\.description) == ["203.0.113.4", "198.51.100.0/24"])
    #expect(
      account.firewall.virtualNetworkRules.map(\.identity) == [topology.subnets[0].identity]
        && topology.subnets[0].identity != nil)
    #expect(!server.firewall.isPublic && server.firewall.defaultAction == .deny)
    #expect(server.firewall.virtualNetworkRules.map(\.name) == ["app", "bare"])
    #expect(
      server.firewall.virtualNetworkRules.map(\.ignoreMissingVnetServiceEndpoint) == [false, true])
    #expect(
      server.firewall.ipRules.map(\.description) == ["Azure services", "203.0.113.9-203.0.113.11"])
    #expect(topology.resources.map(\.firewall.virtualNetworkRules.count) == [1, 2])
  }

  @Test("I4: roles are read as Azure writes and prints them, and the decision is there for the log")
  func roles() throws {
    let configuration = try #require(try load().configuration)
    let access = configuration.access
    #expect(
      access.definitions.prefix(3).map(\.name) == ["Joiner", "Old", "Watcher"]
        && access.definitions.count == 3 + RoleDefinition.builtIn.count)
    #expect(access.definitions[2].id == "w" && !access.definitions[2].permits("x/read"))
    #expect(access.assignments.map(\.principal) == ["ada", "bob", "eve"])
    #expect(
      configuration.accessDecisions.map(\.description) == [
        "ada may \(AccessControl.joinAction) on /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a: Joiner at /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a permits it"
      ])
    let subnet = configuration.topology.id(ofSubnet: 1)
    #expect(!access.decision("ada", AccessControl.joinAction, on: subnet).isAllowed)
    #expect(access.decision("Bob", AccessControl.joinAction, on: subnet).isAllowed)
    #expect(!access.decision("eve", AccessControl.joinAction, on: subnet).isAllowed)
    #expect(access.decision("eve", "Microsoft.Sql/servers/read", on: subnet).isAllowed)
  }

  @Test("I4: a role file without what a role needs is refused with file, line and field")
  func badRoleFile() throws {
    var files = Self.files
    files["joiner.json"] = """
      { "Name": "Joiner",
        "Acitons": ["*"],
        "AssignableScopes": "/" }
      """
    let problems = try load(files).problems.filter { $0.path.hasSuffix("joiner.json") }
    #expect(
      Outcome.lines(problems) == """
        1: actions: is missing; it must be a list of actions such as `[Microsoft.Network/*]`
        3: AssignableScopes: must be a list of scopes, not a single value
        """)
  }

  @Test("I3, I4, I5: examples/resources.yaml loads, and its resources admit whom it says")
  func example() throws {
    let path = Place.packageRoot.appendingPathComponent("examples/resources.yaml").path
    let configuration = try #require(Outcome.ofFile(path).configuration)
    #expect(configuration.warnings == [])
    let topology = configuration.topology
    let table = ResourceTable(topology)
    let account = try #require(
      table.match(hostName: "contoso.blob.core.windows.net", at: IPAddress("20.60.26.4")!))
    let admits = { (caller: Caller) in table.verdict(for: caller, at: account).isAdmitted }
    let vm = IPAddress("10.0.1.4")!
    let subnets = ["vnet1/app", "vnet1/web", "vnet2/app"].map { topology.subnet(named: $0)! }
    #expect(
      subnets.map { admits(topology.caller(vm, overEndpointOfSubnet: $0)) } == [true, false, false])
    #expect(
      ["203.0.113.1", "203.0.113.2", "203.0.113.3"].map { admits(Caller(source: IPAddress($0)!)) }
        == [
          true, true, false,
        ])
    #expect(
      table.find(IPAddress("20.61.99.200")!) == .resource(.init(resource: 2, location: .primary)))
  }

  @Test(
    "I3: a thousand subnets and a hundred resources with forty rules each are checked in good time")
  func many() throws {
    let subnets = (0..<1_000).map {
      "      - { name: s\($0), addressPrefix: 10.\($0 / 250).\($0 % 250).0/24, serviceEndpoints: [Microsoft.Storage] }\n"
    }
    let resources = (0..<100).map { resource in
      let rules = (0..<40).map { "v/s\((resource * 7 + $0 * 23) % 1_000)" }.joined(separator: ", ")
      return "  - { name: r\(resource), service: Microsoft.Storage, location: westeurope, "
        + "addresses: [20.60.26.\(resource)], networkAcls: { defaultAction: Deny, virtualNetworkRules: [\(rules)] } }\n"
    }
    let start = ContinuousClock.now
    let outcome = Outcome.of(
      "virtualNetworks:\n  - name: v\n    location: westeurope\n    addressSpace: [10.0.0.0/8]\n    subnets:\n"
        + subnets.joined() + "resources:\n" + resources.joined())
    let taken = ContinuousClock.now - start
    #expect(outcome.lines == "")
    let topology = try #require(outcome.configuration?.topology)
    #expect(topology.resources.allSatisfy { $0.firewall.virtualNetworkRules.count == 40 })
    // Seconds in a debug build; what is quadratic takes minutes.
    #expect(taken < .seconds(60), "\(taken)")
    print("1,000 subnets and 4,000 rules in \(taken)")
  }

  @Test("I3: what can be had and never matches is warned of")
  func warnings() throws {
    let outcome = Outcome.of(
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Storage] }]
      resources:
        - name: third
          service: Microsoft.Storage
          location: uksouth
          addresses: [20.60.17.4]
          networkAcls: { defaultAction: Deny, virtualNetworkRules: [v/a] }
        - name: open
          service: Microsoft.Storage
          location: westeurope
          networkAcls:
            defaultAction: Allow
            virtualNetworkRules: [/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/x/subnets/a]
      """)
    #expect(outcome.lines == "")
    #expect(
      Outcome.lines(try #require(outcome.configuration).warnings) == """
        11: resources[0].networkAcls.virtualNetworkRules[0]: can never match: no endpoint of v/a for Microsoft.Storage covers the resource's address 20.60.17.4
        12: resources[1]: has neither `addresses` nor `hostNames`: no request is found to be for it
        16: resources[1].networkAcls.defaultAction: admits whatever the rule would; write `Deny` to secure the resource
        17: resources[1].networkAcls.virtualNetworkRules[0]: can never match here: the subnet `/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/x/subnets/a` is not in this configuration
        """)
  }
}
