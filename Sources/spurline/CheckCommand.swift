import ArgumentParser
import ConfigurationFile
import Model

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validates a configuration file and nothing else.",
    discussion: """
      Prints every error with file, line and field, all at once, and ends with status 1; or one line that \
      says what the configuration holds, and one for each resource. Warnings are on standard error, and change nothing. With \
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
      if report.errors.isEmpty { writeOut("\(path): OK: \(report.text)\n\(report.details)") }
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
  /// Managed services by the subnets that are delegated to them, `network/subnet`.
  var delegations: [String: [String]] = [:]
  var resources: [CheckedResource] = []
  /// Who may join which subnet to which resource, one sentence each (I4).
  var accessDecisions: [String] = []

  init() {}

  init(_ configuration: Configuration) {
    let topology = configuration.topology
    warnings = configuration.warnings.map(Problem.init)
    virtualNetworks = topology.virtualNetworks.count
    subnets = topology.subnets.count
    networkInterfaces = topology.networkInterfaces.count
    serviceEndpoints = topology.subnets.reduce(0) { $0 + $1.serviceEndpoints.count }
    routes = topology.routeTables.reduce(0) { $0 + $1.routes.count } + topology.bgpRoutes.count
    for (index, subnet) in topology.subnets.enumerated() where !subnet.delegations.isEmpty {
      delegations[topology.qualifiedName(ofSubnet: index)] = subnet.delegations
    }
    resources = topology.resources.map(CheckedResource.init)
    accessDecisions = configuration.accessDecisions.map(\.description)
  }

  var text: String {
    [
      (virtualNetworks, "virtual network"), (subnets, "subnet"),
      (networkInterfaces, "network interface"), (serviceEndpoints, "service endpoint"),
      (routes, "route"), (resources.count, "resource"),
    ].map(counted).joined(separator: ", ")
  }

  /// A line for each delegated subnet, each resource and each decision.
  var details: String {
    let delegated = delegations.sorted { $0.key < $1.key }.map {
      "\($0.key) is delegated to \($0.value.joined(separator: ", "))"
    }
    return (delegated + resources.map(\.text) + accessDecisions).map { "  \($0)\n" }.joined()
  }
}

/// A resource as `spurline check` shows it (I3).
private struct CheckedResource: Encodable {
  var id: String
  var name: String
  var service: String
  var region: String
  var secondaryRegion: String?
  var addresses: [String]
  var hostNames: [String]
  var defaultAction: String
  var virtualNetworkRules: [String]
  var ipRules: [String]

  init(_ resource: Resource) {
    id = "\(resource.id)"
    name = resource.name
    service = resource.service
    region = resource.region.name
    secondaryRegion = resource.secondaryRegion?.name
    addresses = (resource.addresses + resource.secondaryAddresses).map(\.description)
    hostNames = resource.hostNames + resource.secondaryHostNames
    defaultAction =
      resource.firewall.isPublic ? resource.firewall.defaultAction.rawValue : "Disabled"
    virtualNetworkRules = resource.firewall.virtualNetworkRules.map(\.description)
    ipRules = resource.firewall.ipRules.map(\.description)
  }

  var text: String {
    let regions = [region, secondaryRegion].compactMap(\.self).joined(separator: " and ")
    let rules = [
      (virtualNetworkRules.count, "virtual-network rule"), (ipRules.count, "IP rule"),
    ].map(counted)
    return "\(name) (\(service), \(regions)): \(defaultAction), \(rules.joined(separator: ", "))"
  }
}

private func counted(_ count: Int, _ what: String) -> String {
  "\(count) \(what)\(count == 1 ? "" : "s")"
}
