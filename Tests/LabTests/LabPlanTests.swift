import ConfigurationFile
import Foundation
import Testing
import Wire

@testable import Lab

@Suite("what a lab consists of")
struct LabPlanTests {
  private func plan(_ section: String, tap: Bool = false, guestAddress: String = "private") throws
    -> LabPlan
  {
    try LabPlan(
      TestLab.configuration(name: "plan", section, tap: tap, guestAddress: guestAddress))
  }

  private func problems(_ section: String, tap: Bool = false) throws -> [String] {
    do {
      _ = try plan(section, tap: tap)
      return []
    } catch LabError.impossible(let problems) {
      return problems
    }
  }

  @Test("the example: seven namespaces, and a port of the fabric for each NIC and port")
  func example() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("examples/forced-tunnel.yaml").path
    let configuration = try ConfigurationLoader.load(path: path)
    let plan = try LabPlan(configuration)
    #expect(
      plan.namespaces.map(\.netns)
        == ["fabric", "vm1", "vm2", "nva", "internet", "onprem", "services"].map {
          "spl-forced-tunnel-\($0)"
        })
    let fabric = try #require(plan.namespace(named: "fabric"))
    #expect(
      fabric.devices.map(\.name) == [
        "vm1", "vm2", "nva", "internet", "gateway", "backbone", "bgp",
      ])
    #expect(fabric.devices.map(\.isDataplanePort) == [true, true, true, true, true, true, false])
    let links = try #require(configuration.lab).links
    #expect(plan.cables.count == 6 + links.count)
  }

  @Test("a NIC's guest: its MAC, its addresses in the subnet's prefix, the gateway as default")
  func guest() throws {
    let vm1 = try #require(try plan(TestLab.small).namespace(named: "vm1"))
    #expect(vm1.devices.count == 1)
    #expect(vm1.devices[0].name == "eth0")
    #expect(vm1.devices[0].macAddress == MACAddress("02:00:0a:00:01:04"))
    #expect(vm1.devices[0].addresses.map(\.description) == ["10.0.1.4/24", "fd00:1:0:1::4/64"])
    #expect(vm1.routes.map { "\($0.destination)" }.sorted() == ["0.0.0.0/0", "::/0"])
    #expect(vm1.routes.allSatisfy { $0.device == "eth0" && $0.onlink })
    #expect(Set(vm1.routes.compactMap(\.via?.description)) == ["10.0.1.1", "fd00:1:0:1::1"])
  }

  @Test("F1: a guest that uses its public address has it alone on the link")
  func publicGuest() throws {
    let vm1 = try #require(
      try plan(TestLab.small, guestAddress: "public").namespace(named: "vm1"))
    #expect(vm1.devices[0].addresses.map(\.description) == ["203.0.113.4/32", "fd00:1:0:1::4/64"])
    #expect(vm1.routes.contains { $0.via == IPAddress("10.0.1.1") && $0.onlink })
  }

  @Test("a port towards the world: the neighbour's MAC and addresses far, the port's MAC near")
  func worldPort() throws {
    let plan = try plan(TestLab.small)
    let internet = try #require(plan.namespace(named: "internet"))
    #expect(internet.devices[0].macAddress == MACAddress("02:00:00:00:01:02"))
    #expect(internet.devices[0].addresses.map(\.description) == ["192.0.2.2/30"])
    let near = plan.namespaces[0].devices.first { $0.name == "internet" }
    #expect(near?.macAddress == MACAddress("02:00:00:00:01:01"))
    #expect(near?.addresses == [])
  }

  @Test("a TAP stands in its guest's namespace, with no device in the fabric")
  func tap() throws {
    let plan = try plan(TestLab.small, tap: true)
    let vm2 = try #require(plan.namespace(named: "vm2"))
    #expect(vm2.devices.map(\.name) == ["vm2"])
    #expect(vm2.devices[0].kind == .tap)
    #expect(vm2.devices[0].mtu == 1400)
    #expect(vm2.routes.first?.device == "vm2")
    #expect(!plan.namespaces[0].devices.contains { $0.name == "vm2" })
  }

  @Test("a TAP elsewhere is refused, and told where it belongs")
  func misplacedTAP() throws {
    let section = """
        namespaces:
          - { name: other, networkInterface: vm2 }
      """
    #expect(
      try problems(section, tap: true) == [
        "the TAP of network interface vm2 must stand in its guest's namespace: write `namespace: spl-plan-other`"
      ])
  }

  @Test("a route of the file by a next hop and a device: the next hop is on that link")
  func byDevice() throws {
    let section = """
        namespaces:
          - name: vm2
            networkInterface: vm2
            routes:
              - { destination: 192.0.2.0/24, via: 10.0.1.1, device: platform }
              - { destination: 192.0.3.0/24, via: 10.0.1.1 }
      """
    let vm2 = try #require(try plan(section).namespace(named: "vm2"))
    let written = vm2.routes.filter { "\($0.destination)".hasPrefix("192.0.") }
    #expect(written.map(\.device) == ["platform", nil])
    #expect(written.map(\.onlink) == [true, false])
  }

  @Test("a default route of the file takes the place of the subnet's gateway")
  func ownDefault() throws {
    let section = """
        namespaces:
          - name: vm2
            networkInterface: vm2
            routes: [{ destination: 0.0.0.0/0, via: 10.0.1.200 }]
      """
    let vm2 = try #require(try plan(section).namespace(named: "vm2"))
    #expect(vm2.routes.map(\.via) == [IPAddress("10.0.1.200")])
  }

  @Test("a configuration without a lab")
  func noLab() throws {
    var configuration = try TestLab.configuration(name: "plan", TestLab.small)
    configuration.lab = nil
    #expect(throws: LabError.noLabSection(path: "test.yaml")) { _ = try LabPlan(configuration) }
  }

  @Test("what no kernel can make is refused before anything is made")
  func impossible() throws {
    var configuration = try TestLab.configuration(name: "plan", TestLab.small)
    configuration.lab?.namespaces.append(LabTopology.Namespace(name: "vm1"))
    configuration.lab?.links.append(
      LabTopology.Link(
        first: LabTopology.Link.End(namespace: "vm2", device: "eth0", addresses: []),
        second: LabTopology.Link.End(
          namespace: "nowhere", device: "a-name-that-is-too-long", addresses: [])))
    do {
      _ = try LabPlan(configuration)
      Issue.record("accepted")
    } catch {
      let text = "\(error)"
      #expect(text.contains("two namespaces are called vm1"))
      #expect(text.contains("namespace vm2 has two devices called eth0"))
      #expect(text.contains("`nowhere`, which is no namespace of the lab"))
    }
  }
}
