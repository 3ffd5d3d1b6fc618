/// Keys of Azure's resources that are accepted in the YAML file, so that a resource can be pasted, and have
/// no effect on where packets go.
enum AzureKeys {
  static let virtualNetwork = [
    "dhcpOptions", "enableDdosProtection", "ddosProtectionPlan", "enableVmProtection",
    "bgpCommunities", "encryption", "flowTimeoutInMinutes", "flowLogs", "ipAllocations",
    "privateEndpointVNetPolicies", "defaultPublicNatGateway",
  ]
  static let subnet = [
    "privateEndpointNetworkPolicies", "privateLinkServiceNetworkPolicies",
    "ipConfigurations", "ipConfigurationProfiles", "privateEndpoints", "purpose",
    "resourceNavigationLinks", "serviceAssociationLinks", "sharingScope", "ipAllocations",
    "applicationGatewayIPConfigurations", "defaultOutboundAccess",
  ]
  static let peering = [
    "allowVirtualNetworkAccess", "allowForwardedTraffic", "doNotVerifyRemoteGateways",
    "peeringState", "peeringSyncLevel", "remoteAddressSpace", "remoteVirtualNetworkAddressSpace",
    "remoteBgpCommunities", "remoteGateways", "peerCompleteVnets", "enableOnlyIPv6Peering",
  ]
  static let routeTable = ["location", "subnets"]
  static let route = ["hasBgpOverride"]
  static let securityGroup = [
    "location", "defaultSecurityRules", "subnets", "networkInterfaces", "flowLogs",
    "flushConnection",
  ]
  static let endpointPolicy = [
    "location", "subnets", "contextualServiceEndpointPolicies", "serviceAlias",
  ]
  static let securityRule = ["description"]
  static let networkInterface = [
    "location", "dnsSettings", "enableAcceleratedNetworking", "vnetEncryptionSupported",
    "disableTcpStateTracking", "primary", "virtualMachine", "hostedWorkloads", "tapConfigurations",
    "nicType", "workloadType", "allowPort25Out", "defaultOutboundConnectivityEnabled",
    "auxiliaryMode", "auxiliarySku", "migrationPhase", "privateEndpoint", "privateLinkService",
    "dscpConfiguration",
  ]
  static let ipConfiguration = [
    "primary", "privateIPAllocationMethod", "loadBalancerBackendAddressPools",
    "loadBalancerInboundNatRules", "applicationGatewayBackendAddressPools",
    "gatewayLoadBalancer", "privateLinkConnectionProperties",
    "virtualNetworkTaps",
  ]
  /// Of storage accounts, SQL servers and the like.
  static let resource = [
    "identity", "plan", "accessTier", "encryption", "minimumTlsVersion", "supportsHttpsTrafficOnly",
    "allowBlobPublicAccess", "administratorLogin", "version", "state",
    "isVirtualNetworkFilterEnabled",
  ]
  /// Of a firewall's rule set: whom else Azure lets in, which nothing here plays.
  static let ruleSet = [
    "bypass", "resourceAccessRules", "trustedServiceAccessEnabled", "ipv6Rules",
    "publicNetworkAccess",
  ]
  static let publicAddress = [
    "location", "publicIPAllocationMethod", "publicIPAddressVersion", "idleTimeoutInMinutes",
    "ipTags", "ipConfiguration", "dnsSettings", "ddosSettings", "publicIPPrefix", "natGateway",
    "deleteOption", "linkedPublicIPAddress", "servicePublicIPAddress", "migrationPhase",
  ]
}
