import ConfigurationFile
import Model
import RouteSources
import Testing
import Wire

@testable import Control

@Suite struct LearnedRoutesTests {
  private let prefix = IPPrefix("192.168.10.0/24")!
  private let first = IPAddress("169.254.2.2")!
  private let second = IPAddress("169.254.2.3")!
  private let sources: [Configuration.KernelBGP] = [
    .init(virtualNetwork: 0, table: 100, routeProtocol: 12),
    .init(virtualNetwork: 0, table: 101, routeProtocol: 12),
  ]

  @Test("R3: of two tables with the same prefix the first counts, and the other when that is gone")
  func twoSources() {
    var learned = LearnedRoutes(sources)
    var tables = RoutingTables(topology: RunningInstance.topology)
    let nextHop = { (tables: RoutingTables) in
      tables.liveRoutes(ofVirtualNetwork: 0).map { $0.nextHop?.description }
    }
    learned.apply(batch(1, .announce(prefix, nextHop: second)), to: &tables)
    #expect(nextHop(tables) == ["169.254.2.3"])
    learned.apply(batch(0, .announce(prefix, nextHop: first)), to: &tables)
    #expect(nextHop(tables) == ["169.254.2.2"])
    learned.apply(batch(0, .withdraw(prefix)), to: &tables)
    #expect(nextHop(tables) == ["169.254.2.3"])
    learned.apply(batch(1, .withdraw(prefix)), to: &tables)
    #expect(nextHop(tables).isEmpty)
  }

  @Test("R3: a route without a next hop is a route")
  func onLink() {
    var learned = LearnedRoutes(sources)
    var tables = RoutingTables(topology: RunningInstance.topology)
    learned.apply(batch(0, .announce(prefix, nextHop: nil)), to: &tables)
    #expect(tables.liveRoutes(ofVirtualNetwork: 0).map(\.prefix) == [prefix])
    #expect(learned.sources[0].routes.count == 1)
  }

  private func batch(_ source: Int, _ change: KernelRoutes.Change) -> RouteBatch {
    RouteBatch(source: source, changes: [change], resynchronizations: 0)
  }
}
