import ConfigurationFile
import Dataplane
import Foundation
import Model
import PacketIO
import Wire

@testable import Replay

/// One virtual network whose Internet traffic is forced through an appliance; the endpoint for Storage is
/// enabled on `app` alone. Storage's prefix is a real one of the built-in catalogue.
enum ReplayFixture {
  static let storage = "20.60.26.132"
  static let web = "198.51.100.80"

  /// - Parameters:
  ///   - endpoint: whether `app` has the endpoint for Storage.
  ///   - guestAddress: what vm1 and vm2 put into their packets.
  static func configuration(
    endpoint: Bool = true, guestAddress: String = "private", extraNIC: String = ""
  ) throws -> Configuration {
    try ConfigurationLoader.load(
      text: """
        name: replayed
        virtualNetworks:
          - name: vnet1
            id: 4097
            location: westeurope
            addressSpace: { addressPrefixes: [10.0.0.0/16] }
            subnets:
              - name: app
                addressPrefix: 10.0.1.0/24
                routeTable: to-appliance
                \(endpoint ? "serviceEndpoints: [{ service: Microsoft.Storage }]" : "")
              - name: web
                addressPrefix: 10.0.2.0/24
              - name: nva
                addressPrefix: 10.0.100.0/24
          - name: vnet2
            id: 4098
            location: westeurope
            addressSpace: { addressPrefixes: [10.0.0.0/16] }
            subnets:
              - { name: twin, addressPrefix: 10.0.1.0/24 }
        routeTables:
          - name: to-appliance
            routes:
              - name: everything
                addressPrefix: 0.0.0.0/0
                nextHopType: VirtualAppliance
                nextHopIpAddress: 10.0.100.4
        networkInterfaces:
          - name: vm1
            subnet: vnet1/app
            macAddress: 02:00:0a:00:01:04
            guestAddress: \(guestAddress)
            ipConfigurations: [{ privateIPAddress: 10.0.1.4, publicIPAddress: 203.0.113.4 }]
            port: { device: vm1 }
          - name: vm2
            subnet: vnet1/web
            macAddress: 02:00:0a:00:02:04
            guestAddress: \(guestAddress)
            ipConfigurations: [{ privateIPAddress: 10.0.2.4, publicIPAddress: 203.0.113.5 }]
            port: { device: vm2 }
          - name: nva
            subnet: vnet1/nva
            macAddress: 02:00:0a:00:64:04
            enableIPForwarding: true
            ipConfigurations: [{ privateIPAddress: 10.0.100.4, publicIPAddress: 203.0.113.6 }]
            port: { device: nva }
        \(extraNIC)
        ports:
          internet:
            device: internet
            macAddress: 02:00:00:00:01:01
            peerMacAddress: 02:00:00:00:01:02
            addresses: [192.0.2.1]
          gateway:
            device: gateway
            virtualNetwork: vnet1
            macAddress: 02:00:00:00:02:01
            peerMacAddress: 02:00:00:00:02:02
            addresses: [169.254.2.1]
          backbone:
            device: backbone
            macAddress: 02:00:00:00:03:01
            peerMacAddress: 02:00:00:00:03:02
            addresses: [169.254.3.1]
        bgp:
          routes:
            - { virtualNetwork: vnet1, addressPrefix: 192.168.0.0/16, nextHopIpAddress: 169.254.2.2 }
        """, path: "replayed.yaml")
  }

  /// A NIC with vm1's address in the other network.
  static let twinNIC = """
      - name: twin
        subnet: vnet2/twin
        macAddress: 02:00:0a:00:09:04
        ipConfigurations: [{ privateIPAddress: 10.0.1.4 }]
        port: { device: twin }
    """

  static func snapshot(_ configuration: Configuration) -> Snapshot {
    Snapshot(
      generation: 1, topology: configuration.topology,
      routing: RoutingTables(topology: configuration.topology))
  }

  /// A frame as a capture elsewhere has it: MAC addresses that the configuration does not know.
  static func frame(_ transport: String, _ source: String, _ destination: String) throws -> [UInt8]
  {
    let tuple = try FiveTuple(protocol: transport, source: source, destination: destination)
    let port = try snapshot(try configuration()).namedPort("vm1")
    var frame = try PacketProbe(tuple).frame(at: port)
    frame.replaceSubrange(0..<12, with: [0xde, 0xad, 0, 0, 0, 1, 0xde, 0xad, 0, 0, 0, 2])
    return frame
  }
}

/// Files of one test, removed with it.
final class Scratch {
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("spurline-replay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  /// A capture of frames a millisecond apart.
  func capture(_ frames: [[UInt8]], name: String = "in.pcap") throws -> String {
    let writer = try CaptureWriter(path: path(name), format: .pcap(nanoseconds: true))
    for (index, frame) in frames.enumerated() {
      try frame.withUnsafeBytes {
        try writer.write(
          $0, wireLength: $0.count,
          timestamp: 1_700_000_000_000_000_000 + UInt64(index) * 1_000_000)
      }
    }
    try writer.close()
    return path(name)
  }
}

/// What a replay writes: lines, frames and report.
struct Replayed {
  var lines: [String] = []
  var report: ReplayReport
  var written: Data

  init(
    _ capture: String, _ configuration: Configuration, scratch: Scratch,
    change: (inout ReplayJob) throws -> Void = { _ in }
  ) throws {
    var job = ReplayJob(configuration: configuration, capture: capture)
    job.writePath = scratch.path("out.pcapng")
    var text = ""
    job.verdictLines = { text += String(decoding: $0, as: UTF8.self) }
    try change(&job)
    report = try job.run()
    lines = text.split(separator: "\n").map(String.init)
    written = try Data(contentsOf: URL(fileURLWithPath: scratch.path("out.pcapng")))
  }

  /// A line as a JSON object.
  func line(_ number: Int) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(lines[number - 1].utf8))
    return object as? [String: Any] ?? [:]
  }
}
