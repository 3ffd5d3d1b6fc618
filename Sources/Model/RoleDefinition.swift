/// What somebody with the role may do (I4): Azure's role definitions.
public struct RoleDefinition: Hashable, Sendable {
  /// An action is permitted that one of `actions` stands for and none of `notActions`. The latter take away from this
  /// permission alone: another role may still permit it.
  public struct Permission: Hashable, Sendable {
    public var actions: [ActionPattern]
    public var notActions: [ActionPattern]

    public init(actions: [String], notActions: [String] = []) {
      self.actions = actions.map(ActionPattern.init)
      self.notActions = notActions.map(ActionPattern.init)
    }

    public func permits(_ action: String) -> Bool {
      actions.contains { $0.matches(action) } && !notActions.contains { $0.matches(action) }
    }
  }

  public var name: String
  /// Azure's ID or its last part, a GUID; assignments may name the role by it.
  public var id: String?
  public var permissions: [Permission]
  /// Where the role may be assigned: there and below.
  public var assignableScopes: [AzureID]

  public init(
    name: String, id: String? = nil, permissions: [Permission],
    assignableScopes: [AzureID] = [.root]
  ) {
    self.name = name
    self.id = id
    self.permissions = permissions
    self.assignableScopes = assignableScopes
  }

  /// Whether an assignment may name the role by this: its name, its ID, or the ID's last part.
  public func isCalled(_ text: String) -> Bool {
    let wanted = text.lowercased()
    if name.lowercased() == wanted { return true }
    guard let id = id?.lowercased() else { return false }
    let last = { (path: String) in path.split(separator: "/").last.map(String.init) ?? path }
    return id == wanted || last(id) == last(wanted)
  }

  public func permits(_ action: String) -> Bool { permissions.contains { $0.permits(action) } }

  public func isAssignable(at scope: AzureID) -> Bool {
    assignableScopes.contains { $0.contains(scope) }
  }
}

/// Who has which role where: there and below.
public struct RoleAssignment: Hashable, Sendable {
  /// A user, a group or an application, by whatever name the file gives it.
  public var principal: String
  /// As `RoleDefinition.isCalled` understands it.
  public var role: String
  public var scope: AzureID

  public init(principal: String, role: String, scope: AzureID) {
    self.principal = principal
    self.role = role
    self.scope = scope
  }
}
