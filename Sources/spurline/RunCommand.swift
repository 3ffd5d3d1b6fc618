import ArgumentParser
import ConfigurationFile
import Control
import Dataplane
import Foundation
import Logging
import Model
import PacketIO

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Forwards packets by a configuration, in the foreground.",
    discussion: """
      Prints one line when it forwards. SIGHUP reads the configuration again: it is taken whole or \
      refused with every error. SIGINT and SIGTERM end it, and it prints how its packets ended; the \
      status is 1 if received = forwarded + answered + dropped does not hold.
      """)

  @Argument(help: ArgumentHelp("The configuration file.", valueName: "config"))
  var path: String

  @Option(
    help: ArgumentHelp(
      """
      The network namespace that the interfaces are in; by default that of the lab which `spurline lab up` \
      made of the configuration, if there is one, else the present one.
      """, valueName: "name"))
  var namespace: String?

  @Option(
    help: ArgumentHelp(
      """
      By what interfaces are received from and sent to: xdp (AF_XDP), xdp-generic (the same behind the driver), \
      ring (packet socket), pcap (libpcap), or auto: xdp where an interface allows it, else pcap.
      """, valueName: "backend"))
  var io: IOBackend = .automatic

  @Option(help: "The least important messages on standard error.")
  var logLevel: LogLevel = .notice

  func run() async throws {
    let configuration = try loadConfiguration(path)
    var logger = Logger(label: "spurline") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logLevel.level
    let namespace =
      try namespace.map(NetworkNamespace.init) ?? labNamespace(of: configuration)
    let signals = SignalEvents()
    let server = try ControlServer(socket: configuration.controlSocket, logger: logger)
    let path = path
    let opener = PortOpener(io, configuration.topology, logger)
    let instance = try await Instance.start(
      configuration,
      environment: Instance.Environment(
        loadConfiguration: { try ConfigurationLoader.load(path: path) }, openPort: opener.open,
        enterNamespace: { try namespace?.join() }),
      logger: logger)
    let report = try await Service.run(instance, server: server, events: signals.events) {
      let place = namespace.map { " in namespace \($0.name)" } ?? ""
      writeOut(
        "\(configuration.topology.name): forwarding\(place), control socket "
          + "\(configuration.controlSocket)\n")
    }
    writeOut(report.balance() + "\n")
    guard report.counters.isBalanced else { throw ExitCode.failure }
  }
}

extension IOBackend: ExpressibleByArgument {}

/// Opens the kernel interfaces under ports, in the namespace of the calling thread.
///
/// - Note: Unchecked because the worker's thread alone calls it, one port after the other.
private final class PortOpener: @unchecked Sendable {
  private let interfaces: InterfaceOpener
  private let logger: Logger

  init(_ backend: IOBackend, _ topology: Topology, _ logger: Logger) {
    let devices =
      topology.networkInterfaces.flatMap { [$0.device, $0.platformDevice].compactMap(\.self) }
      + topology.worldPorts.map(\.device)
    interfaces = InterfaceOpener(
      backend, ports: devices.count, largestPacket: devices.map(\.mtu).max() ?? 1_500)
    self.logger = logger
  }

  func open(_ record: PortRecord) throws -> any PacketIO.Port {
    switch record.device.kind {
    case .interface:
      let (port, choice) = try interfaces.open(name: record.name, device: record.device.name)
      logger.notice(
        "port is open",
        metadata: [
          "port": "\(record.name)", "interface": "\(record.device.name)",
          "by": "\(choice.backend.rawValue)", "because": "\(choice.reason)",
        ])
      return port
    case .tap:
      return try TapPort(
        name: record.name, device: record.device.name,
        namespace: record.device.namespace.map { NetworkNamespace($0) }, mtu: record.device.mtu)
    }
  }
}

/// swift-log's levels as an argument.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}
