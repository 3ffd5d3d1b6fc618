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

  @Option(
    help: ArgumentHelp(
      """
      How many threads forward, each on a processor of its own; every flow belongs to one of them. Without the \
      option there is one, on whichever processor is free.
      """, valueName: "number"))
  var workers: Int?

  @Option(
    help: """
      What to be: the fabric of the virtual networks, or the service's edge at the far end of the backbone \
      (`edge` in the configuration).
      """)
  var role: Role = .fabric

  @Option(help: "The least important messages on standard error.")
  var logLevel: LogLevel = .notice

  func validate() throws {
    if let workers, !(1...64).contains(workers) {
      throw ValidationError("--workers is \(workers); it may be 1 to 64.")
    }
  }

  func run() async throws {
    let role = role
    let configuration = try loadConfiguration(path).forRole(role)
    var logger = Logger(label: "spurline") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logLevel.level
    let namespace =
      try namespace.map(NetworkNamespace.init) ?? labNamespace(of: configuration, role)
    let signals = SignalEvents()
    let server = try ControlServer(socket: configuration.controlSocket, logger: logger)
    let path = path
    let io = io
    let topology = configuration.topology
    let count = workers ?? 1
    let instance = try await Instance.start(
      configuration,
      environment: Instance.Environment(
        workers: count, isPinned: workers != nil, batches: io == .ring ? .byAny : .byTAP,
        loadConfiguration: { try ConfigurationLoader.load(path: path).forRole(role) },
        makeOpener: { [logger] _ in
          PortOpener(io, topology, sharesTAPs: count > 1, logger).open
        },
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
extension Role: ExpressibleByArgument {}

/// Opens the kernel interfaces under ports of one worker, in the namespace of its thread.
private final class PortOpener {
  private let interfaces: InterfaceOpener
  /// Other workers open the same TAPs, each with a queue of its own.
  private let sharesTAPs: Bool
  private let logger: Logger

  init(_ backend: IOBackend, _ topology: Topology, sharesTAPs: Bool, _ logger: Logger) {
    let devices =
      topology.presentInterfaces.flatMap { [$0.device, $0.platformDevice].compactMap(\.self) }
      + topology.worldPorts.map(\.device)
    interfaces = InterfaceOpener(
      backend, ports: devices.count, largestPacket: devices.map(\.mtu).max() ?? 1_500)
    self.sharesTAPs = sharesTAPs
    self.logger = logger
  }

  func open(_ record: PortRecord, as role: PortRole) throws -> any PacketIO.Port {
    switch record.device.kind {
    case .interface where role == .sending:
      return try SendingPort(name: record.name, device: record.device.name)
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
      let port = try TapPort(
        name: record.name, device: record.device.name,
        namespace: record.device.namespace.map { NetworkNamespace($0) }, mtu: record.device.mtu,
        isShared: sharesTAPs)
      logger.notice(
        "port is open",
        metadata: [
          "port": "\(record.name)", "interface": "\(record.device.name)", "by": "tap",
          "offloads": "\(port.offloads.rawValue)",
        ])
      return port
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
