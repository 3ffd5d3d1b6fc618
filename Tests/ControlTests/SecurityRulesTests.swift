import ConfigurationFile
import Foundation
import Model
import Testing
import Wire

@testable import Control

/// Security groups of a running instance.
extension APITests {
  private static let deny = SecurityRule(
    name: "no-storage", priority: 100, direction: .outbound, access: .deny,
    destinations: [.serviceTag("Storage")])

  @Test("N1: the effective rules travel over the socket, as text too")
  func effective() async throws {
    try await withServer { running, client in
      let none = try await onThread { try client.securityGroups(of: "vm1") }
      #expect(none.value.isEmpty)
      #expect(
        none.text(of: "vm1")
          == "Neither vm1 nor its subnet has a security group: all traffic passes.\n")
      try running.surroundings.edit {
        $0.topology.securityGroups = [SecurityGroup(name: "nsg", rules: [Self.deny])]
        $0.topology.subnets[0].securityGroup = 0
      }
      _ = try await onThread { try client.reload() }
      let list = try await onThread { try client.securityGroups(of: "VM1") }
      #expect(list == (try await running.instance.effectiveSecurityGroups(of: "vm1")))
      #expect(list.value.first?.association.subnet?.id == "vnet1/app")
      let lines = list.text(of: "vm1").split(separator: "\n")
      #expect(lines[0] == "nsg, of subnet vnet1/app")
      #expect(lines.contains { $0.hasPrefix("Outbound        100  no-storage ") })
      let refused = try await refusal { try client.securityGroups(of: "vm9") }
      #expect(refused.error == "no network interface is called 'vm9'; there are vm1 and vm2")
    }
  }

  @Test("N1: a reload brings a group into force for new connections, and counts by its rules")
  func reload() async throws {
    try await withServer { running, client in
      try running.link("vm1").send(running.syn(RunningInstance.storage))
      _ = try await running.link("internet").waitForFrames(1)
      try running.surroundings.edit {
        $0.topology.securityGroups = [SecurityGroup(name: "nsg", rules: [Self.deny])]
        $0.topology.subnets[0].securityGroup = 0
      }
      _ = try await onThread { try client.reload() }
      // The flow that is open, and one to the web, go on; a new one to the service does not.
      try running.link("vm1").send(running.syn(RunningInstance.storage))
      _ = try await running.link("internet").waitForFrames(2)
      try running.link("vm1").send(running.syn(RunningInstance.storage, port: 40_777))
      try running.link("vm1").send(running.syn(RunningInstance.web))
      _ = try await running.link("internet").waitForFrames(3)
      let counters = try await onThread { try client.counters() }
      #expect(counters.counters.dropped == ["security-group-outbound": 1])
      #expect(
        counters.counters.securityRules
          == ["nsg/no-storage Outbound": 1, "nsg/AllowInternetOutBound Outbound": 1])
      #expect(counters.text().contains("nsg/no-storage Outbound"))
    }
  }
}
