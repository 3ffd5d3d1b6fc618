import Foundation
import Model
import Tokens
import Wire

/// A Data Lake Gen1 account as its store has it: the resource of a configuration, which may be read again (I7).
public actor Account {
  /// What is said to one request.
  struct Decision: Sendable {
    var principal: String
    var isAdmitted: Bool
    /// The rule that decided, and what the token says of the network.
    var sentence: String
  }

  private let name: String
  private let verifier: TokenVerifier
  private var identities = SubnetIdentities()
  private var store: DataLakeStore
  private var regions: CallerRegions

  /// - Parameter name: the resource's.
  /// - Throws: `TokenServerError.unknownResource`, `.notTokenBased`.
  public init(_ name: String, in topology: Topology, verifier: TokenVerifier)
    throws(TokenServerError)
  {
    self.name = name
    self.verifier = verifier
    (store, regions) = try Self.made(name, topology, &identities, verifier)
  }

  /// Takes the rules of a configuration that was read again. A subnet made anew has another number: a rule for the one
  /// before does not admit it.
  /// - Throws: As `init`; the rules are those from before then.
  public func adopt(_ topology: Topology) throws(TokenServerError) {
    (store, regions) = try Self.made(name, topology, &identities, verifier)
  }

  private static func made(
    _ name: String, _ topology: Topology, _ identities: inout SubnetIdentities,
    _ verifier: TokenVerifier
  ) throws(TokenServerError) -> (DataLakeStore, CallerRegions) {
    let isTokenBased = { (resource: Resource) in
      topology.services.resourceRules(of: resource.service).isTokenBased
    }
    guard let index = topology.resources.firstIndex(where: { $0.name == name }) else {
      throw .unknownResource(name, known: topology.resources.filter(isTokenBased).map(\.name))
    }
    guard isTokenBased(topology.resources[index]) else {
      throw .notTokenBased(name, service: topology.resources[index].service)
    }
    var topology = topology
    identities.adopt(&topology)
    let firewall = CompiledFirewall(topology.resources[index], in: topology.services)
    return (DataLakeStore(firewall: firewall, verifier: verifier), CallerRegions(topology))
  }

  /// - Parameter source: of the connection, as the store sees it.
  /// - Throws: Where the token does not count.
  func decide(
    _ token: String, from source: IPAddress, at time: Date = Date()
  ) async throws(TokenProblem) -> Decision {
    let (store, caller) = (store, regions.caller(source))
    let claims = try await store.claims(of: token, at: time)
    let verdict = store.verdict(for: claims, from: caller)
    let claim =
      claims.vnet.map { "the token has the claim of \($0.subnet)" }
      ?? "the token has no network's claim"
    return Decision(
      principal: claims.sub, isAdmitted: verdict.isAdmitted,
      sentence: "\(store.firewall.firewall.sentence(for: verdict)); \(claim)")
  }
}
