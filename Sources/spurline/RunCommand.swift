import ArgumentParser
import ConfigurationFile
import Control
import Dataplane
import Foundation
import Logging
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
    let instance = try await Instance.start(
      configuration,
      environment: Instance.Environment(
        loadConfiguration: { try ConfigurationLoader.load(path: path) }, openPort: openPort,
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

/// Opens the kernel interface under a port, in the namespace of the calling thread.
@Sendable private func openPort(_ record: PortRecord) throws -> any PacketIO.Port {
  switch record.device.kind {
  case .interface:
    try PcapPort(name: record.name, device: record.device.name)
  case .tap:
    try TapPort(
      name: record.name, device: record.device.name,
      namespace: record.device.namespace.map { NetworkNamespace($0) }, mtu: record.device.mtu)
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
