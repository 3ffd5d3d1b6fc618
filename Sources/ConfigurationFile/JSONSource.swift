/// Parses JSON (RFC 8259) with positions, for errors that name a line. Templates of Azure may have comments
/// (`//`, `/* */`) and line breaks within strings; both are read.
struct JSONSource {
  private struct SyntaxError: Error {
    var message: String
  }

  private let file: String
  private let findings: Findings
  private var rest: Substring.UnicodeScalarView
  private var line = 1
  private var column = 1
  private var count = 0

  private init(_ text: String, file: String, findings: Findings) {
    self.file = file
    self.findings = findings
    rest = Substring(text).unicodeScalars
  }

  static func parse(_ text: String, file: String, _ findings: Findings) -> SourceNode? {
    var source = JSONSource(text, file: file, findings: findings)
    do {
      let root = try source.value(depth: 0)
      try source.skipSpace()
      guard source.rest.isEmpty else { throw SyntaxError(message: "more text follows the value") }
      return root
    } catch let error as SyntaxError {
      let place = Place(file: file, line: source.line, column: source.column)
      findings.error(place, "is not JSON: \(error.message)")
    } catch {
      findings.error(Place(file: file), "is not JSON: \(error)")
    }
    return nil
  }

  private mutating func value(depth: Int) throws -> SourceNode {
    try skipSpace()
    count += 1
    guard depth <= SourceNode.maximumDepth, count <= SourceNode.maximumCount else {
      throw SyntaxError(
        message: "larger or deeper than what is read: \(SourceNode.maximumDepth) levels, "
          + "\(SourceNode.maximumCount) values")
    }
    var node = SourceNode(content: .null, line: line, column: column)
    switch rest.first {
    case nil: throw SyntaxError(message: "the text ends where a value should stand")
    case "{": node.content = .mapping(try members(depth: depth))
    case "[": node.content = .list(try elements(depth: depth))
    case "\"": node.content = .scalar(try string(), isPlain: false)
    default:
      let word = String(
        String.UnicodeScalarView(rest.prefix { !" \t\r\n,:[]{}\"/".unicodeScalars.contains($0) }))
      guard Self.isLiteral(word) else {
        throw SyntaxError(
          message:
            "`\(word.isEmpty ? String(rest.prefix(1)) : word)` is no value; strings stand in double quotes"
        )
      }
      for _ in word.unicodeScalars { advance() }
      node.content = word == "null" ? .null : .scalar(word, isPlain: true)
    }
    return node
  }

  private static func isLiteral(_ word: String) -> Bool {
    if ["null", "true", "false"].contains(word) { return true }
    return word.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
  }

  private mutating func members(depth: Int) throws -> [SourceNode.Entry] {
    advance()
    var entries: [SourceNode.Entry] = []
    var seen: Set<String> = []
    try skipSpace()
    if take("}") { return entries }
    while true {
      try skipSpace()
      let (keyLine, keyColumn) = (line, column)
      guard rest.first == "\"" else {
        throw SyntaxError(message: "a key in double quotes should stand here")
      }
      let key = try string()
      let isRepeated = !seen.insert(key).inserted
      try skipSpace()
      guard take(":") else { throw SyntaxError(message: "a `:` should follow the key `\(key)`") }
      let value = try value(depth: depth + 1)
      if isRepeated {
        // Real exports have this. Most readers take the last (RFC 8259 section 4).
        entries.removeAll { $0.key == key }
        findings.warning(
          Place(file: file, line: keyLine, column: keyColumn),
          "`\(key)` stands twice in one object; this last one counts")
      }
      entries.append(SourceNode.Entry(key: key, line: keyLine, column: keyColumn, value: value))
      try skipSpace()
      if take("}") { return entries }
      guard take(",") else { throw SyntaxError(message: "a `,` or `}` should stand here") }
    }
  }

  private mutating func elements(depth: Int) throws -> [SourceNode] {
    advance()
    var elements: [SourceNode] = []
    try skipSpace()
    if take("]") { return elements }
    while true {
      elements.append(try value(depth: depth + 1))
      try skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw SyntaxError(message: "a `,` or `]` should stand here") }
    }
  }

  private mutating func string() throws -> String {
    let start = line
    advance()
    var text = String.UnicodeScalarView()
    while let scalar = rest.first {
      advance()
      switch scalar {
      case "\"": return String(text)
      case "\\": text.append(try escape())
      default: text.append(scalar)
      }
    }
    throw SyntaxError(message: "the string that begins in line \(start) has no end")
  }

  private mutating func escape() throws -> Unicode.Scalar {
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "\"": "\"", "\\": "\\", "/": "/", "b": "\u{8}", "f": "\u{c}", "n": "\n", "r": "\r", "t": "\t",
    ]
    guard let scalar = rest.first else {
      throw SyntaxError(message: "the text ends within a string")
    }
    if let meant = simple[scalar] {
      advance()
      return meant
    }
    guard take("u") else { throw SyntaxError(message: "`\\\(scalar)` is no escape of JSON") }
    let first = try hexadecimal()
    // Beyond the first 65,536 characters an escape is a pair of surrogates.
    if (0xd800..<0xdc00).contains(first), take("\\"), take("u") {
      let second = try hexadecimal()
      if (0xdc00..<0xe000).contains(second) {
        let code = 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)
        if let scalar = Unicode.Scalar(code) { return scalar }
      }
    }
    guard let scalar = Unicode.Scalar(first) else {
      throw SyntaxError(message: "an escape of half a surrogate pair")
    }
    return scalar
  }

  private mutating func hexadecimal() throws -> UInt32 {
    let digits = String(String.UnicodeScalarView(rest.prefix(4)))
    guard digits.utf8.count == 4, digits.first != "+", let value = UInt32(digits, radix: 16) else {
      throw SyntaxError(message: "four hexadecimal digits should follow `\\u`")
    }
    for _ in 0..<4 { advance() }
    return value
  }

  private mutating func skipSpace() throws {
    while let scalar = rest.first {
      if " \t\r\n".unicodeScalars.contains(scalar) {
        advance()
      } else if rest.starts(with: "//".unicodeScalars) {
        while let next = rest.first, next != "\n" { advance() }
      } else if rest.starts(with: "/*".unicodeScalars) {
        let start = line
        while !rest.starts(with: "*/".unicodeScalars) {
          guard !rest.isEmpty else {
            throw SyntaxError(message: "the comment that begins in line \(start) has no end")
          }
          advance()
        }
        advance()
        advance()
      } else {
        return
      }
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    advance()
    return true
  }

  private mutating func advance() {
    (line, column) = rest.removeFirst() == "\n" ? (line + 1, 1) : (line, column + 1)
  }
}
