import Foundation
import Logging
import Model
import Tokens
import Wire

@testable import TokenServers

let silent: Logger = {
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  return logger
}()

/// A directory of a test's own, removed when the test is over.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = "/tmp/spl-tokens-\(UInt32.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }
}

/// Two subnets with the endpoint, of which the account `lake` admits the first, and an account of storage.
enum Lake {
  static let issuer = "https://directory.lab/"
  static let audience = "https://datalake.azure.net/"
  static let service = "Microsoft.AzureActiveDirectory"

  static let topology: Topology = {
    var topology = Topology(
      virtualNetworks: [
        VirtualNetwork(
          name: "vnet1", id: 1, region: Region("westeurope"), tenant: "contoso",
          addressSpace: [IPPrefix("10.0.0.0/16")!])
      ], subnets: ["app", "batch"].enumerated().map { subnet($1, $0 + 1) },
      services: ServiceCatalogue(
        services: [
          .init(
            name: service, tag: "AzureActiveDirectory", scope: .region,
            resources: .init(isTokenBased: true)),
          .init(name: "Microsoft.Storage", tag: "Storage", scope: .regionAndPair),
        ], pairs: [:]))
    topology.resources = [
      resource("lake", service, rules: [topology.id(ofSubnet: 0)]),
      resource("blobs", "Microsoft.Storage", rules: []),
    ]
    return topology
  }()

  static func subnet(_ name: String, _ number: Int) -> Subnet {
    Subnet(
      name: name, virtualNetwork: 0, addressPrefixes: [IPPrefix("10.0.\(number).0/24")!],
      serviceEndpoints: [ServiceEndpoint(service: service)])
  }

  private static func resource(_ name: String, _ service: String, rules: [AzureID]) -> Resource {
    Resource(
      id: AzureID("/subscriptions/s/resourceGroups/g/providers/A.B/accounts/\(name)")!, name: name,
      service: service, region: Region("westeurope"), tenant: "contoso",
      firewall: ResourceFirewall(
        defaultAction: .deny, virtualNetworkRules: rules.map { .init(subnetID: $0) },
        ipRules: [.init(prefix: IPPrefix("203.0.113.9/32")!)]))
  }

  /// As an edge that has read the topology names a subnet.
  static func network(_ subnet: Int) -> AccessToken.Network {
    var (numbered, identities) = (topology, SubnetIdentities())
    identities.adopt(&numbered)
    return AccessToken.Network(
      subnet: "\(numbered.id(ofSubnet: subnet))", identity: numbered.subnets[subnet].identity!,
      tenant: "contoso")
  }
}
