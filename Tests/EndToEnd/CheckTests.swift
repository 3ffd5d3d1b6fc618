import Foundation
import Testing

/// What `spurline check` says of resources. Needs no namespaces.
@Suite struct CheckTests {
  @Test("I3, I4: spurline check shows resources, and who may write their rules")
  func resources() throws {
    let result = try Program.spurline("check", "examples/resources.yaml")
    #expect(result.status == 0 && result.errors == "")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(
      lines.dropLast() == [
        "examples/resources.yaml: OK: 2 virtual networks, 3 subnets, 0 network interfaces, 3 service endpoints, 0 routes, 3 resources",
        "  contoso (Microsoft.Storage, westeurope and northeurope): Deny, 1 virtual-network rule, 2 IP rules",
        "  public (Microsoft.Storage, westeurope): Allow, 0 virtual-network rules, 0 IP rules",
        "  orders (Microsoft.Sql, westeurope): Deny, 2 virtual-network rules, 1 IP rule",
      ])
    #expect(lines.last?.hasPrefix("  ada may Microsoft.Network/") == true)
  }

  @Test("R5 R9: 1,000 subnets with every service: checked, their routes shown, a packet explained")
  func manySubnets() throws {
    let folder = try TemporaryFolder()
    let text = try Program.run(["scripts/thousand-subnets"])
    #expect(text.status == 0)
    let path = try folder.write(text.output, to: "many.yaml")
    let check = try Program.spurline("check", path)
    #expect(check.errors == "")
    #expect(
      check.output.contains(
        "1000 subnets, 1000 network interfaces, 4000 service endpoints"), "\(check.output)")
    let routes = try Program.spurline("routes", "vm999", "--config", path)
    #expect(routes.output.contains("VirtualNetworkServiceEndpoint"))
    let packet = try Program.spurline(
      "explain", "vm999", "tcp", "10.3.231.4:40000", "20.60.26.132:443", "--config", path)
    #expect(
      packet.output.contains("It leaves by the backbone port as 10.3.231.4"), "\(packet.output)")
    for wrong in ["0", "5001", "x"] {
      #expect(try Program.run(["scripts/thousand-subnets", wrong]).status == 1)
    }
  }

  @Test("I3: spurline check warns of rules that can never match, as text and as JSON")
  func neverMatching() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
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
          networkAcls: { defaultAction: Deny, virtualNetworkRules: [v/a], ipRules: [203.0.113.4, 203.0.113.4] }
      """, to: "lab.yaml")
    let warnings = [
      "can never match: no endpoint of v/a for Microsoft.Storage covers the resource's address 20.60.17.4",
      "can never decide: 203.0.113.4, before it, holds all of 203.0.113.4",
    ]
    let text = try Program.spurline("check", path)
    #expect(text.status == 0)
    for warning in warnings { #expect(text.errors.contains(warning), "\(text.errors)") }
    let json = try Program.spurline("check", path, "--output", "json")
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let found = try #require(report["warnings"] as? [[String: Any]])
    #expect(found.map { $0["message"] as? String } == warnings)
    let resources = try #require(report["resources"] as? [[String: Any]])
    #expect(resources.map { $0["virtualNetworkRules"] as? [String] } == [["v/a"]])
    #expect(resources.map { $0["ipRules"] as? [String] } == [["203.0.113.4", "203.0.113.4"]])
  }
}
