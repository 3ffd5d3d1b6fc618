import ArgumentParser
import ConfigurationFile

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validates a configuration file and nothing else.",
    discussion: """
      Prints every error with file, line and field, all at once, and ends with status 1; or one line that \
      says what the configuration holds. Warnings are on standard error, and change nothing. With \
      --output json errors, warnings and counts are one document on standard output.
      """)

  @Argument(help: ArgumentHelp("The configuration file.", valueName: "config"))
  var path: String

  @OptionGroup var format: OutputOptions

  func run() throws {
    var report = CheckReport()
    do {
      let configuration = try ConfigurationLoader.load(path: path)
      report = CheckReport(configuration)
    } catch {
      report.errors = error.problems.map(CheckReport.Problem.init)
      if format.output == .table { writeNote("\(error)") }
    }
    switch format.output {
    case .json: try format.print(report) { "" }
    case .table:
      for warning in report.warnings { writeNote("warning: \(warning.text)") }
      if report.errors.isEmpty { writeOut("\(path): OK: \(report.text)\n") }
    }
    guard report.errors.isEmpty else { throw ExitCode.failure }
  }
}

/// What `spurline check` found.
private struct CheckReport: Encodable {
  struct Problem: Encodable {
    var path: String
    var line: Int
    var column: Int
    var field: String
    var message: String
    /// As it is printed.
    var text: String

    init(_ problem: ConfigurationProblem) {
      path = problem.path
      line = problem.line
      column = problem.column
      field = problem.field
      message = problem.message
      text = "\(problem)"
    }
  }

  var errors: [Problem] = []
  var warnings: [Problem] = []
  var virtualNetworks = 0
  var subnets = 0
  var networkInterfaces = 0
  var serviceEndpoints = 0
  var routes = 0

  init() {}

  init(_ configuration: Configuration) {
    let topology = configuration.topology
    warnings = configuration.warnings.map(Problem.init)
    virtualNetworks = topology.virtualNetworks.count
    subnets = topology.subnets.count
    networkInterfaces = topology.networkInterfaces.count
    serviceEndpoints = topology.subnets.reduce(0) { $0 + $1.serviceEndpoints.count }
    routes = topology.routeTables.reduce(0) { $0 + $1.routes.count } + topology.bgpRoutes.count
  }

  var text: String {
    [
      (virtualNetworks, "virtual network"), (subnets, "subnet"),
      (networkInterfaces, "network interface"), (serviceEndpoints, "service endpoint"),
      (routes, "route"),
    ].map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ")
  }
}
