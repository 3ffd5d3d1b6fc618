import Model

/// Roles and who has which (I4). Beside those of the file there are the built-in ones; one of the file with the name of
/// a built-in one replaces it.
extension BuildConfiguration {
  mutating func buildRoles() {
    let drafts = document.drafts.roles
    refuseRepeated(drafts.map(\.name), what: "role")
    let own = drafts.map { draft in
      RoleDefinition(
        name: draft.name.value, id: draft.id, permissions: draft.permissions,
        assignableScopes: draft.scopes.compactMap { scope($0) })
    }
    let names = Set(own.map { $0.name.lowercased() })
    access.definitions =
      own + RoleDefinition.builtIn.filter { !names.contains($0.name.lowercased()) }
    for draft in document.drafts.roleAssignments {
      guard let scope = scope(draft.scope) else { continue }
      guard let role = access.definition(called: draft.role.value) else {
        findings.error(
          draft.role.place,
          "there is no role `\(draft.role.value)`"
            + Spelling.suggestion(for: draft.role.value, among: access.definitions.map(\.name)))
        continue
      }
      if !role.isAssignable(at: scope) {
        let scopes = role.assignableScopes.map { "`\($0)`" }.joined(separator: ", ")
        findings.error(
          draft.scope.place,
          "`\(role.name)` can be assigned at \(scopes) and below, not at `\(scope)`")
      }
      access.assignments.append(
        RoleAssignment(principal: draft.principal.value, role: draft.role.value, scope: scope))
    }
  }

  /// An ID, or a network or subnet by name.
  private func scope(_ reference: Reference) -> AzureID? {
    if let id = AzureID(reference.text) { return id }
    let names = topology.virtualNetworks.map(\.name)
    let network = names.firstIndex { $0.lowercased() == reference.text.lowercased() }
    if let network { return topology.id(ofVirtualNetwork: network) }
    if reference.text.contains("/") {
      return subnet(reference, reporting: true).map(topology.id(ofSubnet:))
    }
    guard !findings.isIncomplete else { return nil }
    findings.error(
      reference.place,
      "`\(reference.text)` is not \(ReadRoles.scopeIs)"
        + Spelling.suggestion(for: reference.text, among: names))
    return nil
  }
}
