import Model
import Wire

/// A command that an instance refuses; nothing has changed then.
public enum ControlError: Error, Sendable, Equatable {
  case unknownSubnet(String, known: [String])
  case ambiguousSubnet(String, candidates: [String])
  case unknownNetworkInterface(String, known: [String])
  case unknownPort(String, known: [String])
  case unknownPrecedence(String)
  /// No live TCP connection of a service edge.
  case unknownConnection(ConnectionEnds)
  case alreadyEnabled(service: String, subnet: String)
  case notEnabled(service: String, subnet: String, enabled: [String])
  case impossibleEndpoint(subnet: String, [EndpointProblem])
  /// Every reason, in the order of the file.
  case reloadRefused([String])
  case badRequest(String)
  /// The configuration has no service edge.
  case noEdge(path: String)
  case noEndpointsAtEdge
  case stopping

  /// HTTP's.
  var status: Int {
    switch self {
    case .unknownSubnet, .unknownNetworkInterface, .unknownPort, .unknownConnection, .noEdge: 404
    case .alreadyEnabled, .notEnabled: 409
    case .unknownPrecedence, .impossibleEndpoint, .reloadRefused: 422
    case .ambiguousSubnet, .badRequest, .noEndpointsAtEdge: 400
    case .stopping: 503
    }
  }

  var report: ErrorReport {
    if case .reloadRefused(let problems) = self {
      return ErrorReport(error: summary, problems: problems)
    }
    return ErrorReport(error: summary, problems: [])
  }

  private var summary: String {
    switch self {
    case .unknownSubnet(let name, let known):
      "no subnet is called '\(name)'; there are \(list(known))"
    case .ambiguousSubnet(let name, let candidates):
      "several subnets are called '\(name)': write \(list(candidates, "or"))"
    case .unknownNetworkInterface(let name, let known):
      "no network interface is called '\(name)'; there are \(list(known))"
    case .unknownPort(let name, let known):
      "no port is called '\(name)'; there are \(list(known))"
    case .unknownPrecedence(let name):
      "no precedence model is called '\(name)'; there are "
        + list(PrecedenceModel.allCases.map(\.rawValue))
    case .unknownConnection(let ends):
      "no TCP connection of a service edge here goes from \(ends)"
    case .alreadyEnabled(let service, let subnet):
      "\(service) is already enabled on \(subnet); disable it first to change its locations"
    case .notEnabled(let service, let subnet, let enabled):
      "\(service) is not enabled on \(subnet)"
        + (enabled.isEmpty ? ", nor is any other service" : "; enabled are \(list(enabled))")
    case .impossibleEndpoint(let subnet, let problems):
      "\(subnet): " + problems.map(\.description).joined(separator: "; ")
    case .reloadRefused(let problems):
      "the configuration was not reloaded, and all is as it was: \(problems.count) "
        + (problems.count == 1 ? "problem" : "problems")
    case .badRequest(let reason): reason
    case .noEdge(let path): "\(path) has no `edge`: write the ports of the service's side there"
    case .noEndpointsAtEdge: "a service edge has no endpoints: ask the fabric"
    case .stopping: WorkerError.stopped.description
    }
  }

  private func list(_ names: [String], _ word: String = "and") -> String {
    names.count < 2
      ? names.first ?? "none"
      : names.dropLast().joined(separator: ", ") + " \(word) " + names[names.count - 1]
  }
}

extension ControlError: CustomStringConvertible {
  /// The sentence, and a line for each problem.
  public var description: String {
    ([report.error] + report.problems.map { "  \($0)" }).joined(separator: "\n")
  }
}
