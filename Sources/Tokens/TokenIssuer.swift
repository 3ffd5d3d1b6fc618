import Foundation
import JWTKit
import Model

/// The directory service's part: signs tokens.
public struct TokenIssuer: Sendable {
  /// How long a token counts, in seconds: an hour, as Azure's do.
  public static let lifetime = 3600

  public let issuer: String
  private let key: ES256PrivateKey
  private let keys: JWTKeyCollection

  /// With a new key.
  public init(issuer: String) async { await self.init(issuer: issuer, key: ES256PrivateKey()) }

  /// With a key from elsewhere: PEM, P-256.
  /// - Throws: `TokenProblem.key`.
  public init(issuer: String, privateKey pem: String) async throws(TokenProblem) {
    guard let key = try? ES256PrivateKey(pem: pem) else { throw .key }
    await self.init(issuer: issuer, key: key)
  }

  private init(issuer: String, key: ES256PrivateKey) async {
    self.issuer = issuer
    self.key = key
    keys = JWTKeyCollection()
    await keys.add(ecdsa: key)
  }

  /// As PEM; never in a log.
  package var privateKey: String { key.pemRepresentation }

  /// What a `TokenVerifier` elsewhere needs, as PEM.
  public var publicKey: String { key.publicKey.pemRepresentation }

  /// Checks what this issuer signs; it cannot sign.
  public func verifier(audience: String) async -> TokenVerifier {
    await TokenVerifier(issuer: issuer, audience: audience, key: key.publicKey)
  }

  /// A token for somebody who has signed in. Its network claim says from which subnet, and is there only where the
  /// request came over the endpoint (I7).
  /// - Throws: Where the library cannot sign.
  public func token(
    for principal: String, audience: String, caller: Caller, in topology: Topology,
    at time: Date = Date()
  ) async throws -> String {
    var network: AccessToken.Network?
    if caller.viaEndpoint, let subnet = caller.subnet, let identity = caller.identity {
      network = AccessToken.Network(
        subnet: "\(topology.id(ofSubnet: subnet))", identity: identity, tenant: caller.tenant)
    }
    return try await token(for: principal, audience: audience, network: network, at: time)
  }

  /// A token for somebody who has signed in.
  /// - Parameters:
  ///   - network: from where, if the request came over the endpoint; else nil.
  ///   - lifetime: in seconds.
  /// - Throws: Where the library cannot sign.
  public func token(
    for principal: String, audience: String, network: AccessToken.Network?,
    lifetime: Int = Self.lifetime, at time: Date = Date()
  ) async throws -> String {
    let now = Int(time.timeIntervalSince1970)
    return try await keys.sign(
      AccessToken(
        iss: issuer, sub: principal, aud: audience, iat: now, nbf: now, exp: now + lifetime,
        vnet: network))
  }
}
