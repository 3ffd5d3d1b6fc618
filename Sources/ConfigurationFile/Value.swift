/// A file that is being read, and how strictly.
struct Source {
  var file: String
  var findings: Findings
  /// Of Azure's JSON: it has keys that are not read here, and tools spell keys in several ways.
  var isAzureDocument = false
}

/// A value under its field's name. Reading it as what it is not reports why, and gives nil.
struct Value {
  let node: SourceNode
  let place: Place
  let source: Source

  init(_ node: SourceNode, field: String, source: Source) {
    self.node = node
    self.source = source
    place = Place(file: source.file, line: node.line, column: node.column, field: field)
  }

  func error(_ message: String) { source.findings.error(place, message) }

  /// The text of a single value.
  /// - Parameter what: what should stand here, with its article and an example.
  func text(_ what: String = "a string") -> Located<String>? {
    switch node.content {
    case .scalar(let text, _) where !text.isEmpty: return Located(value: text, place: place)
    case .scalar: error("is empty; it must be \(what)")
    case .unresolved(let expression, let reason): error("cannot resolve `\(expression)`: \(reason)")
    default: error("must be \(what), not \(node.kind)")
    }
    return nil
  }

  /// Converts a single value; what does not convert is reported as `what` it should be.
  func parsed<Result>(
    _ what: String, _ convert: (String) -> Result?
  ) -> Located<Result>? {
    guard let text = text(what) else { return nil }
    guard let value = convert(text.value) else {
      error("`\(text.value)` is not \(what)")
      return nil
    }
    return Located(value: value, place: place)
  }

  func integer(_ range: ClosedRange<Int>) -> Located<Int>? {
    parsed("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      let digits = text.first == "-" ? text.dropFirst() : text[...]
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  func boolean() -> Bool? {
    parsed("`true` or `false`") { text in
      switch text.lowercased() {
      case "true": true
      case "false": false
      default: nil
      }
    }?.value
  }

  /// One of a few words, in whatever case; a near miss is suggested.
  func choice<Choice>(_ choices: [(word: String, value: Choice)]) -> Located<Choice>? {
    let words = choices.map(\.word)
    guard let text = text(Spelling.choice(words)) else { return nil }
    if let found = choices.first(where: { $0.word.lowercased() == text.value.lowercased() }) {
      return Located(value: found.value, place: place)
    }
    error(
      "`\(text.value)` is not \(Spelling.choice(words))"
        + Spelling.suggestion(for: text.value, among: words))
    return nil
  }

  func choice<Choice: CaseIterable & RawRepresentable>(
    of type: Choice.Type
  ) -> Located<Choice>? where Choice.RawValue == String {
    choice(type.allCases.map { ($0.rawValue, $0) })
  }

  /// The elements of a list; of nothing, none.
  func list(of what: String) -> [Value] {
    switch node.content {
    case .null: return []
    case .list(let elements):
      return elements.enumerated().map { index, element in
        Value(element, field: "\(place.field)[\(index)]", source: source)
      }
    case .unresolved: _ = text()
    default: error("must be a list of \(what), not \(node.kind)")
    }
    return []
  }

  /// The keys of a mapping.
  /// - Parameter example: the mapping's main key, for the message where it is something else.
  func section(_ example: String) -> Section? {
    switch node.content {
    case .mapping(let entries): return Section(entries, place: place, source: source)
    case .unresolved: _ = text()
    default: error("must be a mapping such as `\(example)`, not \(node.kind)")
    }
    return nil
  }
}
