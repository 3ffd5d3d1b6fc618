import Model
import TestSupport
import Testing
import Wire

@Suite("many subnets over a full BGP table")
struct ManySubnetsTests {
  private static let subnets = 1000
  private static let services = 10

  /// Each subnet has another set of endpoints and a route table of its own. Service `i` has 100.64.`i`.0/24 and 15
  /// prefixes among the routes of the table.
  private func topology(_ prefixes: [IPPrefix]) -> Topology {
    var topology = sampleTopology()
    topology.services = ServiceCatalogue(
      services: (0..<Self.services).map {
        .init(name: "Service\($0)", tag: "Tag\($0)", scope: .everyRegion)
      })
    let v4 = prefixes.filter(\.isIPv4)
    topology.serviceTags = ServiceTags(
      tags: (0..<Self.services).map { service in
        ServiceTag(
          name: "Tag\(service)",
          prefixes: [net("100.64.\(service).0/24")]
            + (0..<15).map { v4[(service * 15 + $0) * 4001 % v4.count] })
      })
    topology.routeTables = (0..<Self.subnets).map { index in
      RouteTable(
        name: "table\(index)",
        routes: (0..<10).map { number in
          UserRoute(
            name: "r\(number)", destination: .prefix(v4[(index * 10 + number) * 61 % v4.count]),
            nextHopType: .none)
        } + [UserRoute("own", "100.65.\(index / 256).\(index % 256)/32", .none)])
    }
    topology.subnets = (0..<Self.subnets).map { index in
      Subnet(
        name: "s\(index)", virtualNetwork: 0, addressPrefixes: [],
        serviceEndpoints: (0..<Self.services).filter { (index + 1) & 1 << $0 != 0 }.map {
          ServiceEndpoint(service: "Service\($0)")
        }, routeTable: index)
    }
    return topology
  }

  @Test(
    "R2 R5 R6: 1,000 subnets with different endpoints and UDRs share one full table",
    .needsSharedData)
  func shared() throws {
    let prefixes = try PublishedData.fullTable()
    var tables = RoutingTables(topology: topology(prefixes))
    let hop = IPAddress.v4(IPv4Address(169, 254, 1, 1))
    for prefix in prefixes {
      tables.announce(BGPRoute(virtualNetwork: 0, prefix: prefix, nextHop: hop))
    }
    let memory = tables.memoryInBytes
    print(
      "1,000 subnets: \(memory.total) bytes; bgp \(memory.bgp), endpoint \(memory.endpoint), "
        + "user \(memory.user), system \(memory.system)")
    #expect(Set(tables.endpointLayerIdentities).count == Self.subnets, "all different")
    #expect(Set(tables.userLayerIdentities).count == Self.subnets, "all different")
    // Measured: 15 MB the BGP table, 27 KB each subnet's 80 endpoint prefixes, 3 KB its 11 user routes.
    #expect(memory.total < memory.bgp * 7 / 2, "a thousand tables would be 15 GB")
    #expect(memory.total - memory.bgp < Self.subnets * 36 << 10)

    for subnet in 0..<Self.subnets {
      for service in 0..<Self.services {
        let hasEndpoint = (subnet + 1) & 1 << service != 0
        #expect(
          route(tables, "100.64.\(service).9", .subnet(subnet)).hasPrefix("endpoint")
            == hasEndpoint)
      }
      let own = address("100.65.\(subnet / 256).\(subnet % 256)")
      let other = (subnet + 1) % Self.subnets
      let origin = { tables.resolve(.subnet($0), own, usesEndpoints: true)?.origin }
      #expect(origin(subnet) == .user)
      #expect(origin(other) == .system)
    }

    // One announcement, one node of one table; every subnet sees it.
    let new = net("100.66.0.0/24")
    let seen = { (tables: RoutingTables) in
      (0..<Self.subnets).filter {
        tables.resolve(.subnet($0), new.address, usesEndpoints: true)?.origin == .bgp
      }.count
    }
    #expect(seen(tables) == 0)
    let before = tables
    tables.announce(BGPRoute(virtualNetwork: 0, prefix: new, nextHop: hop))
    #expect(seen(tables) == Self.subnets)
    #expect(seen(before) == 0)
    tables.withdraw(new, virtualNetwork: 0)
    #expect(seen(tables) == 0)
    #expect(tables.memoryInBytes.bgp <= memory.bgp)
    #expect(tables.memoryInBytes.total - tables.memoryInBytes.bgp == memory.total - memory.bgp)
  }
}
