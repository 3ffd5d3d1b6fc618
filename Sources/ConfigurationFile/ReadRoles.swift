import Model

/// `roleDefinitions` and `roleAssignments` (I4): in our file, or in JSON as Azure's tools read and print it.
enum ReadRoles {
  static func definitions(_ value: Value) -> [RoleDraft] {
    JSONIncludes.elements(of: value, what: "role definitions").compactMap(definition)
  }

  static func assignments(_ value: Value) -> [RoleAssignmentDraft] {
    JSONIncludes.elements(of: value, what: "role assignments").compactMap(assignment)
  }

  private static func definition(_ value: Value) -> RoleDraft? {
    guard let section = value.section("name: Joiner") else { return nil }
    section.acceptProperties()
    let isJSON = section.source.isAzureDocument
    // What Azure prints has the GUID in `name`; what it reads has the name there.
    let roleName = isJSON ? section["roleName"] : nil
    let name = (roleName ?? section.azure("name", "the role's name"))?.text("the role's name")
    var draft = RoleDraft(name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.id =
      (section.peek("Id") ?? section["id"])?.text()?.value
      ?? (roleName == nil ? nil : section.peek("name")?.node.text)
    if let permissions = section["permissions"] {
      draft.permissions = permissions.list(of: "permissions").compactMap { element in
        guard let inner = element.section("actions: [...]") else { return nil }
        let permission = permission(inner)
        inner.passOver(dataKeys)
        inner.finish()
        return permission
      }
    } else {
      draft.permissions = [permission(section)].compactMap { $0 }
    }
    let scopes = section.azure("assignableScopes", "a list of scopes such as `[/]`")
    draft.scopes = scopes?.list(of: "scopes").compactMap(scope) ?? []
    if let scopes, case .list(let elements) = scopes.node.content, elements.isEmpty {
      scopes.error("is empty: the role could be assigned nowhere")
    }
    section.passOver(
      Section.resourceKeys + dataKeys + [
        "description", "isCustom", "roleType", "createdBy", "createdOn", "updatedBy", "updatedOn",
        "IsCustom", "Description", "DataActions", "NotDataActions",
      ])
    section.finish()
    return name == nil ? nil : draft
  }

  /// They permit what is done with data, not with resources.
  private static let dataKeys = ["dataActions", "notDataActions", "condition", "conditionVersion"]

  private static func permission(_ section: Section) -> RoleDefinition.Permission? {
    let actions = section.azure("actions", "a list of actions such as `[Microsoft.Network/*]`")
    let others = section.peek("NotActions") ?? section["notActions"]
    guard let actions else { return nil }
    return RoleDefinition.Permission(
      actions: patterns(actions), notActions: others.map(patterns) ?? [])
  }

  private static func patterns(_ value: Value) -> [String] {
    value.list(of: "actions").compactMap { element in
      guard let text = element.text("an action such as `Microsoft.Network/*/read`") else {
        return nil
      }
      // Azure's have one; a bare word would match nothing, and `*` everything.
      guard text.value.contains("/") || text.value.contains("*"), !text.value.contains(" ") else {
        element.error("`\(text.value)` is not an action such as `Microsoft.Network/*/read`")
        return nil
      }
      return text.value
    }
  }

  private static func scope(_ value: Value) -> Reference? {
    value.text(scopeIs).map { Reference(text: $0.value, place: $0.place) }
  }

  static let scopeIs = "a scope such as `/subscriptions/S`, `network` or `network/subnet`"

  private static func assignment(_ value: Value) -> RoleAssignmentDraft? {
    guard let section = value.section("principal: ada") else { return nil }
    section.acceptProperties()
    let isJSON = section.source.isAzureDocument
    let who = isJSON ? section["principalName"] ?? section["principalId"] : nil
    let principal = who ?? section.required("principal", "who has the role")
    let role =
      (isJSON ? section["roleDefinitionName"] ?? section["roleDefinitionId"] : nil)
      ?? section.required("role", "the role's name or ID")
    let scope = section.required("scope", scopeIs)
    section.passOver(Section.resourceKeys + ["name", "description", "principalType"])
    section.finish()
    guard let principal = principal?.text("who has the role"),
      let role = role?.text("the role's name or ID"), let reference = scope.flatMap(self.scope)
    else { return nil }
    return RoleAssignmentDraft(principal: principal, role: role, scope: reference)
  }
}

extension Section {
  /// A key that must be there, spelt as the REST API does, or with a capital as Azure's command line does in files.
  fileprivate func azure(_ key: String, _ what: String) -> Value? {
    peek(key.prefix(1).uppercased() + key.dropFirst()) ?? required(key, what)
  }
}
