import Foundation
import JWTKit

/// The store's part: accepts the tokens of one issuer for one audience.
public struct TokenVerifier: Sendable {
  /// A longer token is not looked at. Ours have about 500 bytes.
  public static let maximumLength = 8192

  let issuer: String
  let audience: String
  let keys: JWTKeyCollection

  /// - Parameter pem: the issuer's public key: PEM, P-256.
  /// - Throws: `TokenProblem.key`.
  public init(issuer: String, audience: String, publicKey pem: String) async throws(TokenProblem) {
    guard let key = try? ES256PublicKey(pem: pem) else { throw .key }
    await self.init(issuer: issuer, audience: audience, key: key)
  }

  init(issuer: String, audience: String, key: ES256PublicKey) async {
    self.issuer = issuer
    self.audience = audience
    keys = JWTKeyCollection()
    await keys.add(ecdsa: key)
  }

  /// What the token says, if it counts now. Only ES256 signatures are checked, whatever algorithm the token names.
  public func verify(
    _ token: String, at time: Date = Date()
  ) async throws(TokenProblem) -> AccessToken {
    guard token.utf8.count <= Self.maximumLength else { throw .tooLong }
    let claims: AccessToken
    do {
      claims = try await keys.verify(token, as: AccessToken.self)
    } catch let error as JWTError where error.errorType == .signatureVerificationFailed {
      throw .signature
    } catch {
      throw .malformed
    }
    guard claims.iss == issuer else { throw .otherIssuer(claims.iss) }
    guard claims.aud == audience else { throw .otherAudience(claims.aud) }
    let now = Int(time.timeIntervalSince1970)
    guard claims.nbf <= now else { throw .notYet }
    guard now < claims.exp else { throw .expired }
    return claims
  }
}
