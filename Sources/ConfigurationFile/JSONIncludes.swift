/// Lists whose elements may stand in JSON files of Azure's: `[{...}, {file: PATH}]`.
enum JSONIncludes {
  /// The elements, those of the files among them: a file holds one object, a list of them, or `{value: [...]}`.
  static func elements(of value: Value, what: String) -> [Value] {
    value.list(of: what).flatMap { element -> [Value] in
      guard case .mapping(let entries) = element.node.content,
        entries.contains(where: { $0.key == "file" })
      else { return [element] }
      return contents(of: element)
    }
  }

  private static func contents(of element: Value) -> [Value] {
    guard let section = element.section("file: role.json") else { return [] }
    let file = section["file"]?.text("the path of a JSON file")
    section.finish()
    guard let file else { return [] }
    let findings = element.source.findings
    let path = FilePlace.resolve(file.value, beside: file.place.file)
    findings.opened(file: path)
    guard let text = SourceText.read(path: path, as: path, reporter: file.place, findings),
      let root = JSONSource.parse(text, file: path, findings)
    else {
      findings.isIncomplete = true
      return []
    }
    let source = Source(file: path, findings: findings, isAzureDocument: true)
    let list = root.elements ?? root["value"]?.elements
    let field = root.elements == nil ? "value" : ""
    return list?.enumerated().map { Value($1, field: "\(field)[\($0)]", source: source) }
      ?? [Value(root, field: "", source: source)]
  }
}
