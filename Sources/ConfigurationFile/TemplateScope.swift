/// What the expressions of one template may refer to.
struct TemplateScope {
  typealias Failure = TemplateExpression.Failure

  /// By lower-case name: values given for parameters, their declarations, and variables.
  var given: [String: SourceNode] = [:]
  var parameters: [String: SourceNode] = [:]
  var variables: [String: SourceNode] = [:]
  /// Stand-ins, so that resource IDs can be made and compared.
  var subscription = "subscription"
  var groupName = "resourceGroup"
  /// Nil unless the configuration gives it.
  var groupLocation: String?

  /// Bounds what one string can cost: expressions, and characters made.
  struct Budget {
    var steps = 10_000
    var depth = 0
    static let maximumDepth = 48
    static let maximumLength = 100_000
  }

  /// Takes over a template's declarations.
  mutating func declare(template: SourceNode) {
    parameters = Self.table(template["parameters"])
    variables = Self.table(template["variables"])
  }

  static func table(_ node: SourceNode?) -> [String: SourceNode] {
    guard case .mapping(let entries) = node?.content else { return [:] }
    return Dictionary(
      entries.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// A copy with every expression replaced by its value; what has none here stays, marked with the reason.
  func resolve(_ node: SourceNode) -> SourceNode {
    var budget = Budget()
    return resolve(node, &budget)
  }

  func resolve(_ node: SourceNode, _ budget: inout Budget) -> SourceNode {
    var result = node
    switch node.content {
    case .scalar(let text, isPlain: false):
      if let source = TemplateExpression.source(in: text) {
        do {
          result.content = try value(of: TemplateExpression.parse(source), &budget)
        } catch {
          result.content = .unresolved(expression: text, reason: error.reason)
        }
      } else if text.hasPrefix("[[") {
        result.content = .scalar(String(text.dropFirst()), isPlain: false)
      }
    case .list(let elements):
      result.content = .list(elements.map { resolve($0, &budget) })
    case .mapping(let entries):
      result.content = .mapping(
        entries.map { entry in
          var entry = entry
          entry.value = resolve(entry.value, &budget)
          return entry
        })
    case .scalar, .null, .unresolved: break
    }
    return result
  }

  func value(
    of expression: TemplateExpression, _ budget: inout Budget
  ) throws(Failure) -> SourceNode.Content {
    budget.steps -= 1
    guard budget.steps > 0, budget.depth < Budget.maximumDepth else {
      throw Failure(reason: "it takes too many steps, or refers to itself")
    }
    budget.depth += 1
    defer { budget.depth -= 1 }
    switch expression {
    case .literal(let content): return content
    case .call(let name, let arguments): return try call(name, arguments, &budget)
    case .member(let base, let name):
      return try known(member(name, of: value(of: base, &budget)))
    case .element(let base, let index):
      let base = try value(of: base, &budget)
      let index = try text(of: value(of: index, &budget))
      guard case .list(let elements) = base else { return try known(member(index, of: base)) }
      guard let number = Int(index), elements.indices.contains(number) else {
        throw Failure(reason: "the list has no element \(index)")
      }
      return try known(elements[number].content)
    }
  }

  private func member(
    _ name: String, of content: SourceNode.Content
  ) throws(Failure) -> SourceNode.Content {
    guard let found = SourceNode(content: content, line: 0, column: 0)[name] else {
      throw Failure(reason: "it has no property `\(name)`")
    }
    return found.content
  }

  /// Passes a failure deep within a value on.
  func known(_ content: SourceNode.Content) throws(Failure) -> SourceNode.Content {
    if case .unresolved(_, let reason) = content { throw Failure(reason: reason) }
    return content
  }

  func text(of content: SourceNode.Content) throws(Failure) -> String {
    guard case .scalar(let text, _) = content else {
      throw Failure(reason: "a single value should stand where there is another")
    }
    guard text.utf8.count <= Budget.maximumLength else {
      throw Failure(reason: "it grows too long")
    }
    return text
  }

  /// `parameters('name')`: the given value, else the default.
  func parameter(_ name: String, _ budget: inout Budget) throws(Failure) -> SourceNode.Content {
    if let given = given[name.lowercased()] { return given.content }
    guard let declaration = parameters[name.lowercased()] else {
      throw Failure(reason: "there is no parameter `\(name)`")
    }
    guard let value = declaration["defaultValue"] else {
      throw Failure(
        reason: "the parameter `\(name)` has no default; "
          + "give it a value by `parameters: {\(name): ...}` beside `file`")
    }
    return try known(resolve(value, &budget).content)
  }

  func variable(_ name: String, _ budget: inout Budget) throws(Failure) -> SourceNode.Content {
    guard let value = variables[name.lowercased()] else {
      throw Failure(reason: "there is no variable `\(name)`")
    }
    return try known(resolve(value, &budget).content)
  }
}
