/// Azure's IDs of networks and subnets, as rules and roles name them. Where the file has none they are made of the
/// subscription and the names: always the same for the same file.
extension Topology {
  /// What stands for a subscription or a resource group that a file does not name.
  public static let unnamedSubscription = "unnamed"
  public static let unnamedResourceGroup = "unnamed"

  public func id(ofVirtualNetwork index: Int) -> AzureID {
    let network = virtualNetworks[index]
    let made = AzureID.resource(
      subscription: network.subscription ?? Self.unnamedSubscription,
      group: Self.unnamedResourceGroup, type: "Microsoft.Network/virtualNetworks",
      name: network.name)
    // Of a name that no ID can hold, as only a test could write it.
    return network.resourceID ?? made ?? .root
  }

  public func id(ofSubnet index: Int) -> AzureID {
    let network = id(ofVirtualNetwork: subnets[index].virtualNetwork)
    return network.child(type: "subnets", name: subnets[index].name) ?? network
  }
}
