import Foundation
import JWTKit
import Model

/// What a token says, by the names of its claims (RFC 7519 section 4.1, and `vnet`, which is ours).
public struct AccessToken: JWTPayload, Hashable {
  /// The network from which the token was asked for.
  public struct Network: Codable, Hashable, Sendable {
    /// Azure's ID of the subnet.
    public var subnet: String
    /// Which subnet that is, whatever its name (I3).
    public var identity: SubnetIdentity
    /// Of the network.
    public var tenant: String?

    public init(subnet: String, identity: SubnetIdentity, tenant: String? = nil) {
      self.subnet = subnet
      self.identity = identity
      self.tenant = tenant
    }
  }

  /// Who made it.
  public var iss: String
  /// Whom it is about.
  public var sub: String
  /// For which service.
  public var aud: String
  /// When it was made, from when and until when it counts: seconds since 1970.
  public var iat: Int
  public var nbf: Int
  public var exp: Int
  /// Only where it was asked for over the endpoint.
  public var vnet: Network?

  /// The signature alone: `TokenVerifier` checks the claims, for it knows the time and the audience.
  public func verify(using algorithm: some JWTAlgorithm) {}
}

/// Why a token is not accepted.
public enum TokenProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case tooLong
  /// Not three parts, not JSON, or a claim is missing.
  case malformed
  case signature
  case otherIssuer(String)
  case otherAudience(String)
  case notYet
  case expired
  /// Of an issuer or a verifier.
  case key

  public var description: String {
    switch self {
    case .tooLong: "the token is longer than \(TokenVerifier.maximumLength) bytes"
    case .malformed: "the token is no JWT with the claims that are needed"
    case .signature: "the token's signature is not the directory's"
    case .otherIssuer(let issuer): "the token was issued by \(issuer)"
    case .otherAudience(let audience): "the token is for \(audience)"
    case .notYet: "the token does not count yet"
    case .expired: "the token has expired"
    case .key: "the key is no P-256 key in PEM"
    }
  }
}
