import Model
import Testing
import Wire

@testable import Dataplane

@Suite("Networks with a gateway each") struct GatewayTests {
  /// The fixture, the network `twin` with a gateway of its own.
  private static func addGateway(_ topology: inout Topology) {
    topology.worldPorts.append(
      WorldPort(
        kind: .gateway, virtualNetwork: 1, device: Device(name: "gateway2"),
        macAddress: MACAddress(0x0200_0000_0401), peerMACAddress: MACAddress(0x0200_0000_0402),
        addresses: [IPAddress("169.254.5.1")!]))
    topology.bgpRoutes.append(
      BGPRoute(
        virtualNetwork: 1, prefix: IPPrefix("192.168.0.0/16")!,
        nextHop: IPAddress("169.254.5.2")!))
  }

  @Test("Each gateway has a name and counts of its own")
  func counters() {
    let lab = Fixture(change: Self.addGateway)
    #expect(
      lab.path.snapshot.ports.suffix(4).map(\.name)
        == ["internet", "gateway/vnet1", "backbone", "gateway/twin"])
    for (port, count) in [("gateway/vnet1", 2), ("gateway/twin", 1)] {
      for index in 0..<count {
        let verdict = lab.receive(
          lab.outside("192.168.1.1", "10.0.1.4", by: port).udp(UInt16(9_000 + index), 53),
          from: port
        ).verdict
        #expect(verdict == .forwarded(lab.port(port == "gateway/twin" ? "twin" : "vm1")))
      }
    }
    let counters = lab.path.counters
    #expect(counters.isBalanced)
    #expect(counters.received["gateway/vnet1"]?.packets == 2)
    #expect(counters.received["gateway/twin"]?.packets == 1)
    #expect(counters.transmitted["twin"]?.packets == 1)
  }

  @Test(
    "F3: a gateway that another network gets, or loses, leaves the flows of the first one alone")
  func reload() {
    let lab = Fixture()
    let request = FrameBuilder("10.0.1.4", "192.168.1.1").udp(4_000, 53)
    #expect(lab.receive(request, from: "vm1").verdict == .forwarded(lab.port("gateway")))
    let before = lab.topology
    // In front, so that the first gateway stands in another place.
    var after = before
    Self.addGateway(&after)
    after.worldPorts.insert(after.worldPorts.removeLast(), at: 0)
    for (topology, port) in [(after, "gateway/vnet1"), (before, "gateway")] {
      lab.topology = topology
      lab.routing = RoutingTables(topology: topology)
      lab.publish()
      #expect(lab.path.table.count == 1)
      let reply = lab.outside("192.168.1.1", "10.0.1.4", by: port).udp(53, 4_000)
      #expect(lab.receive(reply, from: port).verdict == .forwarded(lab.port("vm1")))
      #expect(lab.path.flows(now: lab.now).map(\.state) == ["answered"])
      #expect(lab.path.counters.isBalanced)
    }
    #expect(lab.path.flows(now: lab.now).map(\.packets) == [3])
  }
}
