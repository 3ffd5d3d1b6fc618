import ConfigurationFile
import Dataplane
import Model
import Testing

@testable import Control

/// An instance with several workers does what one with one worker does.
@Suite struct WorkersTests {
  @Test(
    "Requests and replies of a hundred flows find each other, whichever worker has them",
    arguments: [2, 3, 5])
  func flows(workers: Int) async throws {
    let running = try await RunningInstance.start(workers: workers)
    let vm1 = try running.link("vm1")
    let internet = try running.link("internet")
    for port in UInt16(40_000)..<40_100 { vm1.send(running.syn(RunningInstance.web, port: port)) }
    let requests = try await internet.waitForFrames(100).map(SeenSegment.init)
    #expect(Set(requests.map(\.source)) == ["203.0.113.4"])
    for port in UInt16(40_000)..<40_100 {
      internet.send(running.synAck(RunningInstance.web, port: port))
    }
    let replies = try await vm1.waitForFrames(100).map(SeenSegment.init)
    #expect(Set(replies.map(\.destination)) == ["10.0.1.4"])

    let counters = try await running.instance.counters().counters
    #expect(counters.isBalanced)
    #expect(counters.forwarded == 200)
    #expect(counters.flows == 100)
    #expect(try await running.instance.flows().flows.count == 100)
    let held = try await running.instance.workers.ask { $0.path.counters.flows }
    #expect(held.reduce(0, +) == 100 && held.allSatisfy { $0 > 5 }, "\(held)")
    #expect(try await running.instance.status().workers == workers)
    let final = try await running.instance.stop()
    #expect(final.counters.isBalanced)
    #expect(final.ports.first { $0.name == "vm1" }?.statistics.received == 100)
    #expect(final.ports.first { $0.name == "vm1" }?.statistics.transmitted == 100)
  }

  @Test("F3: a switch closes the connections that any worker has, and tells each end once")
  func endpointSwitch() async throws {
    let running = try await RunningInstance.start(workers: 3)
    let vm1 = try running.link("vm1")
    let internet = try running.link("internet")
    for port in UInt16(40_000)..<40_050 {
      vm1.send(running.syn(RunningInstance.storage, port: port))
    }
    _ = try await internet.waitForFrames(50)
    for port in UInt16(40_000)..<40_050 {
      internet.send(running.synAck(RunningInstance.storage, port: port))
    }
    _ = try await vm1.waitForFrames(50)
    let report = try await running.instance.switchEndpoint(
      EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: true))
    #expect(Set(report.connectionsClosed.map(\.source)).count == 50)
    #expect(report.connectionsClosed.count == 50)
    let resets = vm1.received.map(SeenSegment.init).filter { $0.flags & resetFlag != 0 }
    #expect(resets.count == 50)
    let final = try await running.instance.stop()
    #expect(final.counters.isBalanced)
    #expect(final.counters.switchResets == 100)
  }

  @Test("Explain asks the worker that has the flow; whatever the frame is, it is no crash")
  func explain() async throws {
    let running = try await RunningInstance.start(workers: 4)
    let vm1 = try running.link("vm1")
    for port in UInt16(40_000)..<40_010 { vm1.send(running.syn(RunningInstance.web, port: port)) }
    _ = try await running.link("internet").waitForFrames(10)
    for port in UInt16(40_000)..<40_010 {
      let reply = try await running.instance.explain(
        ExplainRequest(
          port: "internet", frame: .init(running.synAck(RunningInstance.web, port: port))))
      #expect(reply.verdict == "forwarded", "\(reply)")
    }
    let stranger = try await running.instance.explain(
      ExplainRequest(
        port: "internet", frame: .init(running.synAck(RunningInstance.web, port: 39_999))))
    #expect(stranger.verdict == "dropped")
    _ = try await running.instance.explain(ExplainRequest(port: "internet", frame: .init()))
    await #expect(throws: ControlError.self) {
      try await running.instance.explain(ExplainRequest(port: "nowhere", frame: .init()))
    }
    _ = try await running.instance.stop()
  }

  @Test("A reload that adds, moves and removes ports under traffic: the sums agree, flows go on")
  func reload() async throws {
    let running = try await RunningInstance.start(workers: 3)
    try running.surroundings.addLink("vm0")
    let vm1 = try running.link("vm1")
    let internet = try running.link("internet")
    var sent: UInt16 = 0
    for round in 0..<20 {
      for _ in 0..<20 {
        vm1.send(running.syn(RunningInstance.web, port: 41_000 + sent))
        sent += 1
      }
      try running.edit { configuration in
        // Ahead of the others: every place moves.
        configuration.topology.networkInterfaces.removeAll { $0.name == "vm0" }
        if round % 2 == 0 {
          configuration.topology.networkInterfaces.insert(
            RunningInstance.nic("vm0", subnet: 0, number: 9), at: 0)
        }
      }
      _ = try await running.instance.reload()
    }
    _ = try await internet.waitForFrames(Int(sent))
    for port in 0..<sent { internet.send(running.synAck(RunningInstance.web, port: 41_000 + port)) }
    _ = try await vm1.waitForFrames(Int(sent))
    let final = try await running.instance.stop()
    #expect(final.counters.isBalanced, "\(final.counters)")
    #expect(final.counters.forwarded == UInt64(sent) * 2)
    #expect(running.surroundings.allLinks.allSatisfy { !$0.state.withLock { $0.isOpen } })
  }

  @Test("A port that cannot be opened keeps all workers from starting, and leaves nothing open")
  func cannotStart() async throws {
    await #expect(throws: WorkerError.self) {
      try await RunningInstance.start(without: ["backbone"], workers: 2)
    }
  }

  @Test("A port keeps its worker while others come and go; new ones go where there are fewest")
  func places() {
    var places = PortPlaces(workers: 2)
    let records = Snapshot(
      generation: 1, topology: RunningInstance.topology,
      routing: RoutingTables(topology: RunningInstance.topology)
    ).ports
    let first = places.place(records)
    #expect(first.map(\.owner) == [0, 1, 0, 1])
    #expect(Set(first.map(\.number)).count == 4)
    let fewer = [records[2], records[1]]
    #expect(places.place(fewer).map(\.number) == [first[2].number, first[1].number])
    places.settle(on: fewer)
    let again = places.place(records)
    #expect(again[1].owner == 1 && again[2].owner == 0)
    #expect(again[0].number != first[0].number, "a number is not given twice")
  }
}
