import ConfigurationFile
import Foundation
import Testing
import Wire

@testable import Lab

@Suite("I2: the edge in the lab")
struct EdgePlanTests {
  private static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("examples/two-networks.yaml")

  private func plan(_ change: (String) -> String = { $0 }) throws -> (LabPlan, Configuration) {
    let text = try String(contentsOf: Self.example, encoding: .utf8)
    let changed = change(text)
    let configuration = try ConfigurationLoader.load(text: changed, path: "two.yaml")
    return (try LabPlan(configuration), configuration)
  }

  @Test("its interfaces are its ports, with their addresses at both ends of each link")
  func ports() throws {
    let (plan, configuration) = try plan()
    let edge = try #require(plan.namespace(named: "edge"))
    #expect(edge.devices.map(\.name) == ["eth0", "internet", "services"])
    #expect(edge.devices.allSatisfy { $0.isDataplanePort && $0.addresses.isEmpty })
    let ports = try #require(configuration.topology.edge).ports
    #expect(edge.devices.map(\.macAddress) == ports.map(\.macAddress))
    #expect(edge.devices.map(\.mtu) == [1_600, 1_500, 1_500])
    // The backbone's other end is the fabric's port, which has its own.
    let fabric = try #require(
      plan.namespace(named: "fabric")?.devices.first { $0.name == "backbone" })
    #expect(fabric.macAddress == ports[0].peerMACAddress && fabric.isDataplanePort)
    for (namespace, port) in [("internet", ports[1]), ("services", ports[2])] {
      let far = try #require(plan.namespace(named: namespace)?.devices.first { $0.name == "edge" })
      #expect(far.macAddress == port.peerMACAddress && !far.isDataplanePort)
    }
    // A link that is none of the edge's keeps what the kernel gives it.
    let onprem = plan.namespace(named: "internet")?.devices.first { $0.name == "onprem" }
    #expect(onprem?.macAddress == nil && onprem?.isDataplanePort == false)
  }

  @Test("a jumbo port is one at both ends")
  func mtu() throws {
    let (plan, _) = try plan {
      $0.replacingOccurrences(
        of: "services: { addresses: [192.0.2.13] }",
        with: "services: { addresses: [192.0.2.13], mtu: 9000 }")
    }
    for (namespace, device) in [("edge", "services"), ("services", "edge")] {
      let found = plan.namespace(named: namespace)?.devices.first { $0.name == device }
      #expect(found?.mtu == 9_000)
    }
  }

  @Test("a port whose interface nothing makes is said")
  func missing() throws {
    #expect(
      throws: LabError.impossible(problems: [
        "the edge's port services is `servers`, and the namespace edge has no such interface"
      ])
    ) {
      _ = try plan {
        $0.replacingOccurrences(
          of: "services: { addresses: [192.0.2.13] }",
          with: "services: { device: servers, addresses: [192.0.2.13] }")
      }
    }
  }
}
