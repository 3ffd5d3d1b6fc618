import Model
import TestSupport
import Testing

@Suite("I4: roles")
struct RoleTests {
  private let topology = resourceTopology([.account()])

  private func decision(
    _ assignments: [RoleAssignment], definitions: [RoleDefinition] = RoleDefinition.builtIn,
    subnet: Int = 0, _ resource: Resource = .account()
  ) -> AccessDecision {
    topology.decision(
      "ada", joining: subnet, to: resource,
      AccessControl(definitions: definitions, assignments: assignments))
  }

  private func assignment(_ role: String, _ scope: String) -> RoleAssignment {
    RoleAssignment(principal: "Ada", role: role, scope: AzureID(scope)!)
  }

  @Test(
    "I4: actions match as Azure compares them",
    arguments: [
      ("*", "Microsoft.Storage/a/read", true),
      ("*/read", "Microsoft.Storage/a/READ", true), ("*/read", "Microsoft.Storage/a/write", false),
      ("*/read", "read", false),
      ("Microsoft.Network/*", "microsoft.network/virtualNetworks/x", true),
      ("Microsoft.Network/*", "Microsoft.NetworkX/y", false),
      ("Microsoft.Network/*/action", "Microsoft.Network/action", false),
      ("Microsoft.Network/*/action", "Microsoft.Network//action", true),
      ("Microsoft.Network/virtualNetworks/*/join*/action", AccessControl.joinAction, true),
      ("a*b*c", "abc", true), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false),
      ("*ab", "aab", true), ("ab*ab", "ab", false), ("", "", true), ("", "x", false),
      ("**", "", true),
    ])
  func patterns(_ pattern: String, _ action: String, _ expected: Bool) {
    #expect(ActionPattern(pattern).matches(action) == expected)
  }

  @Test("I4: random patterns match what a slow matcher says")
  func randomPatterns() {
    func slow(_ pattern: Substring, _ text: Substring) -> Bool {
      guard let first = pattern.first else { return text.isEmpty }
      if first == "*" {
        return slow(pattern.dropFirst(), text) || (!text.isEmpty && slow(pattern, text.dropFirst()))
      }
      return text.first == first && slow(pattern.dropFirst(), text.dropFirst())
    }
    var random = SeededGenerator(seed: 4)
    for _ in 0..<20_000 {
      let word = { (letters: String, most: Int) in
        String(
          (0..<Int.random(in: 0...most, using: &random)).map { _ in
            letters.randomElement(using: &random)!
          })
      }
      let (pattern, text) = (word("ab*", 7), word("ab", 9))
      #expect(
        ActionPattern(pattern).matches(text) == slow(pattern[...], text[...]), "\(pattern) \(text)")
    }
  }

  @Test("I4: a role that permits the action, at the subnet or above, lets somebody join it")
  func permitted() {
    let subnet = "\(topology.id(ofSubnet: 0))"
    for scope in [
      subnet, "/subscriptions/S/resourceGroups/G", "/subscriptions/s", "/",
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/home",
    ] {
      let decided = decision([assignment("network contributor", scope)])
      #expect(decided.isAllowed, "\(scope)")
      #expect(
        "\(decided)"
          == "ada may Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action on \(subnet): Network Contributor at \(scope) permits it"
      )
    }
  }

  @Test("I4: without a role there, nobody joins a subnet")
  func noRole() {
    let wish = "ada may not \(AccessControl.joinAction) on \(topology.id(ofSubnet: 0))"
    #expect("\(decision([]))" == "\(wish): no role of theirs holds there")
    for scope in [
      "/subscriptions/s2", "/subscriptions/s/resourceGroups/gg",
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/ho",
    ] {
      #expect(decision([assignment("Owner", scope)]).reason == .noRole, "\(scope)")
    }
    #expect(
      decision([RoleAssignment(principal: "bob", role: "Owner", scope: .root)]).reason == .noRole)
    #expect(
      "\(decision([assignment("Reader", "/"), assignment("SQL Server Contributor", "/")]))"
        == "\(wish): Reader, SQL Server Contributor do not permit it")
  }

  @Test("I4: NotActions take away from their own role, and another role may still permit")
  func notActions() {
    let careful = RoleDefinition(
      name: "Careful",
      permissions: [
        .init(
          actions: ["Microsoft.Network/*"],
          notActions: ["Microsoft.Network/*/JOINviaServiceEndpoint/action"])
      ])
    let definitions = RoleDefinition.builtIn + [careful]
    #expect(
      decision([assignment("Careful", "/")], definitions: definitions).reason
        == .notPermitted(roles: ["Careful"]))
    #expect(
      decision([assignment("Careful", "/"), assignment("Owner", "/")], definitions: definitions)
        .isAllowed)
    #expect(!RoleDefinition.builtIn[1].permits("Microsoft.Authorization/roleAssignments/write"))
  }

  @Test("I4: a role has no effect outside of its assignable scopes; its ID names it too")
  func assignableScopes() {
    let id = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/0f1e"
    let joiner = RoleDefinition(
      name: "Joiner", id: id, permissions: [.init(actions: [AccessControl.joinAction])],
      assignableScopes: [AzureID("/subscriptions/s")!])
    #expect(decision([assignment("Joiner", "/")], definitions: [joiner]).reason == .noRole)
    #expect(decision([assignment(id, "/subscriptions/s")], definitions: [joiner]).isAllowed)
    #expect(decision([assignment("0F1E", "/subscriptions/s")], definitions: [joiner]).isAllowed)
  }

  @Test("I4: tenants must match, whoever asks")
  func tenant() {
    let decided = decision([assignment("Owner", "/")], subnet: 1)
    #expect(decided.reason == .otherTenant("fabrikam", ofResource: "contoso"))
    #expect(
      "\(decided)"
        == "ada may not \(AccessControl.joinAction) on \(topology.id(ofSubnet: 1)): the network belongs to the tenant fabrikam, the resource to contoso"
    )
  }
}
