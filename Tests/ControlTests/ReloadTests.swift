import ConfigurationFile
import Model
import Testing
import Wire

@testable import Control

@Suite struct ReloadTests {
  @Test("a reload that is refused lists every error and leaves everything as it was")
  func refused() async throws {
    let running = try await RunningInstance.start()
    let instance = running.instance
    _ = try await instance.switchEndpoint(
      EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: true))
    let routes = try await instance.effectiveRoutes(of: "vm1")
    let problems = (1...3).map {
      ConfigurationProblem(path: "test.yaml", line: $0, column: 1, field: "x", message: "is wrong")
    }
    running.surroundings.file.withLock { $0 = .failure(ConfigurationErrors(problems: problems)) }
    await #expect(throws: ControlError.reloadRefused(problems.map(\.description))) {
      _ = try await instance.reload()
    }
    #expect(try await instance.effectiveRoutes(of: "vm1") == routes)
    #expect(try await instance.status().generation == 2)
    _ = try await instance.stop()
  }

  @Test("what needs a restart is refused by name, all of it at once")
  func needsRestart() async throws {
    let running = try await RunningInstance.start()
    try running.edit {
      $0.maximumFlows = 1_000
      $0.controlSocket = "/elsewhere"
      $0.kernelBGP = [.init(virtualNetwork: 0, table: 100, routeProtocol: 12)]
    }
    let error = await #expect(throws: ControlError.self) { _ = try await running.instance.reload() }
    guard case .reloadRefused(let problems) = error else {
      Issue.record("expected .reloadRefused, not \(String(describing: error))")
      return
    }
    #expect(problems.count == 3)
    #expect(problems.allSatisfy { $0.hasSuffix("stop the instance and run it again for that") })
    _ = try await running.instance.stop()
  }

  @Test("the file wins over endpoints switched at run time, and the report says so")
  func fileWins() async throws {
    let running = try await RunningInstance.start()
    let instance = running.instance
    _ = try await instance.switchEndpoint(
      EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: true))
    let report = try await instance.reload()
    #expect(report.endpointsReset == ["vnet1/app Microsoft.Storage"])
    #expect(report.generation == 3)
    #expect(await instance.endpoints().endpoints.isEmpty)
    #expect(try await instance.reload().endpointsReset.isEmpty)
    _ = try await instance.stop()
  }

  @Test(
    "an endpoint that appears in the file is enabled by a reload, and its connections are closed")
  func endpointByFile() async throws {
    let running = try await RunningInstance.start()
    let vm1 = try running.link("vm1")
    let internet = try running.link("internet")
    vm1.send(running.syn(RunningInstance.storage))
    _ = try await internet.waitForFrames(1)
    internet.send(running.synAck(RunningInstance.storage))
    _ = try await vm1.waitForFrames(1)
    try running.edit {
      $0.topology.subnets[0].serviceEndpoints = [ServiceEndpoint(service: "Microsoft.Storage")]
    }
    let report = try await running.instance.reload()
    #expect(report.connectionsClosed.count == 1)
    vm1.send(running.syn(RunningInstance.storage, port: 40_001))
    _ = try await running.link("backbone").waitForFrames(1)
    _ = try await running.instance.stop()
  }

  @Test("I3: a subnet that a reload removes and another makes anew inherits no rule")
  func subnetMadeAnew() async throws {
    let running = try await RunningInstance.start()
    let instance = running.instance
    func admits() async -> Bool {
      let topology = await instance.configuration.topology
      return ResourceTable(topology).firewalls[0]
        .verdict(for: topology.caller(.v4(IPv4Address(10, 0, 9, 4)), overEndpointOfSubnet: 2))
        .isAdmitted
    }
    let prefix = IPPrefix("10.0.9.0/24")!
    let subnet = Subnet(name: "secured", virtualNetwork: 0, addressPrefixes: [prefix])
    try running.edit {
      $0.topology.subnets.append(subnet)
      let rule = ResourceFirewall.VirtualNetworkRule(subnetID: $0.topology.id(ofSubnet: 2))
      $0.topology.resources = [
        Resource(
          id: .root, name: "account", service: "Microsoft.Storage", region: Region("westeurope"),
          firewall: ResourceFirewall(defaultAction: .deny, virtualNetworkRules: [rule]))
      ]
    }
    _ = try await instance.reload()
    #expect(await admits())
    _ = try await instance.reload()
    #expect(await admits())
    try running.edit { $0.topology.subnets.removeLast() }
    _ = try await instance.reload()
    try running.edit { $0.topology.subnets.append(subnet) }
    _ = try await instance.reload()
    #expect(await !admits())
    _ = try await instance.stop()
  }

  @Test("a NIC that appears is opened, one that goes is closed, and the others' flows go on")
  func ports() async throws {
    let running = try await RunningInstance.start()
    let vm1 = try running.link("vm1")
    let vm2 = try running.link("vm2")
    let internet = try running.link("internet")
    vm1.send(running.syn(RunningInstance.web))
    _ = try await internet.waitForFrames(1)
    try running.surroundings.addLink("vm0")
    try running.edit {
      // Every port gets another index.
      $0.topology.networkInterfaces[1] = $0.topology.networkInterfaces[0]
      $0.topology.networkInterfaces[0] = RunningInstance.nic("vm0", subnet: 0, number: 9)
    }
    _ = try await running.instance.reload()
    let status = try await running.instance.status()
    #expect(status.ports.map(\.name) == ["vm0", "vm1", "internet", "backbone"])
    #expect(status.ports.allSatisfy { $0.isOpen })
    #expect(!vm2.state.withLock { $0.isOpen })
    #expect(vm1.state.withLock { $0.timesOpened } == 1)
    #expect(status.flows == 1)
    internet.send(running.synAck(RunningInstance.web))
    let answer = SeenSegment(try #require(try await vm1.waitForFrames(1).first))
    #expect(answer.destination == "10.0.1.4")
    #expect(try await running.instance.stop().counters.isBalanced)
  }

  @Test(
    "a new NIC whose interface is not there refuses the reload, and nothing is opened or closed")
  func portMissing() async throws {
    let running = try await RunningInstance.start()
    try running.edit {
      $0.topology.networkInterfaces[1] = RunningInstance.nic("vm9", subnet: 0, number: 9)
    }
    await #expect(
      throws: ControlError.reloadRefused([
        "cannot open vm9: no such interface"
      ])
    ) {
      _ = try await running.instance.reload()
    }
    let status = try await running.instance.status()
    #expect(status.ports.map(\.name) == ["vm1", "vm2", "internet", "backbone"])
    #expect(status.ports.allSatisfy { $0.isOpen })
    #expect(status.generation == 1)
    _ = try await running.instance.stop()
  }
}
