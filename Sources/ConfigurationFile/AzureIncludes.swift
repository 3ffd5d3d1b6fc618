/// `azure: [FILE, {file: FILE, parameters: {...}, resourceGroup: {name:, location:}}]`: resources from ARM
/// templates or from what Azure's tools export.
enum AzureIncludes {
  static func read(_ value: Value, into drafts: inout Drafts) {
    var included = Drafts()
    let elements: [Value]
    if case .list = value.node.content {
      elements = value.list(of: "files")
    } else {
      elements = [value]
    }
    for element in elements { include(element, into: &included) }
    drafts.join(included, findings: value.source.findings)
  }

  private static func include(_ value: Value, into drafts: inout Drafts) {
    let findings = value.source.findings
    var scope = TemplateScope()
    let file: Located<String>?
    if case .scalar = value.node.content {
      file = value.text("the path of a JSON file")
    } else {
      guard let section = value.section("file: template.json") else { return }
      file = section.required("file", "the path of a JSON file")?.text("the path of a JSON file")
      if let parameters = section["parameters"] {
        if case .mapping(let entries) = parameters.node.content {
          for entry in entries { scope.given[entry.key.lowercased()] = entry.value }
        } else {
          _ = parameters.section("name: value")
        }
      }
      if let group = section["resourceGroup"]?.section("location: westeurope") {
        scope.groupName = group["name"]?.text()?.value ?? scope.groupName
        scope.groupLocation = group["location"]?.text()?.value
        group.finish()
      }
      section.finish()
    }
    guard let file else { return }
    let path = FilePlace.resolve(file.value, beside: file.place.file)
    guard !path.lowercased().hasSuffix(".bicep") else {
      findings.error(
        file.place, "\(path) is Bicep; `az bicep build --file` makes the JSON that is read here")
      findings.isIncomplete = true
      return
    }
    findings.opened(file: path)
    guard let text = SourceText.read(path: path, as: path, reporter: file.place, findings),
      let root = JSONSource.parse(text, file: path, findings)
    else {
      findings.isIncomplete = true
      return
    }
    let source = Source(file: path, findings: findings, isAzureDocument: true)
    var document = AzureDocument(source: source, scope: scope)
    document.read(root)
    drafts.networks += document.drafts.networks
    drafts.routeTables += document.drafts.routeTables
    drafts.interfaces += document.drafts.interfaces
    drafts.publicAddresses += document.drafts.publicAddresses
    drafts.resources += document.drafts.resources
    drafts.securityGroups += document.drafts.securityGroups
    drafts.endpointPolicies += document.drafts.endpointPolicies
    drafts.applicationSecurityGroups += document.drafts.applicationSecurityGroups
  }
}
