import ConfigurationFile
import Dataplane
import Foundation
import Model
import TestSupport
import Testing
import Wire

@testable import Replay

/// What `scripts/thousand-subnets` writes is read, compiled and decided by.
@Suite("1,000 subnets with every service")
struct ThousandSubnetsTests {
  private static let subnets = 1_000
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test("R5 R7: with the services that the built-in tags have")
  func builtIn() throws { try check(services: 4) }

  @Test("R5 R7: with every service that a published tag file has", .needsSharedData)
  func published() throws {
    let name = "service-tags/ServiceTags_Public_2025-10-08.json"
    try check(services: 9, tags: URL(filePath: SharedData.path(name)).standardizedFileURL.path)
  }

  private func check(services: Int, tags: String? = nil) throws {
    let script = Self.root.appendingPathComponent("scripts/thousand-subnets").path
    let text = try Shell.run([script, "\(Self.subnets)"] + [tags].compactMap(\.self))
    let clock = ContinuousClock()
    var configuration: Configuration?
    let load = try clock.measure {
      configuration = try ConfigurationLoader.load(text: text, path: "many.yaml")
    }
    let topology = try #require(configuration).topology
    #expect(configuration?.warnings == [])
    #expect(topology.subnets.count == Self.subnets)
    #expect(topology.subnets.allSatisfy { $0.serviceEndpoints.count == services })

    var snapshot: Snapshot?
    let compile = clock.measure {
      snapshot = Snapshot(
        generation: 1, topology: topology, routing: RoutingTables(topology: topology))
    }
    let compiled = try #require(snapshot)
    #expect(
      Set(compiled.routing.endpointLayerIdentities.compactMap(\.self)).count == 1,
      "subnets with the same endpoints share one table")
    let routes = try resolve(compiled, clock)
    let packets = try send(compiled, clock)
    print(
      "1,000 subnets, \(services) services each: loaded in \(load), compiled in \(compile), "
        + "\(compiled.routing.memoryInBytes.total) bytes of tables; \(routes.count) routes found in "
        + "\(routes.time), \(Self.subnets) first packets decided in \(packets)")
  }

  /// Some addresses of each service, in each subnet, against a scan of all prefixes.
  private func resolve(
    _ snapshot: Snapshot, _ clock: ContinuousClock
  ) throws -> (count: Int, time: Duration) {
    let topology = snapshot.topology
    let endpoints = topology.subnets[0].serviceEndpoints
    let region = topology.virtualNetworks[0].region
    let prefixes = endpoints.map {
      topology.services.prefixes(of: $0, inRegion: region, tags: topology.serviceTags)
    }
    var expected: [(address: IPAddress, prefix: IPPrefix)] = []
    for own in prefixes {
      for prefix in [own.first, own[own.count / 2], own.last].compactMap(\.self) {
        let holding = prefixes.joined().filter { $0.contains(prefix.last) }
        expected.append(
          (prefix.last, try #require(holding.max { $0.length < $1.length })))
      }
    }
    var found: [ResolvedRoute?] = []
    let time = clock.measure {
      for subnet in topology.subnets.indices {
        for (address, _) in expected {
          found.append(
            snapshot.routing.resolve(.subnet(subnet), address, usesEndpoints: true))
        }
      }
    }
    let wrong = found.indices.filter { index in
      found[index]?.nextHopType != .virtualNetworkServiceEndpoint
        || found[index]?.prefix != expected[index % expected.count].prefix
    }
    #expect(found.count == Self.subnets * expected.count)
    #expect(wrong.isEmpty, "\(wrong.prefix(5).map { (expected[$0 % expected.count], found[$0]) })")
    return (found.count, time)
  }

  /// A packet from each machine to Storage.
  private func send(_ snapshot: Snapshot, _ clock: ContinuousClock) throws -> Duration {
    let topology = snapshot.topology
    let backbone = try snapshot.namedPort("backbone").id
    let frames = try topology.networkInterfaces.map { nic in
      let port = try snapshot.namedPort(nic.name)
      let probe = try PacketProbe(
        FiveTuple(
          protocol: "tcp", source: "\(nic.ipConfigurations[0].privateAddress):40000",
          destination: "\(ReplayFixture.storage):443"))
      return (port: port.id, bytes: probe.frame(at: port))
    }
    var path = PacketPath(snapshot: snapshot, limits: FlowLimits())
    var vector = PacketVector()
    var output = Transmission()
    var elsewhere = 0
    let start = clock.now
    for frame in frames {
      vector.removeAll()
      let fits = frame.bytes.withUnsafeBytes {
        vector.append($0, wireLength: $0.count, timestamp: 1_700_000_000_000_000_000)
      }
      output.removeAll()
      path.process(vector, from: frame.port, into: &output)
      if !fits || !output.verdicts.elementsEqual([.forwarded(backbone)]) { elsewhere += 1 }
    }
    let time = clock.now - start
    #expect(elsewhere == 0)
    #expect(path.counters.forwarded == UInt64(Self.subnets))
    return time
  }
}
