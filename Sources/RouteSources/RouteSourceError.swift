/// What keeps a source of prefixes or routes from being used.
public enum RouteSourceError: Error, Sendable, Equatable {
  /// One thing that is wrong in a file.
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Where: `values[3] (Storage.WestEurope): properties.addressPrefixes[7]`.
    public var field: String
    /// What is wrong, and what would be right.
    public var sentence: String

    public init(field: String, sentence: String) {
      self.field = field
      self.sentence = sentence
    }

    public var description: String { "\(field): \(sentence)" }
  }

  case unreadable(file: String, reason: String)
  /// The reason holds line and column.
  case notJSON(file: String, reason: String)
  /// Everything that is wrong, in the order of the file.
  case invalid(file: String, problems: [Problem])
  /// The kernel refused a netlink operation.
  case kernel(operation: String, reason: String)
}

extension RouteSourceError: CustomStringConvertible {
  /// One line for each problem.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .notJSON(let file, let reason): "\(file): not JSON: \(reason)"
    case .invalid(let file, let problems):
      problems.map { "\(file): \($0)" }.joined(separator: "\n")
    case .kernel(let operation, let reason): "netlink: cannot \(operation): \(reason)"
    }
  }
}
