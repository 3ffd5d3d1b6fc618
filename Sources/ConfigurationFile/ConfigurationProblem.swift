/// One thing in a file that is wrong, or, as a warning, probably not what was meant.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
  /// The file, as it was named to the loader; of an included file, relative to the configuration's folder.
  public var path: String
  /// Counted from 1; 0 where the whole file is meant.
  public var line: Int
  /// Counted from 1 in characters; 0 where the whole file is meant.
  public var column: Int
  /// Such as `virtualNetworks[0].subnets[1].addressPrefix`; empty where no field is meant.
  public var field: String
  /// What is wrong, and what would be right.
  public var message: String

  public init(path: String, line: Int, column: Int, field: String, message: String) {
    self.path = path
    self.line = line
    self.column = column
    self.field = field
    self.message = message
  }

  /// `file:line:column: field: message`, the form that editors jump to.
  public var description: String {
    let position = line > 0 ? ":\(line):\(column)" : ""
    return "\(path)\(position): " + (field.isEmpty ? "" : "\(field): ") + message
  }
}

/// Everything that is wrong in a configuration: the configuration's own file first, then the files that it
/// includes, each ordered by line.
public struct ConfigurationErrors: Error, Hashable, Sendable, CustomStringConvertible {
  public var problems: [ConfigurationProblem]

  public init(problems: [ConfigurationProblem]) {
    self.problems = problems
  }

  /// One line for each problem.
  public var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}
