import Model
import Wire

/// Names of resources and subnets in tests, all in one subscription and group.
func resourceID(_ type: String, _ name: String) -> AzureID {
  AzureID("/subscriptions/s/resourceGroups/g/providers/\(type)/\(name)")!
}

/// `network/subnet` as a rule names it.
func subnetID(_ name: String) -> AzureID {
  let parts = name.split(separator: "/")
  return resourceID("Microsoft.Network/virtualNetworks", "\(parts[0])/subnets/\(parts[1])")
}

/// The services of R7 that the tests of resources need.
let resourceServices = ServiceCatalogue(
  services: [
    .init(
      name: "Microsoft.Storage", tag: "Storage", scope: .regionAndPair, exclusiveGroup: "storage",
      resources: .init(
        maximumVirtualNetworkRules: 4, maximumIPRules: 3, ignoresIPRulesInRegion: true)),
    .init(
      name: "Microsoft.Storage.Global", tag: "Storage", scope: .everyRegion,
      exclusiveGroup: "storage"),
    .init(
      name: "Microsoft.Sql", tag: "Sql", scope: .region,
      resources: .init(maximumVirtualNetworkRules: 128, allowsRuleBeforeEndpoint: true)),
    .init(name: "Microsoft.KeyVault", tag: "AzureKeyVault", scope: .everyRegion),
    .init(
      name: "Microsoft.AzureActiveDirectory", tag: "AzureActiveDirectory", scope: .region,
      resources: .init(isTokenBased: true)),
  ],
  pairs: [
    Region("westeurope"): Region("northeurope"), Region("northeurope"): Region("westeurope"),
  ])

/// Networks of two tenants and three regions: `home` and `other` in westeurope, `pair` in northeurope, `far` in
/// francecentral; all but `other` belong to contoso.
func resourceTopology(
  _ resources: [Resource] = [], endpoints: [ServiceEndpoint] = [.storage, .sql]
) -> Topology {
  let networks = [
    ("home", "westeurope", "contoso"), ("other", "westeurope", "fabrikam"),
    ("pair", "northeurope", "contoso"), ("far", "francecentral", "Contoso"),
  ]
  return Topology(
    virtualNetworks: networks.enumerated().map { index, network in
      VirtualNetwork(
        name: network.0, id: UInt32(index + 1), region: Region(network.1), tenant: network.2,
        resourceID: resourceID("Microsoft.Network/virtualNetworks", network.0),
        addressSpace: [net("10.0.0.0/16")])
    },
    subnets: networks.indices.map { index in
      Subnet(
        name: "app", virtualNetwork: index, addressPrefixes: [net("10.0.1.0/24")],
        serviceEndpoints: endpoints)
    }, resources: resources, serviceTags: sampleTags, services: resourceServices)
}

/// The same with numbers for subnets and rules.
func identified(_ topology: Topology) -> Topology {
  var (topology, identities) = (topology, SubnetIdentities())
  identities.adopt(&topology)
  return topology
}

extension Resource {
  /// A storage account of contoso in westeurope.
  static func account(
    _ firewall: ResourceFirewall = ResourceFirewall(), name: String = "account",
    region: String = "westeurope", secondary: String? = nil,
    tenant: String? = "contoso", addresses: [String] = ["20.60.26.4"], hostNames: [String] = []
  ) -> Resource {
    Resource(
      id: resourceID("Microsoft.Storage/storageAccounts", name), name: name,
      service: "Microsoft.Storage", region: Region(region),
      secondaryRegion: secondary.map(Region.init),
      tenant: tenant, addresses: addresses.map(address), hostNames: hostNames, firewall: firewall)
  }

  static func server(
    _ firewall: ResourceFirewall = ResourceFirewall(), region: String = "westeurope"
  ) -> Resource {
    Resource(
      id: resourceID("Microsoft.Sql/servers", "server"), name: "server", service: "Microsoft.Sql",
      region: Region(region), tenant: "contoso", addresses: [address("20.61.99.200")],
      firewall: firewall)
  }
}

extension ResourceFirewall {
  /// Denies all but these: subnets as `network/subnet`, addresses as prefixes.
  static func denying(subnets: [String] = [], addresses: [String] = []) -> ResourceFirewall {
    ResourceFirewall(
      defaultAction: .deny,
      virtualNetworkRules: subnets.map { VirtualNetworkRule(subnetID: subnetID($0)) },
      ipRules: addresses.map { IPRule(prefix: net($0)) })
  }
}
