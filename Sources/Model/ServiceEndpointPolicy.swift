/// A service endpoint policy: which resources a subnet may reach over its endpoint (N2).
public struct ServiceEndpointPolicy: Hashable, Sendable {
  public struct Definition: Hashable, Sendable {
    public var name: String
    /// Of accounts, resource groups or subscriptions: what one of them holds is listed.
    public var serviceResources: [AzureID]

    public init(name: String, serviceResources: [AzureID]) {
      self.name = name
      self.serviceResources = serviceResources
    }
  }

  /// The one service that has policies.
  public static let service = "Microsoft.Storage"

  public var name: String
  public var definitions: [Definition]

  public init(name: String, definitions: [Definition] = []) {
    self.name = name
    self.definitions = definitions
  }

  /// Whether one of its definitions lists the resource.
  public func lists(_ resource: Resource) -> Bool {
    definitions.contains { $0.serviceResources.contains { $0.contains(resource.id) } }
  }
}
