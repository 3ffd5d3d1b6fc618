import Yams

/// Turns YAML text into nodes: aliases and merge keys (`<<`) resolved, repeated keys reported, size bounded.
enum YAMLSource {
  static func parse(_ text: String, file: String, _ findings: Findings) -> SourceNode? {
    guard !aliasesAsKeys(text, file: file, findings) else { return nil }
    let root: Node?
    let duplicates: YAMLDuplicateKeys
    do {
      (root, duplicates) = try YAMLDuplicateKeys.compose(text)
    } catch let error as YamlError {
      report(error, text: text, file: file, findings)
      return nil
    } catch {
      findings.error(Place(file: file), "is not YAML: \(error)")
      return nil
    }
    guard let root else { return SourceNode(content: .null, line: 1, column: 1) }
    var conversion = Conversion(file: file, findings: findings, duplicates: duplicates)
    let node = conversion.convert(root, depth: 0)
    return conversion.isTooLarge ? nil : node
  }

  /// Yams hashes keys with everything in them, which for a key that is an alias of aliases takes for ever.
  private static func aliasesAsKeys(_ text: String, file: String, _ findings: Findings) -> Bool {
    guard text.contains("&"), text.contains("*") else { return false }
    let complexKey = /(^|[\s\[{,\-])(\?\s|\*\S+\s*:(\s|$))/
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let code = line.prefix { $0 != "#" }
      if let match = code.firstMatch(of: complexKey) {
        let column = code.distance(from: code.startIndex, to: match.range.lowerBound) + 1
        findings.error(
          Place(file: file, line: index + 1, column: column),
          "an alias or a `?` key cannot be a key here; write the key out")
        return true
      }
    }
    return false
  }

  /// Libyaml's sentences that say too little.
  private static let inWords = [
    "found undefined alias": "no anchor (`&name`) of this alias stands before it",
    "but found another document": "a second document begins here; one file is one configuration",
  ]

  private static func report(_ error: YamlError, text: String, file: String, _ findings: Findings) {
    let problem: String
    let at: (line: Int, column: Int)
    switch error {
    case .scanner(let context, let reason, let mark, _),
      .parser(let context, let reason, let mark, _),
      .composer(let context, let reason, let mark, _):
      problem =
        inWords[reason] ?? reason + (context.map { " (\($0.text), line \($0.mark.line))" } ?? "")
      at = (mark.line, mark.column)
    case .reader(let reason, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      let line = before.count { $0.isNewline } + 1
      problem = reason
      at = (line, before.reversed().prefix { !$0.isNewline }.count + 1)
    case .duplicatedKeysInMapping(let keys, let context):
      problem = "\(Spelling.choice(keys)) stands twice in one mapping; remove one"
      at = (context.mark.line, context.mark.column)
    default:
      problem = "\(error)"
      at = (1, 1)
    }
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    let line = lines.indices.contains(at.line - 1) ? lines[at.line - 1] : ""
    let hint =
      line.prefix { $0.isWhitespace }.contains("\t")
      ? "; the line is indented with a tab: use spaces" : ""
    findings.error(
      Place(file: file, line: at.line, column: at.column), "is not YAML: \(problem)\(hint)")
  }
}

/// One pass over a tree of Yams.
private struct Conversion {
  let file: String
  let findings: Findings
  let duplicates: YAMLDuplicateKeys
  var count = 0
  var isTooLarge = false

  mutating func convert(_ node: Node, depth: Int) -> SourceNode {
    count += 1
    let (line, column) = (node.mark?.line ?? 1, node.mark?.column ?? 1)
    var result = SourceNode(content: .null, line: line, column: column)
    guard !isTooLarge else { return result }
    if count > SourceNode.maximumCount || depth > SourceNode.maximumDepth {
      isTooLarge = true
      findings.error(
        Place(file: file, line: line, column: column),
        depth > SourceNode.maximumDepth
          ? "is nested deeper than \(SourceNode.maximumDepth) levels, the most that is read"
          : "holds more than \(SourceNode.maximumCount) values with its aliases, the most that is read"
      )
      return result
    }
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      result.content = isNull ? .null : .scalar(scalar.string, isPlain: isPlain)
    case .sequence(let sequence):
      result.content = .list(sequence.map { convert($0, depth: depth + 1) })
    case .mapping(let mapping):
      result.content = .mapping(entries(of: mapping, depth: depth))
    case .alias:
      break  // Yams resolves aliases while it composes.
    }
    return result
  }

  private mutating func entries(of mapping: Node.Mapping, depth: Int) -> [SourceNode.Entry] {
    var own: [SourceNode.Entry] = []
    var merged: [SourceNode.Entry] = []
    for (keyNode, valueNode) in mapping {
      let place = Place(
        file: file, line: keyNode.mark?.line ?? 1, column: keyNode.mark?.column ?? 1)
      guard case .scalar(let scalar) = keyNode else {
        findings.error(place, "a key must be a single word, not a list or a mapping")
        continue
      }
      let value = convert(valueNode, depth: depth + 1)
      let key = duplicates.original(of: scalar.string)
      if key == "<<", scalar.style == .plain {
        merged += merge(value, at: place)
      } else if let first = own.first(where: { $0.key == key }) {
        findings.error(
          place, "`\(key)` stands already in line \(first.line) of the same mapping; remove one")
      } else {
        own.append(SourceNode.Entry(key: key, line: place.line, column: place.column, value: value))
      }
    }
    // What is written beside `<<` wins; of several merged mappings the first (YAML merge key, 1.1).
    for entry in merged where !own.contains(where: { $0.key == entry.key }) { own.append(entry) }
    return own
  }

  private func merge(_ value: SourceNode, at place: Place) -> [SourceNode.Entry] {
    let sources = value.elements ?? [value]
    return sources.flatMap { source -> [SourceNode.Entry] in
      if case .mapping(let entries) = source.content { return entries }
      findings.error(place, "`<<` must name a mapping, or a list of mappings, not \(source.kind)")
      return []
    }
  }
}
