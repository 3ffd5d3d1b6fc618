import Model
import Wire

/// What the files say, checked field by field; references are still names. Azure documents and the YAML file
/// end up in the same drafts.
struct Drafts {
  var networks: [NetworkDraft] = []
  var routeTables: [RouteTableDraft] = []
  var interfaces: [InterfaceDraft] = []
  var publicAddresses: [PublicAddressDraft] = []
  var endpointPolicies: [EndpointPolicyDraft] = []
  var resources: [ResourceDraft] = []
  var roles: [RoleDraft] = []
  var roleAssignments: [RoleAssignmentDraft] = []
  var securityGroups: [SecurityGroupDraft] = []
  var applicationSecurityGroups: [ApplicationSecurityGroupDraft] = []
}

/// A reference to another resource, as a name or as a resource ID.
struct Reference {
  var text: String
  var place: Place

  /// Nil where a plain name was written.
  var id: ResourceID? { ResourceID(text) }
}

struct NetworkDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  var number: Located<Int>?
  var location: Located<Region>?
  var tenant: String?
  var subscription: String?
  var resourceGroup: String?
  var addressSpace: [Located<IPPrefix>] = []
  /// Something was written, right or wrong.
  var hasAddressSpace = false
  var subnets: [SubnetDraft] = []
  var peerings: [PeeringDraft] = []
  var place: Place
}

struct SubnetDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  var prefixes: [Located<IPPrefix>] = []
  /// Something was written, right or wrong.
  var hasPrefixes = false
  var endpoints: [EndpointDraft] = []
  var delegations: [String] = []
  var routeTable: Reference?
  var number: Located<Int>?
  var securityGroup: Reference?
  var endpointPolicies: [Reference] = []
  var place: Place
}

struct EndpointDraft {
  var service: Located<String>
  /// Nil for every region in the service's scope.
  var locations: [Located<Region>]?
}

struct PeeringDraft {
  var name: Located<String>
  var remote: Reference
  var allowsGatewayTransit = false
  /// Where `useRemoteGateways: true` stands.
  var usesRemoteGateways: Place?
  /// From an Azure document: a remote network that is not here is common.
  var isFromAzure: Bool
}

struct RouteTableDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  var hidesGatewayRoutes = false
  var routes: [RouteDraft] = []
  var place: Place
}

struct RouteDraft {
  var name: Located<String>
  /// A prefix or a tag's name; nil where it was wrong, and reported.
  var destination: Located<String>?
  var nextHopType: Located<NextHopType>?
  var nextHop: Located<IPAddress>?
  var place: Place
}

struct InterfaceDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  var subnet: Reference?
  var mac: Located<MACAddress>?
  var forwards: Bool?
  var securityGroup: Reference?
  var guest: Located<GuestAddress>?
  var configurations: [IPConfigurationDraft] = []
  var port: DeviceDraft?
  var platform: DeviceDraft?
  var platformAddress: Located<IPAddress>?
  var place: Place
}

struct IPConfigurationDraft {
  enum PublicAddress {
    case address(Located<IPAddress>)
    case reference(Reference)
  }

  var privateAddress: Located<IPAddress>?
  var isIPv6 = false
  var publicAddress: PublicAddress?
  var subnet: Reference?
  var applicationGroups: [Reference] = []
  /// The address was written wrongly, and that was reported.
  var isBroken = false
  var place: Place
}

struct PublicAddressDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  var address: Located<IPAddress>?
  var place: Place
}

struct DeviceDraft {
  var kind = Device.Kind.interface
  var name: Located<String>?
  var namespace: String?
  var mtu: Int
}
