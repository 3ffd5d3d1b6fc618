import ArgumentParser
import ConfigurationFile

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validates a configuration file and nothing else.",
    discussion: """
      Prints every error with file, line and field, all at once, and ends with status 1; or one line that \
      says what the configuration holds. Warnings are on standard error, and change nothing.
      """)

  @Argument(help: ArgumentHelp("The configuration file.", valueName: "config"))
  var path: String

  func run() throws {
    let configuration = try loadConfiguration(path)
    for warning in configuration.warnings { writeNote("warning: \(warning)") }
    let topology = configuration.topology
    let routes =
      topology.routeTables.reduce(0) { $0 + $1.routes.count } + topology.bgpRoutes.count
    let counts = [
      (topology.virtualNetworks.count, "virtual network"), (topology.subnets.count, "subnet"),
      (topology.networkInterfaces.count, "network interface"),
      (topology.subnets.reduce(0) { $0 + $1.serviceEndpoints.count }, "service endpoint"),
      (routes, "route"),
    ]
    writeOut(
      "\(path): OK: "
        + counts.map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ") + "\n")
  }
}
