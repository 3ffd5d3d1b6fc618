/// What keeps a worker from working.
public enum WorkerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence for each port or resource that could not be had.
  case cannotStart([String])
  case stopped

  static func cannotStart(_ reason: String) -> WorkerError { .cannotStart([reason]) }

  public var description: String {
    switch self {
    case .cannotStart(let reasons): "cannot start: \(reasons.joined(separator: "; "))"
    case .stopped: "the instance is stopping and takes no more commands"
    }
  }
}
