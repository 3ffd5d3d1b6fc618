/// A value as written in YAML or JSON, with its position: what both parsers make and all readers read.
struct SourceNode {
  enum Content {
    case null
    /// Plain: not in quotes, so that it may be a number or a boolean.
    case scalar(String, isPlain: Bool)
    case list([SourceNode])
    case mapping([Entry])
    /// A template expression whose value is not known here; the reason is for messages.
    case unresolved(expression: String, reason: String)
  }

  struct Entry {
    var key: String
    var line: Int
    var column: Int
    var value: SourceNode
  }

  /// Larger inputs are refused: nobody writes them, and aliases make them from a few lines.
  static let maximumDepth = 64
  /// Values in one file, aliases counted each time they are used.
  static let maximumCount = 200_000

  var content: Content
  var line: Int
  var column: Int

  /// What it is, for messages.
  var kind: String {
    switch content {
    case .null: "nothing"
    case .scalar: "a single value"
    case .list: "a list"
    case .mapping: "a mapping"
    case .unresolved: "a template expression"
    }
  }

  /// The value of a key, in whatever case.
  subscript(key: String) -> SourceNode? {
    guard case .mapping(let entries) = content else { return nil }
    let wanted = key.lowercased()
    return entries.first { $0.key.lowercased() == wanted }?.value
  }

  /// The text of a scalar.
  var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  var elements: [SourceNode]? {
    if case .list(let elements) = content { elements } else { nil }
  }
}
