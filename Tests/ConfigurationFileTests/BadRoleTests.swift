import Testing

/// Roles and their assignments.
@Suite("bad configurations: I4 roles")
struct BadRoleTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "definitions",
      network + """
        roleDefinitions:
          - {}
          - { name: x, actions: [read, "Microsoft.Network / *", Microsoft.Network/*], assignableScopes: [] }
          - { name: Y, actions: Microsoft.Network/*, notactions: [], assignableScopes: [sub] }
          - { name: y, actions: [], assignableScopes: [/subscriptions//s, v/b] }
        """,
      """
      7: roleDefinitions[0].name: is missing; it must be the role's name
      7: roleDefinitions[0].actions: is missing; it must be a list of actions such as `[Microsoft.Network/*]`
      7: roleDefinitions[0].assignableScopes: is missing; it must be a list of scopes such as `[/]`
      8: roleDefinitions[1].actions[0]: `read` is not an action such as `Microsoft.Network/*/read`
      8: roleDefinitions[1].actions[1]: `Microsoft.Network / *` is not an action such as `Microsoft.Network/*/read`
      8: roleDefinitions[1].assignableScopes: is empty: the role could be assigned nowhere
      9: roleDefinitions[2].actions: must be a list of actions, not a single value
      9: roleDefinitions[2].notactions: is not a key here; did you mean `notActions`?
      9: roleDefinitions[2].assignableScopes[0]: `sub` is not a scope such as `/subscriptions/S`, `network` or `network/subnet`
      10: roleDefinitions[3].name: `y` is the name of another role, in line 9
      10: roleDefinitions[3].assignableScopes[0]: there is no subnet `/subscriptions//s`
      10: roleDefinitions[3].assignableScopes[1]: there is no subnet `v/b`; did you mean `v/a`?
      """),
    Bad(
      "assignments",
      network + """
        roleDefinitions:
          - { name: Narrow, actions: ["*"], assignableScopes: [/subscriptions/s] }
        roleAssignments:
          - { principal: ada, role: Ownr, scope: / }
          - { principal: ada, role: narrow, scope: v }
          - { role: Owner }
          - { principal: ada, role: Owner, scope: w }
        """,
      """
      9: roleAssignments[0].role: there is no role `Ownr`; did you mean `Owner`?
      10: roleAssignments[1].scope: `Narrow` can be assigned at `/subscriptions/s` and below, not at `/subscriptions/unnamed/resourceGroups/unnamed/providers/Microsoft.Network/virtualNetworks/v`
      11: roleAssignments[2].principal: is missing; it must be who has the role
      11: roleAssignments[2].scope: is missing; it must be a scope such as `/subscriptions/S`, `network` or `network/subnet`
      12: roleAssignments[3].scope: `w` is not a scope such as `/subscriptions/S`, `network` or `network/subnet`; did you mean `v`?
      """),
    Bad(
      "a rule whose maker may not make it",
      """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Sql] }]
      resources:
        - name: server
          service: Microsoft.Sql
          location: westeurope
          addresses: [20.61.99.200]
          principal: bob
          virtualNetworkRules: [v/a]
      roleAssignments:
        - { principal: bob, role: SQL Server Contributor, scope: / }
      """,
      """
      12: resources[0].virtualNetworkRules[0]: bob may not Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action on /subscriptions/unnamed/resourceGroups/unnamed/providers/Microsoft.Network/virtualNetworks/v/subnets/a: SQL Server Contributor does not permit it
      """),
  ]
}
