import ArgumentParser

/// The `spurline` command. Each subcommand is a thin file of its own; the work is in the modules.
@main
struct Spurline: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spurline",
    abstract: "Forwards packets as a cloud virtual network with service endpoints does.",
    discussion: """
      A configuration file describes virtual networks, subnets, route tables and network interfaces in \
      Azure's words. `spurline run` forwards by it between real interfaces; `spurline routes` shows what \
      it means.
      """,
    version: "0.1.0",
    subcommands: [
      CheckCommand.self, RunCommand.self, EndpointCommand.self, ForecastCommand.self,
      RoutesCommand.self,
      SecurityRulesCommand.self,
      ExplainCommand.self, FlowsCommand.self, CountersCommand.self, DiagnosticsCommand.self,
      ReplayCommand.self,
      LabCommand.self, ServeCommand.self,
    ])

  static func main() async {
    openStandardStreams()
    await main(nil)
  }
}
