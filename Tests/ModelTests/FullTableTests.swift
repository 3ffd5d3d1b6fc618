import Foundation
import Model
import TestSupport
import Testing
import Wire

@Suite("a full BGP table", .needsSharedData)
struct FullTableTests {
  @Test("R3 BGP: a full table shared by 1,000 subnets, endpoints toggled, snapshots isolated")
  func shared() throws {
    let prefixes = try PublishedData.fullTable()
    let clock = ContinuousClock()
    var topology = sampleTopology(routes: [UserRoute("all", "0.0.0.0/0", .none)])
    for index in 1..<1000 {
      topology.subnets.append(
        Subnet(name: "s\(index)", virtualNetwork: 0, addressPrefixes: [net("10.0.2.0/24")]))
    }
    var tables = RoutingTables(topology: topology)
    let empty = tables
    let nextHops = (1...8).map { IPAddress.v4(IPv4Address(169, 254, 2, $0)) }
    let announcing = clock.measure {
      for (index, prefix) in prefixes.enumerated() {
        tables.announce(
          BGPRoute(virtualNetwork: 0, prefix: prefix, nextHop: nextHops[index % nextHops.count]))
      }
    }
    print(
      "\(prefixes.count) routes announced in \(announcing), \(tables.memoryInBytes.bgp) bytes for all subnets"
    )
    #expect(tables.routeCount(of: .bgp) == 901_899 + 160_147)
    #expect(empty.routeCount(of: .bgp) == 0)

    // One table, whatever the number of subnets that see it.
    #expect(tables.routeCount(of: .bgp, in: .subnet(999)) == prefixes.count)
    let full = tables
    var toggled = 0
    let toggling = clock.measure {
      for subnet in 1..<1000 {
        toggled += tables.setServiceEndpoints([.storage, .sql], ofSubnet: subnet).added.count
      }
    }
    print("999 endpoint switches in \(toggling)")
    #expect(toggled == 999 * 4)
    #expect(route(full, "20.60.26.132", .subnet(7)).hasPrefix("bgp"))
    #expect(route(tables, "20.60.26.132", .subnet(7)).hasPrefix("endpoint"))
    #expect(route(tables, "20.60.26.132", .subnet(0)).hasPrefix("bgp"))

    var found = 0
    var random = SeededGenerator(seed: 5)
    let destinations = (0..<100_000).map { _ in
      IPAddress.v4(IPv4Address(UInt32.random(in: 0x0100_0000..<0xe000_0000, using: &random)))
    }
    let resolving = clock.measure {
      for destination in destinations {
        if tables.resolve(.subnet(0), destination, usesEndpoints: true)?.origin == .bgp {
          found += 1
        }
      }
    }
    print("\(destinations.count) resolved in \(resolving), \(found) by BGP")
    #expect(found > 50_000)

    let withdrawing = clock.measure {
      for prefix in prefixes.prefix(50_000) { tables.withdraw(prefix, virtualNetwork: 0) }
    }
    print("50,000 withdrawn beside a snapshot in \(withdrawing)")
    #expect(tables.routeCount(of: .bgp) == prefixes.count - 50_000)
    #expect(full.routeCount(of: .bgp) == prefixes.count)
    #expect(full.resolve(.subnet(0), prefixes[0].address, usesEndpoints: true)?.origin == .bgp)
  }
}
