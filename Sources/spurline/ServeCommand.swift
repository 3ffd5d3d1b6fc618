import ArgumentParser
import Control
import Foundation
import Logging
import TokenServers
import Tokens
import Wire

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Plays a service of a lab that admits by tokens (Data Lake Gen1).",
    discussion: """
      Start them where their addresses are: `spurline lab exec CONFIG NAMESPACE spurline serve ...`. They answer \
      over HTTP until they are interrupted; docs/data-lake.md says what.
      """,
    subcommands: [DirectoryService.self, Store.self])

  /// What both have.
  struct Options: ParsableArguments {
    @Argument(help: ArgumentHelp("The configuration file.", valueName: "config"))
    var path: String

    @Option(
      help: ArgumentHelp("Where to answer, such as 20.190.128.10:80.", valueName: "address:port"),
      transform: listenAddress)
    var listen: TransportAddress

    @Option(
      help: ArgumentHelp(
        "Who issues the tokens. Without the option https://directory.NAME.lab/, by the configuration's name.",
        valueName: "name"))
    var issuer: String?

    @Option(help: "The least important messages on standard error.")
    var logLevel: LogLevel = .notice

    var logger: Logger {
      var logger = Logger(label: "spurline") { StreamLogHandler.standardError(label: $0) }
      logger.logLevel = logLevel.level
      return logger
    }

    func issuer(ofLab name: String) -> String { issuer ?? "https://directory.\(name).lab/" }
  }

  struct DirectoryService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "directory",
      abstract: "Signs tokens, with the network's claim where they are asked for over the endpoint."
    )

    @OptionGroup var options: Options

    @Option(
      help: ArgumentHelp(
        "Who may sign in: a line for each, a name and a secret.", valueName: "file"))
    var principals: String

    @Option(
      help: ArgumentHelp(
        "The private key, PEM, P-256. It is made where there is none.", valueName: "file"))
    var key: String

    @Option(help: ArgumentHelp("Where to write the public key, PEM.", valueName: "file"))
    var publicKey: String?

    @Option(
      help: ArgumentHelp(
        """
        The control socket of the edge that is asked whose a connection is. Without the option the \
        configuration's.
        """, valueName: "path"))
    var edge: String?

    @Option(help: ArgumentHelp("How long tokens count.", valueName: "seconds"))
    var lifetime: Int = TokenIssuer.lifetime

    func validate() throws {
      guard (1...86_400).contains(lifetime) else {
        throw ValidationError("--lifetime is \(lifetime); it may be 1 to 86400.")
      }
    }

    func run() async throws {
      let signals = SignalEvents()
      let (logger, listen) = (options.logger, options.listen)
      let configuration = try loadConfiguration(options.path)
      let socket = try edge ?? configuration.forRole(.edge).controlSocket
      let callers = EdgeCallers(socket: socket)
      // Before a key is made.
      let principals = try Principals.read(path: principals)
      let directory = Directory(
        issuer: try await KeyFiles.issuer(
          named: options.issuer(ofLab: configuration.topology.name), privateKey: key,
          publicKey: publicKey),
        principals: principals, lifetime: lifetime,
        callers: { await callers.caller(of: $0) })
      try await TokenServer(directory, at: listen, logger: logger).run(
        events: signals.events,
        reload: { logger.notice("a directory reads nothing again: start it anew") },
        whenReady: { writeOut("directory: answers at \(listen), asks the edge at \(socket)\n") })
    }
  }

  struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "store",
      abstract: "Serves files to whoever has a token with the claim of an allowed subnet.",
      discussion: "SIGHUP reads the configuration again, and takes the resource's rules from it.")

    @OptionGroup var options: Options

    @Option(help: ArgumentHelp("Whose rules admit.", valueName: "name"))
    var resource: String

    @Option(help: ArgumentHelp("The directory's public key, PEM.", valueName: "file"))
    var publicKey: String

    @Option(help: ArgumentHelp("The files.", valueName: "folder"))
    var root: String

    @Option(help: ArgumentHelp("For whom tokens have to be.", valueName: "name"))
    var audience: String = "https://datalake.azure.net/"

    func run() async throws {
      let signals = SignalEvents()
      let (logger, listen, path, resource) = (
        options.logger, options.listen, options.path, resource
      )
      let topology = try loadConfiguration(path).topology
      let account = try Account(
        resource, in: topology,
        verifier: try await KeyFiles.verifier(
          issuer: options.issuer(ofLab: topology.name), audience: audience, publicKey: publicKey))
      try await TokenServer(
        account, serving: try ServedFolder(path: root), at: listen, logger: logger
      ).run(
        events: signals.events,
        reload: {
          do {
            try await account.adopt(try loadConfiguration(path).topology)
            logger.notice("the rules were read again")
          } catch {
            logger.error("the rules are as they were: \(error)")
          }
        },
        whenReady: { writeOut("store: answers for \(resource) at \(listen)\n") })
    }
  }
}

@Sendable
private func listenAddress(_ text: String) throws -> TransportAddress {
  guard let address = TransportAddress(text) else {
    throw ValidationError("'\(text)' is not ADDRESS:PORT.")
  }
  return address
}
