import ArgumentParser
import ConfigurationFile
import Control
import Model

struct RoutesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes",
    abstract: "Shows the effective routes of a network interface.",
    discussion: """
      Asks the instance that runs with the configuration, so that live BGP routes and switched endpoints \
      are in it; where none runs, the routes are computed from the file. The JSON has the shape of \
      Azure's effective route list.
      """)

  @Argument(help: "The network interface.")
  var nic: String

  @OptionGroup var instance: InstanceOptions

  @Flag(help: "Compute from the file, also if an instance runs.")
  var offline = false

  @Option(
    help: ArgumentHelp(
      "List only the destinations on which this precedence model decides otherwise than that of the file.",
      valueName: "model"))
  var compare: PrecedenceModel?

  @Flag(help: "Print every prefix of a route that has many.")
  var allPrefixes = false

  @OptionGroup var format: OutputOptions

  func validate() throws {
    guard !offline || instance.config != nil else {
      throw ValidationError("--offline needs --config FILE.")
    }
  }

  func run() throws {
    if !offline {
      let client = try instance.client()
      do {
        if let compare {
          try show(try client.comparison(of: nic, with: compare.rawValue))
        } else {
          try show(try client.routes(of: nic))
        }
        writeNote("From the running instance.")
        return
      } catch ControlClientError.notRunning where instance.config != nil {
        // Said below, once there is something to show.
      }
    }
    let topology = try loadConfiguration(instance.config ?? "").topology
    let subnet = try topology.subnet(ofNetworkInterface: nic)
    if !offline { writeNote("No instance runs: computed from \(instance.config ?? "").") }
    let tables = RoutingTables(topology: topology)
    if let compare {
      try show(try ModelComparison(of: nic, with: compare, in: topology, tables: tables))
    } else {
      try show(EffectiveRouteTable(value: tables.effectiveRoutes(ofSubnet: subnet)))
    }
  }

  private func show(_ routes: EffectiveRouteTable) throws {
    try format.print(routes) { routes.text(allPrefixes: allPrefixes) }
  }

  private func show(_ comparison: ModelComparison) throws {
    try format.print(comparison) { comparison.text() }
  }
}

extension PrecedenceModel: ExpressibleByArgument {}
