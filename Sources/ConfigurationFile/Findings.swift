/// Where something was written.
struct Place: Hashable {
  var file: String
  /// From 1; 0 means the file as a whole.
  var line: Int
  var column: Int
  /// The path of the field, empty for the outermost value.
  var field: String

  init(file: String, line: Int = 0, column: Int = 0, field: String = "") {
    self.file = file
    self.line = line
    self.column = column
    self.field = field
  }

  /// The same spot, named as a key below this field.
  func key(_ key: String) -> Place {
    var place = self
    place.field += (field.isEmpty ? "" : ".") + key
    return place
  }
}

/// A value and where it was written.
struct Located<Value> {
  var value: Value
  var place: Place
}

/// Collects what is wrong while a configuration is read, so that all of it is reported at once.
final class Findings {
  private(set) var errors: [ConfigurationProblem] = []
  private(set) var warnings: [ConfigurationProblem] = []
  /// A file that was named could not be read: that something is missing need not be a mistake of its own.
  var isIncomplete = false
  /// In the order in which they were opened: the order of the report.
  private var files: [String] = []

  func opened(file: String) {
    if !files.contains(file) { files.append(file) }
  }

  func error(_ place: Place, _ message: String) {
    errors.append(problem(place, message))
  }

  /// Fields that a misspelt key is the nearest to: that they are missing is not reported too.
  private var meant: Set<String> = []

  func misspelt(_ place: Place, meaning field: String?, _ message: String) {
    error(place, message)
    if let field { meant.insert("\(place.file): \(field)") }
  }

  func warning(_ place: Place, _ message: String) {
    warnings.append(problem(place, message))
  }

  /// Without repetitions, by file, line and column; what stands at one spot keeps the order it was found in.
  func ordered(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
    var seen: Set<ConfigurationProblem> = []
    let isMissing = { (problem: ConfigurationProblem) in problem.message.hasPrefix("is missing; ") }
    let field = { (problem: ConfigurationProblem) in "\(problem.path): \(problem.field)" }
    // What is there, but wrong, or misspelt, is not missing too.
    let explained = meant.union(problems.filter { !isMissing($0) }.map(field))
    let distinct = problems.filter { problem in
      !(isMissing(problem) && explained.contains(field(problem))) && seen.insert(problem).inserted
    }
    let keyed = distinct.enumerated().map { index, problem in
      (
        (files.firstIndex(of: problem.path) ?? files.count, problem.line, problem.column, index),
        problem
      )
    }
    return keyed.sorted { $0.0 < $1.0 }.map(\.1)
  }

  private func problem(_ place: Place, _ message: String) -> ConfigurationProblem {
    ConfigurationProblem(
      path: place.file, line: place.line, column: place.column, field: place.field,
      message: message)
  }
}
