import ArgumentParser
import Foundation
import Model
import Wire

struct OverlayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overlay",
    abstract: "Endpoints over BGP and UDR: 1,000 subnets over one list of prefixes.",
    discussion: """
      Announces the prefixes to one network whose subnets have different endpoints and route tables of their
      own. Prints what the layers take, routes resolved under each precedence model, and what one change of
      each kind costs while a snapshot of the tables is held, as the dataplane holds one. Asserts nothing.
      """)

  @Argument(help: "Prefixes, one a line, in a file (.gz: compressed); otherwise on standard input.")
  var file: String?

  @Option(help: "Runs of the resolving; the median counts.")
  var runs = 5

  @Option(help: "Routes resolved in one run.")
  var lookups = 1 << 20

  /// The service whose endpoint covers a /8 that a full table has many routes in.
  private static let wide = ServiceEndpoint(service: "Wide")
  private static let wideText = "103.0.0.0/8"
  private static let subnets = 1000
  private static let services = 10

  func run() throws {
    let input = try PrefixInput(path: file)
    let v4 = input.v4.map { IPPrefix(.v4(IPv4Address($0.key)), length: $0.length) }
    let v6 = input.v6.map { IPPrefix(.v6(IPv6Address($0.key)), length: $0.length) }
    guard !v4.isEmpty else { throw ValidationError("there are no IPv4 prefixes") }
    var tables = RoutingTables(topology: Self.topology(v4))
    for prefix in v4 + v6 { tables.announce(Self.route(prefix)) }

    let memory = tables.memoryInBytes
    print("\(Self.subnets) subnets over \(tables.routeCount(of: .bgp)) BGP routes")
    for (name, bytes) in [
      ("bgp", memory.bgp), ("endpoint", memory.endpoint), ("user", memory.user),
      ("system", memory.system), ("all", memory.total),
    ] {
      print("memory, \(name): \(Double(bytes * 10 / 1_048_576) / 10) MiB")
    }
    resolve(tables, v4)
    change(&tables, v4)
  }

  private func resolve(_ tables: RoutingTables, _ v4: [IPPrefix]) {
    var random = SplitMix(state: 1)
    // Inside prefixes of the list, so that most have a BGP route beside the others.
    let asked: [(RoutingContext, IPAddress)] = (0..<lookups).map { _ in
      let prefix = v4[Int.random(in: 0..<v4.count, using: &random)]
      let inside = UInt32.random(in: 0...255, using: &random)
      return (
        .subnet(Int.random(in: 0..<Self.subnets, using: &random)),
        prefix.address(at: prefix.length > 24 ? 0 : inside)
      )
    }
    for model in PrecedenceModel.allCases {
      var topology = tables.topology
      topology.precedence = model
      let tables = RoutingTables(topology: topology, keepingLiveRoutesOf: tables)
      var won: [RouteOrigin: Int] = [:]
      for (context, address) in asked.prefix(10_000) {
        if let route = tables.resolve(context, address, usesEndpoints: true) {
          won[route.origin, default: 0] += 1
        }
      }
      var lengths = 0
      let timing = Timing.measure(runs: runs) {
        for (context, address) in asked {
          lengths &+= tables.resolve(context, address, usesEndpoints: true)?.prefix.length ?? 0
        }
      }
      precondition(lengths > 0)
      let shares = won.map { "\($0.key.rawValue) \($0.value / 100) %" }.sorted()
      print(
        timing.line("resolve, \(model.rawValue)", count: lookups, unit: "routes")
          + ", won by " + shares.joined(separator: ", "))
    }
  }

  private func change(_ tables: inout RoutingTables, _ v4: [IPPrefix]) {
    var random = SplitMix(state: 2)
    var withdrawals: [Double] = []
    var announcements: [Double] = []
    for _ in 0..<2000 {
      let prefix = v4[Int.random(in: 0..<v4.count, using: &random)]
      withdrawals.append(
        Self.time(&tables) { $0.withdraw(prefix, virtualNetwork: 0) })
      announcements.append(Self.time(&tables) { $0.announce(Self.route(prefix)) })
    }
    Self.report("BGP withdraw", withdrawals)
    Self.report("BGP announce", announcements)

    var enabled: [Double] = []
    var disabled: [Double] = []
    for subnet in 0..<200 {
      let old = tables.topology.subnets[subnet].serviceEndpoints
      disabled.append(Self.time(&tables) { _ = $0.setServiceEndpoints([], ofSubnet: subnet) })
      enabled.append(Self.time(&tables) { _ = $0.setServiceEndpoints(old, ofSubnet: subnet) })
    }
    Self.report("endpoints enabled (160 prefixes at most)", enabled)
    Self.report("endpoints disabled", disabled)

    let inside = IPPrefix(Self.wideText).map { wide in v4.filter { wide.contains($0) }.count } ?? 0
    enabled = []
    disabled = []
    for subnet in 0..<20 {
      let old = tables.topology.subnets[subnet].serviceEndpoints
      let wide = old + [Self.wide]
      enabled.append(Self.time(&tables) { _ = $0.setServiceEndpoints(wide, ofSubnet: subnet) })
      disabled.append(Self.time(&tables) { _ = $0.setServiceEndpoints(old, ofSubnet: subnet) })
    }
    Self.report("endpoint over \(Self.wideText) with \(inside) routes enabled", enabled)
    Self.report("the same disabled", disabled)

    var replaced: [Double] = []
    for index in 0..<200 {
      let table = RouteTable(
        name: "table\(index)",
        routes: (0..<400).map { number in
          UserRoute(
            name: "r\(number)",
            destination: .prefix(v4[Int.random(in: 0..<v4.count, using: &random)]),
            nextHopType: .none)
        })
      let old = tables.topology.routeTables[index]
      replaced.append(Self.time(&tables) { $0.setRouteTable(table, at: index) })
      tables.setRouteTable(old, at: index)
    }
    Self.report("route table of 400 routes set", replaced)
  }

  /// Seconds that a change takes while a copy is held, so that it copies what it writes to.
  private static func time(
    _ tables: inout RoutingTables, _ body: (inout RoutingTables) -> Void
  ) -> Double {
    let snapshot = tables
    return withExtendedLifetime(snapshot) { secondsTaken { body(&tables) } }
  }

  private static func report(_ name: String, _ seconds: [Double]) {
    let sorted = seconds.sorted()
    let text = { (seconds: Double) in "\((seconds * 1e7).rounded() / 10) µs" }
    print(
      "\(name): p50 \(text(sorted.median)), p99 \(text(sorted[sorted.count * 99 / 100])), "
        + "worst of \(sorted.count) \(text(sorted[sorted.count - 1]))")
  }

  private static func route(_ prefix: IPPrefix) -> BGPRoute {
    BGPRoute(virtualNetwork: 0, prefix: prefix, nextHop: .v4(IPv4Address(169, 254, 1, 1)))
  }

  /// Ten services of 16 prefixes that the list has too, one over the /8; each subnet has another set of the ten
  /// and a route table of ten routes.
  private static func topology(_ v4: [IPPrefix]) -> Topology {
    var tags = (0..<services).map { service in
      ServiceTag(
        name: "Tag\(service)", prefixes: (0..<16).map { v4[(service * 16 + $0) * 4001 % v4.count] })
    }
    tags.append(ServiceTag(name: wide.service, prefixes: [wideText].compactMap { IPPrefix($0) }))
    var catalogue = (0..<services).map {
      ServiceCatalogue.Service(name: "Service\($0)", tag: "Tag\($0)", scope: .everyRegion)
    }
    catalogue.append(.init(name: wide.service, tag: wide.service, scope: .everyRegion))
    return Topology(
      virtualNetworks: [
        VirtualNetwork(
          name: "network", id: 1, region: Region("westeurope"),
          addressSpace: [IPPrefix(.v4(IPv4Address(10, 0, 0, 0)), length: 8)])
      ],
      subnets: (0..<subnets).map { index in
        Subnet(
          name: "s\(index)", virtualNetwork: 0, addressPrefixes: [],
          serviceEndpoints: (0..<services).filter { (index + 1) & 1 << $0 != 0 }.map {
            ServiceEndpoint(service: "Service\($0)")
          }, routeTable: index)
      },
      routeTables: (0..<subnets).map { index in
        RouteTable(
          name: "table\(index)",
          routes: (0..<10).map { number in
            UserRoute(
              name: "r\(number)", destination: .prefix(v4[(index * 10 + number) * 61 % v4.count]),
              nextHopType: .none)
          })
      },
      serviceTags: ServiceTags(tags: tags), services: ServiceCatalogue(services: catalogue))
  }
}
