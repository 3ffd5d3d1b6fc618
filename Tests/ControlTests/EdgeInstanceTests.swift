import ConfigurationFile
import Dataplane
import Foundation
import Logging
import Model
import Synchronization
import Testing
import Wire

@testable import Control

@Suite("I2: an instance that is a service edge") struct EdgeInstanceTests {
  private static let account = "20.60.26.132"

  /// The other tests' network, with an edge, and an account that one public address may use.
  private static func configuration(socket: String = "/run/lab.sock") -> Configuration {
    var topology = RunningInstance.topology
    topology.resources = [
      Resource(
        id: AzureID("/subscriptions/s/providers/Microsoft.Storage/storageAccounts/account")!,
        name: "account", service: "Microsoft.Storage", region: Region("westeurope"),
        addresses: [IPAddress(account)!],
        firewall: ResourceFirewall(
          defaultAction: .deny,
          ipRules: [.init(prefix: IPPrefix(host: IPAddress("198.51.100.21")!))]))
    ]
    let port = { (kind: WorldPort.Kind, number: UInt64) in
      WorldPort(
        kind: kind, device: Device(name: kind.rawValue),
        macAddress: MACAddress(0x0200_0001_0001 | number << 8),
        peerMACAddress: MACAddress(0x0200_0001_0002 | number << 8))
    }
    topology.edge = ServiceEdge(
      ports: [port(.backbone, 1), port(.internet, 2), port(.services, 3)],
      translation: IPPrefix("100.64.0.0/16")!)
    return Configuration(
      path: "test.yaml", topology: topology,
      kernelBGP: [.init(virtualNetwork: 0, table: 100, routeProtocol: 12)], controlSocket: socket)
  }

  private static func syn(from source: String, port: UInt16 = 40_000) -> [UInt8] {
    tcpFrame(
      from: source, port, to: account, 443, flags: synFlag, sourceMAC: 0x0200_0001_0202,
      destinationMAC: 0x0200_0001_0201)
  }

  /// What is logged.
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  private struct Recorder: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      let text = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      lines.all.withLock { $0.append("\(event.message) \(text.joined(separator: " "))") }
    }
  }

  private struct Edge {
    var instance: Instance
    var links: [String: MemoryLink]
    var lines: Lines
  }

  private static func start(workers: Int = 1) async throws -> Edge {
    let configuration = try Self.configuration().forRole(.edge)
    var links: [String: MemoryLink] = [:]
    for name in ["backbone", "internet", "services"] { links[name] = try MemoryLink() }
    let lines = Lines()
    let surroundings = Surroundings(configuration, links: links)
    let instance = try await Instance.start(
      configuration, environment: surroundings.environment(workers: workers, enterNamespace: {}),
      logger: Logger(label: "test") { _ in Recorder(lines: lines) })
    return Edge(instance: instance, links: links, lines: lines)
  }

  @Test("the configuration in its role: ports and a socket of its own, no routes to learn")
  func role() throws {
    let fabric = try Self.configuration().forRole(.fabric)
    #expect(fabric.controlSocket == "/run/lab.sock" && fabric.topology.role == .fabric)
    let edge = try Self.configuration().forRole(.edge)
    #expect(edge.controlSocket == "/run/lab-edge.sock")
    #expect(edge.topology.role == .edge && edge.kernelBGP.isEmpty)
    #expect(edge.topology.worldPorts.map(\.kind) == [.backbone, .internet, .services])
    #expect(
      try Self.configuration(socket: "/run/lab").forRole(.edge).controlSocket == "/run/lab-edge")
    var without = Self.configuration()
    without.topology.edge = nil
    #expect(throws: ControlError.noEdge(path: "test.yaml")) { _ = try without.forRole(.edge) }
    #expect(
      ControlError.noEdge(path: "test.yaml").description
        == "test.yaml has no `edge`: write the ports of the service's side there")
    #expect(ControlError.noEdge(path: "").status == 404)
  }

  @Test(
    "I3 I6: an admitted and a denied connection, by every worker, read from a number on",
    arguments: [1, 3])
  func diagnostics(workers: Int) async throws {
    let edge = try await Self.start(workers: workers)
    let (internet, services) = (edge.links["internet"]!, edge.links["services"]!)
    for port in 0..<20 as Range<UInt16> {
      internet.send(Self.syn(from: "198.51.100.21", port: 1_000 + port))
      internet.send(Self.syn(from: "198.51.100.22", port: 1_000 + port))
    }
    _ = try await services.waitForFrames(20)
    let resets = try await internet.waitForFrames(20)
    #expect(resets.allSatisfy { SeenSegment($0).flags == resetFlag | ackFlag })
    let list = try await edge.instance.diagnostics(after: 0)
    #expect(list.records.count == 40)
    #expect(list.records.map(\.sequence) == Array(1...40))
    #expect(list.records.filter(\.connection.isAdmitted).count == 20)
    #expect(
      Set(list.records.map(\.connection.rule)) == [
        "ipRules[0] 198.51.100.21", "defaultAction Deny",
      ])
    #expect(try await edge.instance.diagnostics(after: 37).records.count == 3)
    #expect(try await edge.instance.diagnostics(after: 40).records.isEmpty)
    let report = try await edge.instance.stop()
    #expect(report.counters.isBalanced)
    #expect(
      report.counters.resourceRules
        == ["account: ipRules[0] 198.51.100.21": 20, "account: defaultAction Deny": 20])
    #expect(report.text().contains("account: defaultAction Deny"))
    let denied = edge.lines.all.withLock { $0 }.filter { $0.hasPrefix("denied ") }
    #expect(denied.count == DenialLines.eachSecond)
    #expect(
      denied.first?.contains(
        "because=denied by the default action Deny destination=20.60.26.132:443")
        == true)
  }

  @Test("I6: over the socket; a number that is none is refused")
  func api() async throws {
    let edge = try await Self.start()
    edge.links["internet"]!.send(Self.syn(from: "198.51.100.22"))
    _ = try await edge.links["internet"]!.waitForFrames(1)
    let directory = try TemporaryDirectory()
    let path = directory.path + "/edge.sock"
    let server = try ControlServer(
      socket: path, logger: Logger(label: "test") { _ in Recorder(lines: edge.lines) })
    let (ready, signal) = AsyncStream<Void>.makeStream()
    let serving = Task {
      defer { signal.finish() }
      try await server.run(edge.instance) { signal.yield() }
    }
    for await _ in ready { break }
    let client = ControlClient(socket: path)
    let result = await Task {
      let list = try await onThread { try client.diagnostics(after: 0) }
      #expect(list.records.map(\.connection.source) == ["198.51.100.22:40000"])
      #expect(try await onThread { try client.diagnostics(after: 1) }.records.isEmpty)
      do {
        _ = try await onThread {
          try client.exchange("GET", "/v1/diagnostics/all", body: nil) as DiagnosticsList
        }
        Issue.record("it must be refused")
      } catch {
        #expect("\(error)" == "what stands behind /v1/diagnostics/ is a number")
      }
    }.result
    serving.cancel()
    try await serving.value
    _ = try await edge.instance.stop()
    try result.get()
  }
}
