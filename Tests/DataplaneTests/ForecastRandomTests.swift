import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

@Suite("F3: a forecast held against the switch") struct ForecastRandomTests {
  @Test(
    "F3 I3: what is forecast of random networks, flows and resources is what the switch and the edge do",
    arguments: 0..<150)
  func random(seed: Int) {
    var world = RandomWorld(seed: UInt64(seed))
    let forecast = world.forecast()
    let report = world.apply()

    #expect(
      forecast.connectionsClosed.map {
        "\($0.source) \($0.destination) \($0.service ?? "") \($0.now.egress ?? "")"
      }
      .sorted()
        == report.closed.map { "\($0.source) \($0.destination) \($0.service) \($0.egress)" }
        .sorted())
    #expect(
      forecast.otherFlows.count { $0.effect == .forgotten } == report.otherFlowsRemoved)
    for flow in world.flows { world.check(flow, forecast) }
    #expect(world.lab.lab.path.counters.isBalanced)
  }

  @Test("F3 I3: the random worlds have all that is to be forecast")
  func coverage() {
    var seen: [String: Int] = [:]
    for seed in 0..<150 {
      let forecast = RandomWorld(seed: UInt64(seed)).forecast()
      seen["closed", default: 0] += forecast.connectionsClosed.count
      for flow in forecast.otherFlows { seen["\(flow.effect)", default: 0] += 1 }
      seen["kept", default: 0] += forecast.flowsKept
      seen["denied", default: 0] += forecast.requestsDenied.count
      seen["ending", default: 0] += forecast.rulesEnding.count
      seen["beginning", default: 0] += forecast.rulesBeginning.count
      seen["models", default: 0] += forecast.modelDifferences.count
      seen["dropped", default: 0] += forecast.connectionsClosed.count { $0.then.dropReason != nil }
      seen["\(forecast.action)", default: 0] += 1
    }
    let wanted = [
      "closed", "forgotten", "moved", "kept", "denied", "ending", "beginning", "models", "dropped",
      "enable", "disable",
    ]
    for name in wanted { #expect(seen[name, default: 0] > 0, "\(name): \(seen)") }
  }
}

/// Networks, resources and live flows that a seed makes, and one switch.
struct RandomWorld {
  struct LiveFlow {
    var port: String
    var proto: String
    var source: String
    var destination: String
    var number: UInt16
    /// Where its first packet ended.
    var before: ForecastLab.End
  }

  let lab: ForecastLab
  private(set) var flows: [LiveFlow] = []
  private let subnet: String
  private let service: String
  private let endpoints: [String]

  private static let destinations = [
    Fixture.storage, "20.60.26.133", "20.60.40.7", "20.60.90.1", "20.61.99.196", "20.61.99.200",
    Fixture.web,
    "192.168.7.7",
  ]
  private static let services = ["Microsoft.Storage", "Microsoft.Sql"]

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    lab = ForecastLab { Self.randomize(&$0, &random) }
    let names = ["vnet1/app", "vnet1/app", "vnet1/web", "vnet1/nva", "twin/app"]
    subnet = names.randomElement(using: &random)!
    let service = Self.services.randomElement(using: &random)!
    self.service = service
    let index = lab.lab.topology.subnet(named: subnet)!
    let enabled = lab.lab.topology.subnets[index].serviceEndpoints.map(\.service)
    endpoints =
      enabled.contains(service) ? enabled.filter { $0 != service } : enabled + [service]
    for number in 0..<UInt16.random(in: 6...24, using: &random) {
      begin(40_000 + number, &random)
    }
  }

  private static func randomize(_ topology: inout Topology, _ random: inout SeededGenerator) {
    topology.precedence = PrecedenceModel.allCases.randomElement(using: &random)!
    topology.icmpFollowsEndpoints = Bool.random(using: &random)
    if Bool.random(using: &random) {
      topology.worldPorts[2].encapsulation = .init(kind: .serviceTunnel)
    }
    var routes = [
      UserRoute(
        name: "everything", destination: .prefix(.anyIPv4), nextHopType: .virtualAppliance,
        nextHopIPAddress: IPAddress("10.0.100.4"))
    ]
    if Bool.random(using: &random) {
      routes.append(
        UserRoute(
          name: "some", destination: .prefix(IPPrefix("20.60.26.128/25")!),
          nextHopType: Bool.random(using: &random) ? .internet : .none))
    }
    topology.routeTables = [RouteTable(name: "to-appliance", routes: routes)]
    for index in [0, 1] where Bool.random(using: &random) {
      topology.subnets[index].routeTable = 0
    }
    for index in topology.subnets.indices {
      topology.subnets[index].serviceEndpoints = services.filter { _ in
        Int.random(in: 0..<3, using: &random) == 0
      }.map { ServiceEndpoint(service: $0) }
    }
    if Bool.random(using: &random) {
      topology.bgpRoutes.append(
        BGPRoute(
          virtualNetwork: 0, prefix: IPPrefix("20.60.40.0/24")!,
          nextHop: IPAddress("169.254.4.2")))
    }
    topology.services.services[0].resources.ignoresIPRulesInRegion = true
    topology.services.services[1].resources.allowsRuleBeforeEndpoint = true
    topology.resources = destinations.prefix(6).enumerated().map { index, address in
      resource(index, address, topology, &random)
    }
  }

  private static func resource(
    _ index: Int, _ address: String, _ topology: Topology, _ random: inout SeededGenerator
  ) -> Resource {
    var firewall = ResourceFirewall(
      isPublic: Int.random(in: 0..<8, using: &random) > 0,
      defaultAction: Int.random(in: 0..<3, using: &random) == 0 ? .allow : .deny)
    for rule in ["203.0.113.4/32", "203.0.113.5/32", "203.0.113.4/30", "203.0.113.0/24"]
    where Int.random(in: 0..<3, using: &random) == 0 {
      firewall.ipRules.append(.init(prefix: IPPrefix(rule)!))
    }
    for subnet in topology.subnets.indices where Bool.random(using: &random) {
      firewall.virtualNetworkRules.append(.init(subnetID: topology.id(ofSubnet: subnet)))
    }
    return Resource(
      id: AzureID("/subscriptions/s/resourceGroups/g/providers/T/r/r\(index)")!, name: "r\(index)",
      service: index < 4 ? "Microsoft.Storage" : "Microsoft.Sql",
      region: Region(Bool.random(using: &random) ? "westeurope" : "northeurope"),
      addresses: [IPAddress(address)!], firewall: firewall)
  }

  /// A flow of a random kind; answered, where it is TCP and came out, and sometimes ended.
  private mutating func begin(_ number: UInt16, _ random: inout SeededGenerator) {
    let clients = [
      ("vm1", "10.0.1.4"), ("vm1", "10.0.1.4"), ("vm2", "10.0.2.4"), ("nva", "10.0.100.4"),
      ("hidden", "10.0.1.5"), ("twin", "10.0.1.4"), ("vm1-platform", "10.0.1.4"),
    ]
    let (port, source) = clients.randomElement(using: &random)!
    let proto = ["tcp", "tcp", "tcp", "udp", "icmp"].randomElement(using: &random)!
    var flow = LiveFlow(
      port: port, proto: proto, source: source,
      destination: Self.destinations.randomElement(using: &random)!, number: number,
      before: ForecastLab.End())
    flow.before = lab.send(packet(flow), from: port)
    guard flow.before.dropReason == nil, flow.before.exit != nil else { return }
    guard proto == "tcp", Int.random(in: 0..<6, using: &random) == 0 else {
      flows.append(flow)
      return
    }
    // Reset by the client: there is nothing left to close.
    _ = lab.send(packet(flow, flags: [.rst]), from: port)
  }

  private func packet(_ flow: LiveFlow, flags: TCPFlags = .syn) -> [UInt8] {
    let builder = FrameBuilder(flow.source, flow.destination)
    return switch flow.proto {
    case "tcp": builder.tcp(flow.number, 443, flags: flags, sequence: 7, acknowledgment: 9)
    case "udp": builder.udp(flow.number, 443)
    default: builder.echo(identifier: flow.number)
    }
  }

  func forecast() -> Forecast { lab.forecast(endpoints, switching: service, of: subnet) }

  mutating func apply() -> SwitchReport { lab.lab.switchEndpoints(endpoints, of: subnet) }

  /// Sends the flow's next packet, or the first one of the next connection, and sees where it comes out.
  func check(_ flow: LiveFlow, _ forecast: Forecast) {
    let own = "\(flow.source):\(flow.number)"
    let touched = (forecast.connectionsClosed + forecast.otherFlows).filter {
      $0.source == own && $0.proto == flow.proto && $0.destination.hasPrefix("\(flow.destination):")
    }
    let leg = touched.first { $0.port == flow.port } ?? touched.first { $0.port == "nva" }
    let after = lab.send(
      packet(flow, flags: leg?.effect == .closed ? .syn : .ack), from: flow.port)
    guard let leg else {
      // Behind an appliance a platform port's packets are any other's, and what it made of them is closed.
      if flow.port == "vm1-platform", flow.before.egress == "nva" { return }
      #expect(after == flow.before, "\(flow)")
      return
    }
    if leg.port == flow.port {
      #expect(leg.now.end == flow.before, "\(flow)")
      #expect(leg.then.end == after, "\(flow)")
    } else {
      #expect(leg.now.exit == flow.before.exit, "\(flow)")
      #expect(leg.then.exit == after.exit, "\(flow)")
      #expect(leg.then.source == after.source, "\(flow)")
    }
    // A platform port's disk traffic meets no firewall; here the edge cannot tell it from another's (R8).
    guard flow.port != "vm1-platform" else { return }
    for request in forecast.requests where request.source == own && request.port == leg.port {
      #expect(request.now?.isAdmitted == lab.edgeAdmits(flow.before), "\(flow)")
      #expect(request.then?.isAdmitted == lab.edgeAdmits(after), "\(flow)")
    }
  }
}
