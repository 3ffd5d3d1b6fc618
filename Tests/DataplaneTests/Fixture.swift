import Dataplane
import Model
import Wire

/// The forced-tunnel topology and a few more NICs, and a packet path over it.
final class Fixture {
  var topology: Topology
  var routing: RoutingTables
  var path: PacketPath
  var output = Transmission(record: .details)
  var generation: UInt64 = 1
  /// Nanoseconds; tests move it.
  var now: UInt64 = 1_700_000_000 * 1_000_000_000

  struct Sent {
    var port: String
    var frame: SeenFrame
    /// Of a batch.
    var segmentSize: UInt16 = 0
  }

  static let storage = "20.60.26.132"
  static let web = "198.51.100.80"

  init(
    limits: FlowLimits = FlowLimits(), acceptsAnyMAC: Bool = false,
    batches: PacketPath.Batches = .byTAP,
    change: (inout Topology) -> Void = { _ in }
  ) {
    var topology = Fixture.topology
    change(&topology)
    self.topology = topology
    routing = RoutingTables(topology: topology)
    path = PacketPath(
      snapshot: Snapshot(generation: 1, topology: topology, routing: routing), limits: limits,
      acceptsAnyMAC: acceptsAnyMAC, batches: batches)
  }

  /// One frame in by a port; what it came to.
  func receive(
    _ bytes: [UInt8], from port: String, wireLength: Int? = nil, segmentSize: UInt16 = 0
  ) -> (verdict: Verdict, sent: [Sent]) {
    var vector = PacketVector()
    let fits =
      if segmentSize > 0 {
        // As a port does that reads where the frame is to stand.
        {
          vector.reserve()!.copyBytes(from: bytes)
          return vector.commit(length: bytes.count, timestamp: now, segmentSize: segmentSize)
        }()
      } else {
        bytes.withUnsafeBytes {
          vector.append($0, wireLength: wireLength ?? bytes.count, timestamp: now)
        }
      }
    precondition(fits)
    output.removeAll()
    path.process(vector, from: path.snapshot.port(named: port)!, into: &output)
    return (output.verdicts[0], sent)
  }

  /// What stands in the transmission, copied.
  var sent: [Sent] {
    let ports = path.snapshot.ports
    return output.items.map { item in
      Sent(
        port: ports[Int(item.port.index)].name,
        frame: SeenFrame(Array(UnsafeRawBufferPointer(item.frame.buffer))),
        segmentSize: item.frame.segmentSize)
    }
  }

  func port(_ name: String) -> PortID { path.snapshot.port(named: name)! }

  /// Switches a subnet's endpoints, as the control API does.
  @discardableResult
  func switchEndpoints(_ services: [String], of subnet: String) -> SwitchReport {
    let index = topology.subnet(named: subnet)!
    let endpoints = services.map { ServiceEndpoint(service: $0) }
    topology.subnets[index].serviceEndpoints = endpoints
    _ = routing.setServiceEndpoints(endpoints, ofSubnet: index)
    return publish()
  }

  @discardableResult
  func publish() -> SwitchReport {
    generation += 1
    output.removeAll()
    return path.adopt(
      Snapshot(generation: generation, topology: topology, routing: routing), now: now,
      into: &output)
  }

  /// A frame as it comes in from the Internet, the gateway or the backbone.
  func outside(_ source: String, _ destination: String, by port: String) -> FrameBuilder {
    var builder = FrameBuilder(source, destination)
    let record = path.snapshot.ports[Int(self.port(port).index)]
    builder.sourceMAC = record.peerMACAddress
    builder.destinationMAC = record.macAddress
    return builder
  }

  static let topology: Topology = {
    let prefix = { (text: String) in IPPrefix(text)! }
    let address = { (text: String) in IPAddress(text)! }
    let nic = {
      (
        name: String, subnet: Int, mac: UInt64, own: String, visible: String?, forwards: Bool
      ) in
      NetworkInterface(
        name: name, subnet: subnet,
        ipConfigurations: [
          .init(privateAddress: address(own), publicAddress: visible.map(address))
        ],
        macAddress: MACAddress(mac), ipForwarding: forwards, device: Device(name: name))
    }
    var vm1 = nic("vm1", 0, 0x0200_0a00_0104, "10.0.1.4", "203.0.113.4", false)
    vm1.ipConfigurations.append(
      .init(privateAddress: address("fd00:1::4"), publicAddress: address("2001:db8:1::4")))
    vm1.platformDevice = Device(name: "vm1p")
    let tag = { (name: String, region: String?, prefixes: [String]) in
      ServiceTag(
        name: name, region: region.map { Region($0) }, systemService: name,
        networkFeatures: ["API", "NSG", "UDR"] + (region == nil ? ["VSE"] : []),
        prefixes: prefixes.map(prefix))
    }
    return Topology(
      name: "fixture",
      virtualNetworks: [
        VirtualNetwork(
          name: "vnet1", id: 1, region: Region("westeurope"),
          addressSpace: [prefix("10.0.0.0/16"), prefix("fd00:1::/48")]),
        // The same addresses once more (F5).
        VirtualNetwork(
          name: "twin", id: 2, region: Region("westeurope"), addressSpace: [prefix("10.0.0.0/16")]),
      ],
      subnets: [
        Subnet(
          name: "app", virtualNetwork: 0,
          addressPrefixes: [prefix("10.0.1.0/24"), prefix("fd00:1::/64")]),
        Subnet(name: "web", virtualNetwork: 0, addressPrefixes: [prefix("10.0.2.0/24")]),
        Subnet(name: "nva", virtualNetwork: 0, addressPrefixes: [prefix("10.0.100.0/24")]),
        Subnet(name: "app", virtualNetwork: 1, addressPrefixes: [prefix("10.0.1.0/24")]),
      ],
      networkInterfaces: [
        vm1,
        nic("vm2", 1, 0x0200_0a00_0204, "10.0.2.4", "203.0.113.5", false),
        nic("nva", 2, 0x0200_0a00_6404, "10.0.100.4", "203.0.113.6", true),
        nic("hidden", 0, 0x0200_0a00_0105, "10.0.1.5", nil, false),
        nic("twin", 3, 0x0200_0a00_0106, "10.0.1.4", "203.0.113.14", false),
      ],
      worldPorts: [
        WorldPort(
          kind: .internet, device: Device(name: "internet"),
          macAddress: MACAddress(0x0200_0000_0101), peerMACAddress: MACAddress(0x0200_0000_0102),
          addresses: [address("192.0.2.1")]),
        WorldPort(
          kind: .gateway, virtualNetwork: 0, device: Device(name: "gateway"),
          macAddress: MACAddress(0x0200_0000_0201), peerMACAddress: MACAddress(0x0200_0000_0202),
          addresses: [address("169.254.2.1")]),
        WorldPort(
          kind: .backbone, device: Device(name: "backbone"),
          macAddress: MACAddress(0x0200_0000_0301), peerMACAddress: MACAddress(0x0200_0000_0302),
          addresses: [address("169.254.3.1")]),
      ],
      bgpRoutes: [
        BGPRoute(
          virtualNetwork: 0, prefix: prefix("192.168.0.0/16"), nextHop: address("169.254.4.2"))
      ],
      serviceTags: ServiceTags(
        source: "fixture",
        tags: [
          tag("Storage", nil, ["20.60.0.0/16"]),
          tag("Storage.WestEurope", "westeurope", ["20.60.26.0/23"]),
          tag("Storage.NorthEurope", "northeurope", ["20.60.40.0/23"]),
          tag("Sql", nil, ["20.61.99.192/26"]),
          tag("Sql.WestEurope", "westeurope", ["20.61.99.192/26"]),
        ]),
      services: ServiceCatalogue(
        services: [
          .init(name: "Microsoft.Storage", tag: "Storage", scope: .regionAndPair),
          .init(name: "Microsoft.Sql", tag: "Sql", scope: .region),
        ],
        pairs: [Region("westeurope"): Region("northeurope")]))
  }()

  /// UDR 0.0.0.0/0 to the appliance for `app`, as in a forced tunnel.
  static func forceTunnel(_ topology: inout Topology) {
    topology.routeTables = [
      RouteTable(
        name: "to-appliance",
        routes: [
          UserRoute(
            name: "everything", destination: .prefix(.anyIPv4), nextHopType: .virtualAppliance,
            nextHopIPAddress: IPAddress("10.0.100.4"))
        ])
    ]
    topology.subnets[0].routeTable = 0
  }
}
