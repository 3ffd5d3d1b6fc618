/// What keeps a lab from being made, removed or entered.
public enum LabError: Error, Sendable, Equatable {
  case notRoot(operation: String)
  case noLabSection(path: String)
  /// The `lab:` section asks for what no kernel can make; every problem.
  case impossible(problems: [String])
  case missingProgram(String)
  /// A command of iproute2 failed.
  case commandFailed(command: String, reason: String)
  /// What `up` made is not what it should be.
  case incomplete(problems: [String])
  case belongsToAnotherLab(netns: String, lab: String)
  case unknownNamespace(String, known: [String])
  case notUp(netns: String)
  /// Processes that survive SIGKILL: they hang in the kernel.
  case processesRemain(netns: String, pids: [Int32])
  case system(operation: String, reason: String)
}

extension LabError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notRoot(let operation):
      "must be root to \(operation) a lab: it makes and enters network namespaces"
    case .noLabSection(let path):
      "\(path) has no `lab:` section that says which namespaces to make"
    case .impossible(let problems):
      problems.map { "lab: \($0)" }.joined(separator: "\n")
    case .missingProgram(let name):
      "cannot find the program `\(name)`; on Debian it is in the package iproute2"
    case .commandFailed(let command, let reason):
      "`\(command)` failed: \(reason)"
    case .incomplete(let problems):
      "the lab is not as it should be: " + problems.joined(separator: "; ")
    case .belongsToAnotherLab(let netns, let lab):
      "the network namespace \(netns) belongs to the lab `\(lab)`; give one of the two another name"
    case .unknownNamespace(let name, let known):
      "the lab has no namespace `\(name)`; it has \(known.joined(separator: ", "))"
    case .notUp(let netns):
      "the network namespace \(netns) does not exist: bring the lab up first"
    case .processesRemain(let netns, let pids):
      "processes \(pids.map(String.init).joined(separator: ", ")) in \(netns) do not end, even when killed"
    case .system(let operation, let reason):
      "cannot \(operation): \(reason)"
    }
  }
}
