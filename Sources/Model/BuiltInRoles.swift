/// A few roles with the names of Azure's, cut to what decides here.
extension RoleDefinition {
  public static let builtIn = [
    RoleDefinition(name: "Owner", permissions: [Permission(actions: ["*"])]),
    RoleDefinition(
      name: "Contributor",
      permissions: [
        Permission(
          actions: ["*"],
          notActions: ["Microsoft.Authorization/*/write", "Microsoft.Authorization/*/delete"])
      ]),
    RoleDefinition(name: "Reader", permissions: [Permission(actions: ["*/read"])]),
    RoleDefinition(
      name: "Network Contributor",
      permissions: [Permission(actions: ["Microsoft.Network/*", "Microsoft.Authorization/*/read"])]),
    RoleDefinition(
      name: "SQL Server Contributor",
      permissions: [
        Permission(actions: ["Microsoft.Sql/servers/*", "Microsoft.Authorization/*/read"])
      ]),
    RoleDefinition(
      name: "Storage Account Contributor",
      permissions: [
        Permission(actions: [
          "Microsoft.Storage/storageAccounts/*", "Microsoft.Authorization/*/read",
          "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
        ])
      ]),
  ]
}
