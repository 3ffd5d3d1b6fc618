import Foundation
import Testing

extension EndToEnd {
  /// Cases of the document about traffic that lives while something changes; docs/scenarios.md names its sentences.
  @Suite("Scenarios: disks and live connections", .serialized) struct TrafficScenarioTests {
    private static let storage = "20.60.26.132"

    @Test("R8 I3: disk traffic is not touched, and REST to the same account follows its rules")
    func disks() throws {
      let scenario = try Scenario("disk-traffic", files: ["file": 8])
      defer { scenario.close() }
      let (host, publicOne) = ("203.0.113.129", "203.0.113.4")
      let eth0 = ["--interface", "eth0"]
      func rest() throws -> String {
        try scenario.http("vm1", Self.storage, eth0[0], eth0[1])
      }
      #expect(try scenario.http("vm1", Self.storage) == host, "of a disk")
      #expect(try scenario.last(from: host)?.rule == "platform")
      #expect(try rest() == "403")
      #expect(try scenario.last(from: publicOne)?.isAdmitted == false)
      #expect(try scenario.http("vm2", Self.storage) == "10.0.2.4")

      // The endpoint comes and goes under an open disk; REST changes its source, and is denied as before.
      let disk = try scenario.download("disk", in: "vm1", Self.storage)
      try scenario.endpoint("enable", "vnet1/app", "Microsoft.Storage")
      #expect(try rest() == "403")
      #expect(try scenario.last(from: "10.0.1.4")?.subnet == "vnet1/app")
      #expect(try scenario.http("vm1", Self.storage) == host)
      try scenario.endpoint("disable", "vnet1/app", "Microsoft.Storage")
      #expect(disk.isRunning, "the disk's connection must outlast the switches")
      disk.waitUntilExit()
      #expect(disk.terminationStatus == 0, "\(scenario.lab.log("disk"))")
      #expect(try scenario.isBalanced())
    }

    @Test(
      "I3: an account that is secured closes the connections that it no longer admits, and no others"
    )
    func liveConnections() throws {
      let scenario = try Scenario("live-connections", files: ["file": 8])
      defer { scenario.close() }
      #expect(try scenario.http("vm2", Self.storage) == "203.0.113.5")
      let admitted = try scenario.download("admitted", in: "vm1", Self.storage)
      let refused = try scenario.download("refused", in: "vm2", Self.storage)
      try scenario.change(
        "networkAcls: { defaultAction: Allow }",
        to: "networkAcls: { defaultAction: Deny, virtualNetworkRules: [vnet1/app] }")
      scenario.lab.reloadEdge()
      refused.waitUntilExit()
      #expect(refused.terminationStatus == 56, "reset: \(scenario.lab.log("refused"))")
      #expect(try scenario.http("vm2", Self.storage) == "403")
      #expect(admitted.isRunning, "the admitted one must outlast the change")
      admitted.waitUntilExit()
      #expect(admitted.terminationStatus == 0, "\(scenario.lab.log("admitted"))")
      #expect(try scenario.http("vm1", Self.storage) == "10.0.1.4")
      #expect(try scenario.last(from: "10.0.1.4")?.rule == "virtualNetworkRules[0] vnet1/app")
      #expect(try scenario.isBalanced())
    }
  }
}
