import CBaseline
import Dataplane
import Model
import Wire

/// Something that takes all frames once through its own path.
protocol PipelineEngine: AnyObject {
  var name: String { get }
  /// - Returns: how many left.
  func pass(_ frames: PipelineFrames) -> Int
}

/// Spurline's packet path.
final class SpurlineEngine: PipelineEngine {
  let name = "Spurline"
  var path: PacketPath
  var output = Transmission()
  private var now = PipelineFrames.timestamp

  /// - Parameter maximumFlows: of its flow table.
  init(maximumFlows: Int) {
    var limits = FlowLimits()
    limits.maximumFlows = maximumFlows
    path = PacketPath(
      snapshot: Snapshot(
        generation: 1, topology: Self.topology, routing: RoutingTables(topology: Self.topology)),
      limits: limits)
  }

  func pass(_ frames: PipelineFrames) -> Int {
    var sent = 0
    for index in 0..<frames.vectorCount {
      output.removeAll()
      path.process(frames.vectors[index], from: PortID(0), into: &output)
      sent += output.items.count
    }
    return sent
  }

  /// Recognises what is plain, and which flow it may belong to.
  func recognizeOnly(_ frames: PipelineFrames) {
    for index in 0..<frames.vectorCount {
      path.recognizeOnly(frames.vectors[index], from: PortID(0))
    }
  }

  /// Reads packets as plain ones.
  /// - Returns: how many are.
  func parseOnly(_ frames: PipelineFrames) -> Int {
    var plain = 0
    for index in 0..<frames.vectorCount {
      for place in 0..<frames.vectors[index].count {
        let frame = frames.vectors[index][place]
        if let packet = PlainPacket(frame.bytes, length: frame.length) {
          plain += packet.ports == 0xffff && packet.source == 0 ? 0 : 1
        }
      }
    }
    return plain
  }

  /// Forgets all flows, and keeps the memory.
  func forgetFlows() {
    now += 1_000_000 * FlowLimits.second
    while path.counters.flows > 0 { path.expireFlows(now: now) }
  }

  static let newSource = IPv4Address("203.0.113.4")!
  static let routerMAC = MACAddress(0x0200_0000_0101)
  static let peerMAC = MACAddress(0x0200_0000_0102)

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
          .init(privateAddress: IPAddress("10.0.1.4")!, publicAddress: .v4(newSource))
        ],
        macAddress: MACAddress(0x0200_0a00_0104), device: Device(name: "vm"))
    ],
    worldPorts: [
      WorldPort(
        kind: .internet, device: Device(name: "internet"), macAddress: routerMAC,
        peerMACAddress: peerMAC)
    ])
}

/// The minimal loop in C.
final class BaselineEngine: PipelineEngine {
  let name = "minimal C"
  private let table: OpaquePointer

  /// Knows all flows of `frames`.
  init(_ frames: PipelineFrames) {
    var macs = [UInt8](repeating: 0, count: 12)
    macs.withUnsafeMutableBytes {
      setMACs(
        $0.baseAddress!, destination: SpurlineEngine.peerMAC, source: SpurlineEngine.routerMAC)
    }
    guard let table = baseline_make(frames.flows, macs, SpurlineEngine.newSource.bits) else {
      fatalError("out of memory")
    }
    self.table = table
    frames.forEachFlow { baseline_enter(table, $0.assumingMemoryBound(to: UInt8.self)) }
  }

  deinit { baseline_free(table) }

  func pass(_ frames: PipelineFrames) -> Int {
    var found = 0
    var start = 0
    while start < frames.count {
      let count = min(frames.count - start, 256)
      found += baseline_process(table, frames.pointers + start, count)
      start += count
    }
    return found
  }
}
