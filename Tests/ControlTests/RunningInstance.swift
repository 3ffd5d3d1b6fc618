import ConfigurationFile
import Dataplane
import Foundation
import Logging
import Model
import PacketIO
import Synchronization
import Wire

@testable import Control

/// What stands around an instance in tests: ports in memory, and a configuration file that can be edited.
final class Surroundings: Sendable {
  /// What the next reload reads, or the error that it meets.
  let file: Mutex<Result<Configuration, ConfigurationErrors>>
  private let links: Mutex<[String: MemoryLink]>

  init(_ configuration: Configuration, links: [String: MemoryLink]) {
    file = Mutex(.success(configuration))
    self.links = Mutex(links)
  }

  var allLinks: [MemoryLink] { links.withLock { Array($0.values) } }

  func link(_ name: String) throws -> MemoryLink {
    guard let link = links.withLock({ $0[name] }) else {
      throw PortError.cannotOpen(port: name, reason: "no such interface")
    }
    return link
  }

  func addLink(_ name: String) throws {
    let link = try MemoryLink()
    links.withLock { $0[name] = link }
  }

  func edit(_ change: (inout Configuration) -> Void) throws {
    var configuration = try file.withLock { $0 }.get()
    change(&configuration)
    file.withLock { $0 = .success(configuration) }
  }

  func environment(
    workers: Int, enterNamespace: @escaping @Sendable () throws -> Void
  ) -> Instance.Environment {
    Instance.Environment(
      workers: workers,
      loadConfiguration: { try self.file.withLock { $0 }.get() },
      makeOpener: { _ in
        { try MemoryPort(name: $0.name, link: try self.link($0.name), role: $1) }
      },
      enterNamespace: enterNamespace)
  }
}

/// An instance in such surroundings.
struct RunningInstance: Sendable {
  static let storage = "20.60.26.132"
  static let web = "198.51.100.80"
  static let vm1MAC: UInt64 = 0x0200_0a00_0104

  let surroundings: Surroundings
  let instance: Instance

  static func start(
    socket: String = "/nowhere", without missing: Set<String> = [],
    kernelBGP: [Configuration.KernelBGP] = [], workers: Int = 1,
    enterNamespace: @escaping @Sendable () throws -> Void = {},
    change: (inout Topology) -> Void = { _ in }
  ) async throws -> RunningInstance {
    var topology = topology
    change(&topology)
    let configuration = Configuration(
      path: "test.yaml", topology: topology, kernelBGP: kernelBGP, controlSocket: socket)
    var links: [String: MemoryLink] = [:]
    for name in ["vm1", "vm2", "internet", "backbone"] where !missing.contains(name) {
      links[name] = try MemoryLink()
    }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let surroundings = Surroundings(configuration, links: links)
    return RunningInstance(
      surroundings: surroundings,
      instance: try await Instance.start(
        configuration,
        environment: surroundings.environment(
          workers: workers, enterNamespace: enterNamespace),
        logger: logger))
  }

  func link(_ name: String) throws -> MemoryLink { try surroundings.link(name) }

  func edit(_ change: (inout Configuration) -> Void) throws { try surroundings.edit(change) }

  /// A SYN of vm1 to Storage or to the web server.
  func syn(_ destination: String, port: UInt16 = 40_000) -> [UInt8] {
    tcpFrame(
      from: "10.0.1.4", port, to: destination, 80, flags: synFlag,
      sourceMAC: RunningInstance.vm1MAC)
  }

  /// The server's answer as it comes in from the Internet.
  func synAck(_ source: String, port: UInt16 = 40_000) -> [UInt8] {
    tcpFrame(
      from: source, 80, to: "203.0.113.4", port, flags: synFlag | ackFlag, sequence: 5_000,
      acknowledgment: 1_001, sourceMAC: 0x0200_0000_0102, destinationMAC: 0x0200_0000_0101)
  }

  static func nic(_ name: String, subnet: Int, number: UInt8) -> NetworkInterface {
    NetworkInterface(
      name: name, subnet: subnet,
      ipConfigurations: [
        .init(
          privateAddress: .v4(IPv4Address(10, 0, UInt8(subnet + 1), number)),
          publicAddress: .v4(IPv4Address(203, 0, 113, number + UInt8(subnet) * 16)))
      ], macAddress: MACAddress(0x0200_0a00_0000 | UInt64(subnet + 1) << 8 | UInt64(number)),
      device: Device(name: name))
  }

  static var topology: Topology {
    let storageTag = { (name: String, region: String?) in
      ServiceTag(
        name: name, region: region.map { Region($0) }, systemService: "AzureStorage",
        networkFeatures: ["API", "NSG", "UDR"] + (region == nil ? ["VSE"] : []),
        prefixes: [IPPrefix("20.60.26.0/23")!])
    }
    let port = { (kind: WorldPort.Kind, number: UInt64) in
      WorldPort(
        kind: kind, device: Device(name: kind.rawValue),
        macAddress: MACAddress(0x0200_0000_0001 | number << 8),
        peerMACAddress: MACAddress(0x0200_0000_0002 | number << 8),
        addresses: [.v4(IPv4Address(169, 254, UInt8(number), 1))])
    }
    return Topology(
      name: "test",
      virtualNetworks: [
        VirtualNetwork(
          name: "vnet1", id: 1, region: Region("westeurope"),
          addressSpace: [IPPrefix("10.0.0.0/16")!])
      ],
      subnets: [
        Subnet(name: "app", virtualNetwork: 0, addressPrefixes: [IPPrefix("10.0.1.0/24")!]),
        Subnet(name: "web", virtualNetwork: 0, addressPrefixes: [IPPrefix("10.0.2.0/24")!]),
      ],
      networkInterfaces: [nic("vm1", subnet: 0, number: 4), nic("vm2", subnet: 1, number: 4)],
      worldPorts: [port(.internet, 1), port(.backbone, 3)],
      serviceTags: ServiceTags(
        source: "test", changeNumber: 1,
        tags: [storageTag("Storage", nil), storageTag("Storage.WestEurope", "westeurope")]),
      services: ServiceCatalogue(
        services: [
          .init(
            name: "Microsoft.Storage", tag: "Storage", scope: .regionAndPair,
            exclusiveGroup: "storage"),
          .init(
            name: "Microsoft.Storage.Global", tag: "Storage", scope: .everyRegion,
            exclusiveGroup: "storage"),
          .init(name: "Microsoft.Sql", tag: "Sql", scope: .region),
        ], pairs: [Region("westeurope"): Region("northeurope")]))
  }
}
