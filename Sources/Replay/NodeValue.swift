import ConfigurationFile
import Yams

/// Collects what is wrong in one YAML file.
final class NodeProblems {
  private let path: String
  private var found: [ConfigurationProblem] = []

  init(path: String) { self.path = path }

  /// By line and column.
  var all: [ConfigurationProblem] {
    found.sorted { ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message) }
  }

  func report(line: Int, column: Int, field: String, _ message: String) {
    found.append(
      ConfigurationProblem(
        path: path, line: line, column: column, field: field, message: message))
  }

  /// The root of a text; JSON is YAML, too. Nil, and a problem, where it is neither.
  func compose(_ text: String) -> NodeValue? {
    do {
      if let root = try Yams.compose(yaml: text) {
        return NodeValue(node: root, field: "", problems: self)
      }
      report(line: 0, column: 0, field: "", "is empty")
    } catch let error as YamlError {
      report(error)
    } catch {
      report(line: 0, column: 0, field: "", "is not YAML: \(error)")
    }
    return nil
  }

  private func report(_ error: YamlError) {
    switch error {
    case .scanner(_, let reason, let mark, _), .parser(_, let reason, let mark, _),
      .composer(_, let reason, let mark, _):
      report(line: mark.line, column: mark.column, field: "", "is not YAML: \(reason)")
    case .duplicatedKeysInMapping(let keys, let context):
      report(
        line: context.mark.line, column: context.mark.column, field: "",
        "`\(keys.joined(separator: "`, `"))` stands twice in one mapping; remove one")
    default:
      report(line: 0, column: 0, field: "", "is not YAML: \(error)")
    }
  }
}

/// A value of a YAML file under its field's name. Reading it as what it is not reports why, and gives nil.
struct NodeValue {
  let node: Node
  let field: String
  let problems: NodeProblems

  var line: Int { node.mark?.line ?? 0 }
  var isMapping: Bool { node.mapping != nil }

  func report(_ message: String) {
    problems.report(line: line, column: node.mark?.column ?? 0, field: field, message)
  }

  /// The values of a mapping by key. Keys that are not known are reported.
  func fields(known: [String]) -> [String: NodeValue] {
    guard let mapping = node.mapping else {
      report("must be a mapping with the keys \(known.joined(separator: ", "))")
      return [:]
    }
    var fields: [String: NodeValue] = [:]
    for (keyNode, valueNode) in mapping {
      let key = keyNode.scalar?.string ?? ""
      let value = NodeValue(
        node: valueNode, field: field.isEmpty ? key : "\(field).\(key)", problems: problems)
      if known.contains(key) {
        fields[key] = value
      } else {
        let mark = keyNode.mark
        problems.report(
          line: mark?.line ?? line, column: mark?.column ?? 0, field: value.field,
          "is not a key here; the keys are \(known.joined(separator: ", "))")
      }
    }
    return fields
  }

  func elements(_ what: String) -> [NodeValue] {
    guard let sequence = node.sequence else {
      report("must be \(what)")
      return []
    }
    return sequence.enumerated().map { index, element in
      NodeValue(node: element, field: "\(field)[\(index)]", problems: problems)
    }
  }

  func text() -> String? {
    guard let text = node.scalar?.string, !text.isEmpty else {
      report("must be a single value")
      return nil
    }
    return text
  }

  func parsed<Value>(_ what: String, _ parse: (String) -> Value?) -> Value? {
    guard let text = text() else { return nil }
    guard let value = parse(text) else {
      report("`\(text)` is not \(what)")
      return nil
    }
    return value
  }

  func number(_ range: ClosedRange<Int>) -> Int? {
    let what =
      range.upperBound == .max
      ? "a whole number from \(range.lowerBound)"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return parsed(what) { text in
      guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  func boolean() -> Bool? {
    parsed("true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
  }

  func choice<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> Choice?
  where Choice.RawValue == String {
    choice(among: type.allCases.map(\.rawValue), nil).flatMap { Choice(rawValue: $0) }
  }

  /// One of some words. Without `what`, the message lists them all.
  func choice(among words: [String], _ what: String?) -> String? {
    guard let text = text() else { return nil }
    if let word = words.first(where: { $0.lowercased() == text.lowercased() }) { return word }
    let list = words.joined(separator: ", ")
    report(
      what.map { "`\(text)` is not \($0); there are \(list)" }
        ?? "`\(text)` is none of \(list)")
    return nil
  }
}
