import ConfigurationFile
import Foundation
import Model
import Testing
import Wire

/// Expressions of ARM templates.
@Suite("ARM templates")
struct TemplateTests {
  /// A template of one network whose name is the expression; gives the name, or the message.
  private func value(
    of expression: String, parameters: String = "", variables: String = "",
    yaml: String = "azure: azure.json\n"
  ) throws -> String {
    let escaped = expression.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    let json = """
      { "parameters": { \(parameters) }, "variables": { \(variables) }, "resources": [
        { "type": "Microsoft.Network/virtualNetworks", "name": "\(escaped)", "location": "westeurope",
          "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] } } } ] }
      """
    let outcome = try AzureResourceTests.load(json, yaml)
    return outcome.configuration?.topology.virtualNetworks[0].name ?? outcome.lines
  }

  @Test(
    "functions with a value",
    arguments: [
      ("[concat('a', 1, 'b')]", "a1b"),
      ("[ concat( 'it''s' , '-' , toUpper('x') ) ]", "it's-X"),
      ("[format('{0}-{1}-{0}', 'a', toLower('B'))]", "a-b-a"),
      ("[replace('a.b.c', '.', '-')]", "a-b-c"),
      ("[if(equals(length('abc'), 3), 'yes', reference('x').y)]", "yes"),
      ("[if(and(true(), not(false())), 'yes', 'no')]", "yes"),
      ("[if(or(false(), bool('false')), 'yes', 'no')]", "no"),
      ("[coalesce(null(), 'b')]", "b"),
      ("[first(split('a,b', ','))]", "a"),
      ("[last(createArray('a', 'b'))]", "b"),
      ("[split('a,b', ',')[1]]", "b"),
      ("[string(add(mul(3, 4), sub(1, 2)))]", "11"),
      ("[if(empty(''), 'e', 'f')]", "e"),
      ("[resourceGroup().name]", "resourceGroup"),
      ("[[literal]", "[literal]"),
      ("[trim(' a ')]", "a"),
    ])
  func functions(expression: String, expected: String) throws {
    #expect(try value(of: expression) == expected)
  }

  @Test("parameters and variables, with their own expressions")
  func declarations() throws {
    let parameters = """
      "env": { "type": "string", "defaultValue": "prod" },
      "names": { "type": "object", "defaultValue": { "net": "[concat('n-', parameters('ENV'))]" } }
      """
    let variables = "\"all\": [\"x\", \"[parameters('names').net]\"]"
    #expect(
      try value(of: "[variables('all')[1]]", parameters: parameters, variables: variables)
        == "n-prod")
    let yaml = "azure: [{ file: azure.json, parameters: { env: test } }]\n"
    #expect(
      try value(
        of: "[variables('all')[1]]", parameters: parameters, variables: variables, yaml: yaml)
        == "n-test")
  }

  @Test(
    "what has no value here says why and where",
    arguments: [
      (
        "[reference('x').y]",
        "the function `reference` has no value without a deployment, or is not known here"
      ),
      ("[parameters('p')]", "there is no parameter `p`"),
      (
        "[parameters('open')]",
        "the parameter `open` has no default; give it a value by `parameters: {open: ...}` beside `file`"
      ),
      ("[variables('v')]", "there is no variable `v`"),
      ("[variables('loop')]", "it takes too many steps, or refers to itself"),
      ("[variables('long')]", "it grows too long"),
      ("[concat('a']", "a `)` is missing after `concat(`"),
      ("[concat('a)]", "a string has no closing quote"),
      (
        "[resourceGroup().location]",
        "the resource group's location is not known; give it by `resourceGroup: {location: ...}` beside `file`"
      ),
      ("[createArray('a')[3]]", "the list has no element 3"),
      (
        "[resourceId('Microsoft.Network/virtualNetworks')]",
        "the function `resourceId` has no value without a deployment, or is not known here"
      ),
      (
        "[resourceId('Microsoft.Network/virtualNetworks', 'a', 'b')]",
        "`resourceId` has 2 names for the type `Microsoft.Network/virtualNetworks`"
      ),
    ])
  func unresolved(expression: String, reason: String) throws {
    let long = (1...40).map {
      "\"v\($0)\": \"[concat(variables('v\($0 - 1)'), variables('v\($0 - 1)'))]\""
    }
    let got = try value(
      of: expression, parameters: "\"open\": { \"type\": \"string\" }",
      variables: "\"loop\": \"[variables('loop')]\", \"v0\": \"xxxxxxxxxx\", "
        + long.joined(separator: ", ") + ", \"long\": \"[variables('v40')]\"")
    // The doubling variable meets whichever bound comes first.
    let other = "it takes too many steps, or refers to itself"
    let expected = { (reason: String) in
      "2: resources[0].name: cannot resolve `\(expression)`: \(reason)"
    }
    #expect(got == expected(reason) || (expression.contains("long") && got == expected(other)))
  }

  @Test("an expression that is not needed may have no value")
  func unneeded() throws {
    let json = """
      { "resources": [ { "type": "Microsoft.Network/virtualNetworks", "name": "v", "location": "westeurope",
        "tags": { "by": "[deployment().properties.template]" },
        "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] } } } ] }
      """
    #expect(try AzureResourceTests.load(json).lines == "")
  }

  static let template = """
    { "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "parameters": {
        "prefix": { "type": "string", "defaultValue": "10.0" },
        "withTable": { "type": "bool", "defaultValue": true } },
      "variables": {
        "net": "hub",
        "subnetId": "[resourceId('Microsoft.Network/virtualNetworks/subnets', variables('net'), 'app')]" },
      "resources": [
        { "type": "Microsoft.Network/routeTables", "name": "t", "location": "[resourceGroup().location]",
          "condition": "[parameters('withTable')]",
          "properties": { "routes": [ { "name": "r", "properties": {
            "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance",
            "nextHopIpAddress": "[format('{0}.1.4', parameters('prefix'))]" } } ] } },
        { "type": "Microsoft.Network/virtualNetworks", "name": "[variables('net')]",
          "location": "[resourceGroup().location]",
          "properties": {
            "addressSpace": { "addressPrefixes": ["[concat(parameters('prefix'), '.0.0/16')]"] },
            "subnets": [ { "name": "app", "properties": {
              "addressPrefix": "[concat(parameters('prefix'), '.1.0/24')]",
              "routeTable": "[if(parameters('withTable'), createObject('id', 'x'), null())]" } } ] } },
        { "type": "Microsoft.Network/networkInterfaces", "name": "[concat(variables('net'), '-nva')]",
          "properties": { "enableIPForwarding": true, "ipConfigurations": [ { "name": "c", "properties": {
            "privateIPAllocationMethod": "Dynamic", "subnet": { "id": "[variables('subnetId')]" } } } ] } },
        { "type": "Microsoft.Resources/deployments", "name": "inner", "properties": {
          "expressionEvaluationOptions": { "scope": "inner" },
          "parameters": { "name": { "value": "[concat(variables('net'), '-2')]" } },
          "template": {
            "parameters": { "name": { "type": "string" } },
            "resources": [ { "type": "Microsoft.Network/virtualNetworks", "name": "[parameters('name')]",
              "location": "northeurope",
              "properties": { "addressSpace": { "addressPrefixes": ["10.7.0.0/16"] } } } ] } } },
        { "type": "Microsoft.Resources/deployments", "name": "outer", "properties": {
          "template": { "resources": [ { "type": "Microsoft.Network/virtualNetworks",
            "name": "[concat(variables('net'), '-3')]", "location": "northeurope",
            "properties": { "addressSpace": { "addressPrefixes": ["10.8.0.0/16"] } } } ] } } } ] }
    """

  @Test("a whole template: expressions, a condition, an automatic address, templates within")
  func whole() throws {
    let json = Self.template.replacing(
      "createObject('id', 'x')", with: "resourceId('Microsoft.Network/routeTables', 't')")
    let yaml =
      "azure: [{ file: azure.json, resourceGroup: { name: g, location: West Europe }, parameters: { prefix: 10.5 } }]\n"
    let outcome = try AzureResourceTests.load(json, yaml)
    #expect(outcome.lines == "")
    let configuration = try #require(outcome.configuration)
    let topology = configuration.topology
    #expect(configuration.warnings == [])
    #expect(topology.virtualNetworks.map(\.name) == ["hub", "hub-2", "hub-3"])
    #expect(topology.virtualNetworks[0].region == Region("westeurope"))
    #expect(topology.subnets[0].addressPrefixes == [IPPrefix("10.5.1.0/24")!])
    #expect(topology.subnets[0].routeTable == 0)
    #expect(topology.routeTables[0].routes[0].nextHopIPAddress == IPAddress("10.5.1.4"))
    #expect(topology.networkInterfaces[0].name == "hub-nva")
    #expect(
      topology.networkInterfaces[0].ipConfigurations.map(\.privateAddress) == [
        IPAddress("10.5.1.4")
      ])
  }

  @Test("a template whose fields cannot be resolved names each of them")
  func wholeRefused() throws {
    let json = Self.template.replacing(
      "\"properties\": { \"enableIPForwarding\": true",
      with: "\"copy\": { \"count\": 2 }, \"properties\": { \"enableIPForwarding\": true")
    let lines = try AzureResourceTests.load(json).lines
    #expect(
      lines == """
        15: resources[1].location: cannot resolve `[resourceGroup().location]`: the resource group's location is not known; give it by `resourceGroup: {location: ...}` beside `file`
        20: resources[1].properties.subnets[0].properties.routeTable: cannot resolve `[if(parameters('withTable'), createObject('id', 'x'), null())]`: the function `createObject` has no value without a deployment, or is not known here
        22: resources[2].copy: is a loop, which is not run here; export the resources once they are deployed
        """)
  }
}
