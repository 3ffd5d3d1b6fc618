/// Who may do what (I4): the role definitions in force, and who has which.
public struct AccessControl: Sendable {
  /// What somebody needs on a subnet to write it into a resource's rule.
  public static let joinAction =
    "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action"

  public var definitions: [RoleDefinition]
  public var assignments: [RoleAssignment]

  public init(
    definitions: [RoleDefinition] = RoleDefinition.builtIn, assignments: [RoleAssignment] = []
  ) {
    self.definitions = definitions
    self.assignments = assignments
  }

  public func definition(called name: String) -> RoleDefinition? {
    definitions.first { $0.isCalled(name) }
  }

  /// Whether somebody may do something to what has this ID: one role that is assigned there, or above, has to permit it.
  public func decision(
    _ principal: String, _ action: String, on target: AzureID
  ) -> AccessDecision {
    var denying: [String] = []
    for assignment in assignments
    where assignment.principal.lowercased() == principal.lowercased()
      && assignment.scope.contains(target)
    {
      guard let role = definition(called: assignment.role), role.isAssignable(at: assignment.scope)
      else { continue }
      if role.permits(action) {
        return AccessDecision(
          principal: principal, action: action, target: target,
          reason: .permitted(role: role.name, scope: assignment.scope))
      }
      denying.append(role.name)
    }
    return AccessDecision(
      principal: principal, action: action, target: target,
      reason: denying.isEmpty ? .noRole : .notPermitted(roles: denying))
  }
}

/// What was decided about somebody's wish, and why: for the log.
public struct AccessDecision: Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case permitted(role: String, scope: AzureID)
    /// No role of theirs holds there.
    case noRole
    /// Those that hold there do not permit it.
    case notPermitted(roles: [String])
    /// The network belongs to another tenant than the resource.
    case otherTenant(String, ofResource: String)
  }

  public var principal: String
  public var action: String
  public var target: AzureID
  public var reason: Reason

  public init(principal: String, action: String, target: AzureID, reason: Reason) {
    self.principal = principal
    self.action = action
    self.target = target
    self.reason = reason
  }

  public var isAllowed: Bool {
    if case .permitted = reason { true } else { false }
  }

  /// A sentence.
  public var description: String {
    let wish = "\(action) on \(target)"
    return switch reason {
    case .permitted(let role, let scope): "\(principal) may \(wish): \(role) at \(scope) permits it"
    case .noRole: "\(principal) may not \(wish): no role of theirs holds there"
    case .notPermitted(let roles):
      "\(principal) may not \(wish): \(roles.joined(separator: ", ")) \(roles.count == 1 ? "does" : "do") not "
        + "permit it"
    case .otherTenant(let tenant, let own):
      "\(principal) may not \(wish): the network belongs to the tenant \(tenant), the resource to \(own)"
    }
  }
}

extension Topology {
  /// Whether somebody may join a subnet to a resource: one tenant, and the action on the subnet, whatever the
  /// subscriptions (I4).
  public func decision(
    _ principal: String, joining subnet: Int, to resource: Resource, _ access: AccessControl
  ) -> AccessDecision {
    let target = id(ofSubnet: subnet)
    let network = virtualNetworks[subnets[subnet].virtualNetwork]
    if let tenant = network.tenant, let own = resource.tenant,
      tenant.lowercased() != own.lowercased()
    {
      return AccessDecision(
        principal: principal, action: AccessControl.joinAction, target: target,
        reason: .otherTenant(tenant, ofResource: own))
    }
    return access.decision(principal, AccessControl.joinAction, on: target)
  }
}
