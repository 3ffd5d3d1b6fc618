import ArgumentParser
import Dataplane
import Model
import Wire

struct PipelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline",
    abstract: "The packet path from a vector of frames to a vector of frames, without I/O.")

  @Option(help: "Packets of one run.")
  var packets = 1_000_000

  @Option(help: "Runs; the median counts.")
  var runs = 7

  func run() {
    for flows in [1, 256, 16_384] {
      let timing = measure(flows: flows, newFlows: false)
      print(timing.line("known flows, \(flows)", count: packets, unit: "packets"))
    }
    let timing = measure(flows: 60_000, newFlows: true)
    print(timing.line("new flows", count: packets, unit: "flows"))
  }

  /// One run sends `packets` UDP packets of 64 bytes from a NIC to the Internet, source rewritten.
  private func measure(flows: Int, newFlows: Bool) -> Timing {
    let topology = Self.topology
    var limits = FlowLimits()
    // New flows: a table too small to keep any until it comes again, so that each packet is a first one.
    limits.maximumFlows = newFlows ? 4_096 : 65_536
    var path = PacketPath(
      snapshot: Snapshot(
        generation: 1, topology: topology, routing: RoutingTables(topology: topology)),
      limits: limits)
    var vector = PacketVector()
    var output = Transmission()
    var frame = Self.frame
    var sent = 0
    return Timing.measure(runs: runs) {
      for start in stride(from: 0, to: packets, by: PacketVector.capacity) {
        vector.removeAll()
        for index in start..<min(packets, start + PacketVector.capacity) {
          let flow = (sent + index) % flows
          frame[34] = UInt8(flow >> 8 & 0xff)
          frame[35] = UInt8(flow & 0xff)
          frame[33] = UInt8(flow >> 16 & 0xff)
          _ = frame.withUnsafeBytes {
            vector.append($0, wireLength: $0.count, timestamp: UInt64(1 + index))
          }
        }
        output.removeAll()
        path.process(vector, from: PortID(0), into: &output)
      }
      sent += packets
    }
  }

  /// UDP without a checksum, so that its ports can be written without another; the IPv4 checksum is left to
  /// the interface.
  private static let frame: [UInt8] = {
    var bytes: [UInt8] = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 2, 0, 10, 0, 1, 4, 8, 0]
    bytes += [0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 1, 4, 198, 51, 100, 80]
    bytes += [0, 0, 0, 53, 0, 30, 0, 0]
    return bytes + Array(repeating: 0, count: 22)
  }()

  private static let topology = Topology(
    virtualNetworks: [
      VirtualNetwork(
        name: "vnet", id: 1, region: Region("westeurope"), addressSpace: [IPPrefix("10.0.0.0/16")!])
    ],
    subnets: [
      Subnet(name: "app", virtualNetwork: 0, addressPrefixes: [IPPrefix("10.0.1.0/24")!])
    ],
    networkInterfaces: [
      NetworkInterface(
        name: "vm", subnet: 0,
        ipConfigurations: [
          .init(
            privateAddress: IPAddress("10.0.1.4")!, publicAddress: IPAddress("203.0.113.4")!)
        ],
        macAddress: MACAddress(0x0200_0a00_0104), device: Device(name: "vm"))
    ],
    worldPorts: [
      WorldPort(
        kind: .internet, device: Device(name: "internet"),
        macAddress: MACAddress(0x0200_0000_0101), peerMACAddress: MACAddress(0x0200_0000_0102))
    ])
}
