import Dataplane
import Foundation
import Tokens
import Wire

/// The lab's directory service: signs in, and signs tokens (I7).
///
/// Signing in is gated by a secret and by nothing else: whoever has it gets a token, from wherever the request comes. Only
/// the network's claim depends on that: it is in the token where the edge says that the request's connection came over
/// an endpoint, and for which subnet.
public struct Directory: Sendable {
  /// Whose a connection is, from a client's address to ours.
  public typealias CallerSource = @Sendable (ConnectionEnds) async -> CallerAnswer

  /// A token, and what it says of the network.
  struct Granted {
    var token: String
    var network: AccessToken.Network?
    /// Why it has the claim, or has none.
    var reason: String
  }

  let issuer: TokenIssuer
  let principals: Principals
  /// Of tokens, in seconds.
  let lifetime: Int
  private let callers: CallerSource

  /// - Parameter callers: `EdgeCallers.caller`, but for tests.
  public init(
    issuer: TokenIssuer, principals: Principals, lifetime: Int = TokenIssuer.lifetime,
    callers: @escaping CallerSource
  ) {
    self.issuer = issuer
    self.principals = principals
    self.lifetime = lifetime
    self.callers = callers
  }

  /// A token for a principal whose secret has been checked.
  /// - Throws: Where the library cannot sign.
  func grant(
    _ principal: String, audience: String, on ends: ConnectionEnds?, at time: Date = Date()
  ) async throws -> Granted {
    let (network, reason) = await network(of: ends)
    let token = try await issuer.token(
      for: principal, audience: audience, network: network, lifetime: lifetime, at: time)
    return Granted(token: token, network: network, reason: reason)
  }

  private func network(of ends: ConnectionEnds?) async -> (AccessToken.Network?, String) {
    guard let ends else { return (nil, "the connection has no addresses") }
    switch await callers(ends) {
    case .unknown(let reason): return (nil, reason)
    case .known(let caller):
      guard caller.viaEndpoint else {
        return (nil, "\(caller.source) did not come over an endpoint")
      }
      guard let subnet = caller.subnetID, let identity = caller.identity else {
        return (nil, "the edge does not know the subnet of \(caller.source)")
      }
      return (
        AccessToken.Network(subnet: subnet, identity: identity, tenant: caller.tenant),
        "\(caller.source) came over the endpoint of \(caller.subnet ?? subnet)"
      )
    }
  }
}
