/// An expression of an ARM template, such as `[concat(variables('vnet'), '/', parameters('subnet'))]`.
indirect enum TemplateExpression {
  case literal(SourceNode.Content)
  case call(String, [TemplateExpression])
  case member(TemplateExpression, String)
  case element(TemplateExpression, TemplateExpression)

  /// The expression in a string of a template; nil where the string is plain text.
  static func source(in text: String) -> Substring? {
    guard text.hasPrefix("["), text.hasSuffix("]"), !text.hasPrefix("[["), text.count > 2 else {
      return nil
    }
    return text.dropFirst().dropLast()
  }

  /// What cannot be resolved, in words for a message.
  struct Failure: Error {
    var reason: String
  }

  static func parse(_ text: Substring) throws(Failure) -> TemplateExpression {
    var parser = Parser(rest: text)
    let expression = try parser.expression(depth: 0)
    parser.skipSpace()
    guard parser.rest.isEmpty else {
      throw Failure(reason: "`\(parser.rest.prefix(20))` follows where the expression should end")
    }
    return expression
  }

  private struct Parser {
    /// No template of people's making is deeper.
    static let maximumDepth = 40

    var rest: Substring

    mutating func skipSpace() {
      rest = rest.drop { $0.isWhitespace }
    }

    mutating func take(_ character: Character) -> Bool {
      skipSpace()
      guard rest.first == character else { return false }
      rest.removeFirst()
      return true
    }

    mutating func expression(depth: Int) throws(Failure) -> TemplateExpression {
      guard depth <= Self.maximumDepth else { throw Failure(reason: "it is nested too deeply") }
      var result = try primary(depth: depth)
      while true {
        if take(".") {
          let name = word()
          guard !name.isEmpty else {
            throw Failure(reason: "a property's name should follow the `.`")
          }
          result = .member(result, name)
        } else if take("[") {
          result = .element(result, try expression(depth: depth + 1))
          guard take("]") else { throw Failure(reason: "a `]` is missing") }
        } else {
          return result
        }
      }
    }

    private mutating func primary(depth: Int) throws(Failure) -> TemplateExpression {
      skipSpace()
      if rest.first == "'" { return .literal(.scalar(try string(), isPlain: false)) }
      let name = word()
      if Int(name) != nil { return .literal(.scalar(name, isPlain: true)) }
      guard !name.isEmpty, take("(") else {
        throw Failure(reason: "`\(rest.isEmpty ? name[...] : rest.prefix(20))` is no expression")
      }
      var arguments: [TemplateExpression] = []
      if take(")") { return .call(name, []) }
      repeat { arguments.append(try expression(depth: depth + 1)) } while take(",")
      guard take(")") else { throw Failure(reason: "a `)` is missing after `\(name)(`") }
      return .call(name, arguments)
    }

    private mutating func word() -> String {
      skipSpace()
      let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "$" }
      rest = rest.dropFirst(word.count)
      return String(word)
    }

    /// In single quotes; two of them stand for one.
    private mutating func string() throws(Failure) -> String {
      var text = ""
      rest.removeFirst()
      while let character = rest.popFirst() {
        if character != "'" {
          text.append(character)
        } else if rest.first == "'" {
          rest.removeFirst()
          text.append("'")
        } else {
          return text
        }
      }
      throw Failure(reason: "a string has no closing quote")
    }
  }
}
