/// The functions of ARM templates that have a value without a deployment.
extension TemplateScope {
  func call(
    _ name: String, _ arguments: [TemplateExpression], _ budget: inout Budget
  ) throws(Failure) -> SourceNode.Content {
    let lower = name.lowercased()
    // Only the branch that is taken needs a value.
    if lower == "if", arguments.count == 3 {
      let condition = try truth(value(of: arguments[0], &budget))
      return try value(of: arguments[condition ? 1 : 2], &budget)
    }
    if lower == "coalesce" {
      for argument in arguments {
        let candidate = try value(of: argument, &budget)
        if case .null = candidate { continue }
        return candidate
      }
      return .null
    }
    var values: [SourceNode.Content] = []
    for argument in arguments { values.append(try value(of: argument, &budget)) }
    switch (lower, values.count) {
    case ("parameters", 1): return try parameter(text(of: values[0]), &budget)
    case ("variables", 1): return try variable(text(of: values[0]), &budget)
    case ("resourcegroup", 0), ("subscription", 0), ("deployment", 0), ("null", 0), ("true", 0),
      ("false", 0):
      return try constant(lower)
    case ("resourceid", 2...): return string(try resourceID(values))
    case ("subscriptionresourceid", 2...): return string(try resourceID(values))
    case ("createarray", _):
      return .list(values.map { SourceNode(content: $0, line: 0, column: 0) })
    case ("first", 1), ("last", 1), ("length", 1), ("empty", 1):
      return try measure(lower, values[0])
    case ("equals", 2): return boolean(try equal(values[0], values[1]))
    case ("not", 1): return boolean(!(try truth(values[0])))
    case ("and", 2...):
      for value in values where !(try truth(value)) { return boolean(false) }
      return boolean(true)
    case ("or", 2...):
      for value in values where try truth(value) { return boolean(true) }
      return boolean(false)
    case ("concat", 1...): return try concatenated(values)
    case ("add", 2), ("sub", 2), ("mul", 2): return try arithmetic(lower, values)
    default: return try textFunction(lower, name: name, values)
    }
  }

  private func textFunction(
    _ lower: String, name: String, _ values: [SourceNode.Content]
  ) throws(Failure) -> SourceNode.Content {
    switch (lower, values.count) {
    case ("tolower", 1): return string(try text(of: values[0]).lowercased())
    case ("toupper", 1): return string(try text(of: values[0]).uppercased())
    case ("trim", 1):
      let text = try text(of: values[0]).drop { $0.isWhitespace }
      return string(String(text.reversed().drop { $0.isWhitespace }.reversed()))
    case ("string", 1): return string(try text(of: values[0]))
    case ("int", 1), ("bool", 1), ("json", 1):
      return .scalar(try text(of: values[0]), isPlain: true)
    case ("replace", 3):
      let old = try text(of: values[1])
      guard !old.isEmpty else { return values[0] }
      let parts = try text(of: values[0]).split(separator: old, omittingEmptySubsequences: false)
      let new = try text(of: values[2])
      guard parts.count * (new.utf8.count + 1) <= Budget.maximumLength else {
        throw Failure(reason: "it grows too long")
      }
      return string(parts.joined(separator: new))
    case ("split", 2):
      let separator = try text(of: values[1])
      guard !separator.isEmpty else { throw Failure(reason: "`split` needs a separator") }
      let parts = try text(of: values[0]).split(
        separator: separator, omittingEmptySubsequences: false)
      return .list(parts.map { SourceNode(content: string(String($0)), line: 0, column: 0) })
    case ("format", 1...): return string(try format(values))
    default:
      throw Failure(
        reason: "the function `\(name)` has no value without a deployment, or is not known here")
    }
  }

  private func constant(_ name: String) throws(Failure) -> SourceNode.Content {
    func object(_ fields: [(String, String?)]) -> SourceNode.Content {
      .mapping(
        fields.map { key, value in
          let missing = SourceNode.Content.unresolved(
            expression: "resourceGroup().\(key)",
            reason: "the resource group's \(key) is not known; "
              + "give it by `resourceGroup: {\(key): ...}` beside `file`")
          let content = value.map(string) ?? missing
          return SourceNode.Entry(
            key: key, line: 0, column: 0, value: SourceNode(content: content, line: 0, column: 0))
        })
    }
    let group = "/subscriptions/\(subscription)/resourceGroups/\(groupName)"
    return switch name {
    case "resourcegroup": object([("name", groupName), ("location", groupLocation), ("id", group)])
    case "deployment": object([("name", "deployment"), ("location", groupLocation)])
    case "subscription":
      object([("subscriptionId", subscription), ("id", "/subscriptions/\(subscription)")])
    case "null": .null
    default: boolean(name == "true")
    }
  }

  /// `resourceId([subscription, [group,]] 'Microsoft.Network/virtualNetworks/subnets', 'vnet', 'subnet')`.
  private func resourceID(_ values: [SourceNode.Content]) throws(Failure) -> String {
    var texts: [String] = []
    for value in values { texts.append(try text(of: value)) }
    guard let index = texts.firstIndex(where: { $0.contains("/") }) else {
      throw Failure(reason: "`resourceId` needs a type such as `Microsoft.Network/virtualNetworks`")
    }
    let type = texts[index].split(separator: "/").map(String.init)
    // A name may hold a parent's and a child's: `vnet/subnet`.
    let names = texts[(index + 1)...].flatMap { $0.split(separator: "/").map(String.init) }
    guard type.count >= 2, names.count == type.count - 1 else {
      throw Failure(reason: "`resourceId` has \(names.count) names for the type `\(texts[index])`")
    }
    let group = index >= 1 ? texts[index - 1] : groupName
    let subscription = index >= 2 ? texts[index - 2] : subscription
    let path = zip(type.dropFirst(), names).map { "\($0)/\($1)" }.joined(separator: "/")
    return "/subscriptions/\(subscription)/resourceGroups/\(group)/providers/\(type[0])/\(path)"
  }

  private func measure(
    _ name: String, _ content: SourceNode.Content
  ) throws(Failure) -> SourceNode.Content {
    switch content {
    case .list(let elements):
      if name == "length" { return .scalar("\(elements.count)", isPlain: true) }
      if name == "empty" { return boolean(elements.isEmpty) }
      guard let element = name == "first" ? elements.first : elements.last else {
        throw Failure(reason: "the list is empty")
      }
      return try known(element.content)
    case .scalar(let text, _):
      if name == "length" { return .scalar("\(text.count)", isPlain: true) }
      if name == "empty" { return boolean(text.isEmpty) }
      return string(String(name == "first" ? text.prefix(1) : text.suffix(1)))
    case .mapping(let entries):
      if name == "length" { return .scalar("\(entries.count)", isPlain: true) }
      if name == "empty" { return boolean(entries.isEmpty) }
    case .null:
      if name == "empty" { return boolean(true) }
    case .unresolved: break
    }
    throw Failure(
      reason: "`\(name)` does not apply to \(SourceNode(content: content, line: 0, column: 0).kind)"
    )
  }

  private func concatenated(_ values: [SourceNode.Content]) throws(Failure) -> SourceNode.Content {
    var elements: [SourceNode] = []
    var joined = ""
    for value in values {
      if case .list(let more) = value {
        elements += more
      } else {
        joined += try text(of: value)
      }
    }
    guard elements.count <= 1_000 else { throw Failure(reason: "it grows too long") }
    return elements.isEmpty ? string(joined) : .list(elements)
  }

  private func arithmetic(
    _ name: String, _ values: [SourceNode.Content]
  ) throws(Failure) -> SourceNode.Content {
    guard let a = Int32(try text(of: values[0])), let b = Int32(try text(of: values[1])) else {
      throw Failure(reason: "`\(name)` needs two whole numbers")
    }
    let (x, y) = (Int(a), Int(b))
    return .scalar("\(name == "add" ? x + y : name == "sub" ? x - y : x * y)", isPlain: true)
  }

  /// `{0}`, `{1}` ... stand for the arguments.
  private func format(_ values: [SourceNode.Content]) throws(Failure) -> String {
    var result = ""
    var rest = try text(of: values[0])[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      guard let index = Int(rest[rest.index(after: open)..<close]), index >= 0,
        index + 1 < values.count
      else { throw Failure(reason: "`format` has no argument for `\(rest[open...close])`") }
      result += rest[..<open] + (try text(of: values[index + 1]))
      rest = rest[rest.index(after: close)...]
      guard result.utf8.count <= Budget.maximumLength else {
        throw Failure(reason: "it grows too long")
      }
    }
    return result + rest
  }

  private func equal(_ a: SourceNode.Content, _ b: SourceNode.Content) throws(Failure) -> Bool {
    if case .null = a { if case .null = b { return true } else { return false } }
    if case .null = b { return false }
    return try text(of: a).lowercased() == text(of: b).lowercased()
  }

  func truth(_ content: SourceNode.Content) throws(Failure) -> Bool {
    switch try text(of: content).lowercased() {
    case "true", "1": return true
    case "false", "0": return false
    default: throw Failure(reason: "`true` or `false` should stand where there is another value")
    }
  }

  private func string(_ text: String) -> SourceNode.Content { .scalar(text, isPlain: false) }

  private func boolean(_ value: Bool) -> SourceNode.Content {
    .scalar(value ? "true" : "false", isPlain: true)
  }
}
