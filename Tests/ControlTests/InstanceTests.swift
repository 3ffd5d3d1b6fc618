import ConfigurationFile
import Model
import Testing

@testable import Control

@Suite struct InstanceTests {
  @Test("F3: enabling an endpoint closes the connection at both ends and moves new ones")
  func endpointSwitch() async throws {
    let running = try await RunningInstance.start()
    let vm1 = try running.link("vm1")
    let internet = try running.link("internet")
    let backbone = try running.link("backbone")
    vm1.send(running.syn(RunningInstance.storage), running.syn(RunningInstance.web, port: 41_000))
    let sent = try await internet.waitForFrames(2).map(SeenSegment.init)
    #expect(sent.map(\.source) == ["203.0.113.4", "203.0.113.4"])
    internet.send(running.synAck(RunningInstance.storage))
    _ = try await vm1.waitForFrames(1)

    let report = try await running.instance.switchEndpoint(
      EndpointRequest(subnet: "app", service: "microsoft.storage", enabled: true))
    #expect(report.subnet == "vnet1/app")
    #expect(report.service == "Microsoft.Storage")
    #expect(report.action == .enabled)
    #expect(report.routesAdded == ["20.60.26.0/23"])
    #expect(report.connectionsClosed.map(\.source) == ["10.0.1.4:40000"])
    #expect(report.interruptionMicroseconds > 0)
    #expect(report.generation == 2)
    // The resets had left before the switch was reported.
    #expect(SeenSegment(try #require(vm1.received.last)).flags & resetFlag != 0)
    let reset = SeenSegment(try #require(internet.received.last))
    #expect(reset.flags & resetFlag != 0)
    #expect(reset.destination == RunningInstance.storage)

    vm1.send(running.syn(RunningInstance.storage, port: 42_000))
    let moved = SeenSegment(try #require(try await backbone.waitForFrames(1).first))
    #expect(moved.source == "10.0.1.4")

    let back = try await running.instance.switchEndpoint(
      EndpointRequest(subnet: "vnet1/app", service: "Microsoft.Storage", enabled: false))
    #expect(back.routesRemoved == ["20.60.26.0/23"])
    #expect(back.action == .disabled)
    let final = try await running.instance.stop()
    #expect(final.counters.isBalanced)
    #expect(final.counters.totalReceived == 4)
  }

  @Test("R7: a switch that makes no sense is refused by name, and nothing has changed")
  func refusals() async throws {
    let running = try await RunningInstance.start()
    let instance = running.instance
    _ = try await instance.switchEndpoint(
      EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: true))
    let cases: [(EndpointRequest, ControlError)] = [
      (
        EndpointRequest(subnet: "nowhere", service: "Microsoft.Storage", enabled: true),
        .unknownSubnet("nowhere", known: ["vnet1/app", "vnet1/web"])
      ),
      (
        EndpointRequest(subnet: "app", service: "Microsoft.Nothing", enabled: true),
        .impossibleEndpoint(
          subnet: "vnet1/app",
          [
            .unknownService(
              "Microsoft.Nothing",
              known: ["Microsoft.Storage", "Microsoft.Storage.Global", "Microsoft.Sql"])
          ])
      ),
      (
        EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: true),
        .alreadyEnabled(service: "Microsoft.Storage", subnet: "vnet1/app")
      ),
      (
        EndpointRequest(subnet: "app", service: "Microsoft.Storage.Global", enabled: true),
        .impossibleEndpoint(
          subnet: "vnet1/app",
          [.exclusive(service: "Microsoft.Storage.Global", other: "Microsoft.Storage")])
      ),
      (
        EndpointRequest(subnet: "web", service: "Microsoft.Storage", enabled: false),
        .notEnabled(service: "Microsoft.Storage", subnet: "vnet1/web", enabled: [])
      ),
      (
        EndpointRequest(subnet: "web", service: "Microsoft.Sql", enabled: true),
        .impossibleEndpoint(
          subnet: "vnet1/web",
          [.tagMissing(service: "Microsoft.Sql", tag: "Sql", source: "test")])
      ),
      (
        EndpointRequest(
          subnet: "web", service: "Microsoft.Storage", locations: ["Brazil South"], enabled: true),
        .impossibleEndpoint(
          subnet: "vnet1/web",
          [
            .locationOutsideScope(
              service: "Microsoft.Storage", location: Region("brazilsouth"),
              allowed: [Region("westeurope"), Region("northeurope")])
          ])
      ),
    ]
    for (request, expected) in cases {
      await #expect(throws: expected) { try await instance.switchEndpoint(request) }
    }
    let endpoints = await instance.endpoints().endpoints
    #expect(endpoints.map(\.subnet) == ["vnet1/app"])
    #expect(endpoints.first?.routes == 1)
    #expect(try await instance.status().generation == 2)
    _ = try await instance.stop()
  }

  @Test("of two commands at once that exclude each other, one succeeds and generations agree")
  func concurrentCommands() async throws {
    let running = try await RunningInstance.start()
    let instance = running.instance
    for round in 0..<20 {
      let enabled = round % 2 == 0
      let successes = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<4 {
          group.addTask {
            let request = EndpointRequest(
              subnet: "app", service: "Microsoft.Storage", enabled: enabled)
            return (try? await instance.switchEndpoint(request)) != nil
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(successes == 1)
    }
    #expect(try await instance.status().generation == 21)
    _ = try await instance.stop()
  }

  @Test("a port that fails does not stop the others, and is opened again")
  func failedPort() async throws {
    let running = try await RunningInstance.start()
    let vm2 = try running.link("vm2")
    vm2.breakDown()
    try await waitUntil("the port to fail") {
      try await running.instance.status().ports.contains { $0.name == "vm2" && !$0.isOpen }
    }
    try running.link("vm1").send(running.syn(RunningInstance.web))
    _ = try await running.link("internet").waitForFrames(1)
    vm2.repair()
    try await waitUntil("the port to open again") {
      try await running.instance.status().ports.allSatisfy(\.isOpen)
    }
    #expect(vm2.state.withLock { $0.timesOpened } == 2)
    _ = try await running.instance.stop()
  }

  @Test("an instance whose ports cannot be opened does not start, and names each of them")
  func missingPorts() async throws {
    let error = await #expect(throws: WorkerError.self) {
      _ = try await RunningInstance.start(without: ["vm2", "backbone"])
    }
    guard case .cannotStart(let problems) = error else {
      Issue.record("expected .cannotStart, not \(String(describing: error))")
      return
    }
    #expect(problems.count == 2)
    #expect(problems.first == "cannot open vm2: no such interface")
  }

  @Test("after the stop the ports are closed, and every command is refused")
  func stop() async throws {
    let running = try await RunningInstance.start()
    try running.link("vm1").send([1, 2, 3])
    try await waitUntil("the frame to be counted") {
      try await running.instance.counters().counters.totalReceived == 1
    }
    let final = try await running.instance.stop()
    #expect(final.counters.isBalanced)
    #expect(final.counters.dropped == ["frame-too-short": 1])
    #expect(running.surroundings.allLinks.allSatisfy { !$0.state.withLock { $0.isOpen } })
    await #expect(throws: ControlError.stopping) { _ = try await running.instance.status() }
    await #expect(throws: ControlError.stopping) { _ = try await running.instance.stop() }
  }

  @Test("what the kernel lost is shown by port")
  func kernelDrops() async throws {
    let running = try await RunningInstance.start()
    try running.link("vm1").state.withLock { $0.droppedByKernel = 7 }
    let ports = try await running.instance.counters().ports
    #expect(ports.map(\.name) == ["vm1", "vm2", "internet", "backbone"])
    #expect(ports.first?.statistics.droppedByKernel == 7)
    _ = try await running.instance.stop()
  }

  @Test(
    "R9: the effective routes of a running NIC have the endpoint's, and only while it is enabled")
  func effectiveRoutes() async throws {
    let running = try await RunningInstance.start()
    let instance = running.instance
    let before = try await instance.effectiveRoutes(of: "vm1")
    #expect(before.value.contains { $0.nextHopType == .internet && $0.state == .Active })
    #expect(!before.value.contains { $0.nextHopType == .virtualNetworkServiceEndpoint })
    _ = try await instance.switchEndpoint(
      EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: true))
    let during = try await instance.effectiveRoutes(of: "vm1")
    #expect(
      during.value.filter { $0.nextHopType == .virtualNetworkServiceEndpoint }
        .map(\.addressPrefix) == [["20.60.26.0/23"]])
    // R5: for the subnet alone.
    #expect(try await instance.effectiveRoutes(of: "vm2") == before)
    await #expect(throws: ControlError.unknownNetworkInterface("vm9", known: ["vm1", "vm2"])) {
      _ = try await instance.effectiveRoutes(of: "vm9")
    }
    _ = try await instance.stop()
  }
}
