import Foundation
import Model

/// A Data Lake Gen1 account: admits by the network claim of the caller's token, or by its public address (I7).
public struct DataLakeStore: Sendable {
  public enum Answer: Hashable, Sendable {
    /// To whom, and by which rule.
    case admitted(principal: String, FirewallVerdict)
    case denied(principal: String, FirewallVerdict)
    /// Without a token that counts nobody is let in.
    case refused(TokenProblem)
  }

  public let firewall: CompiledFirewall
  private let verifier: TokenVerifier

  public init(firewall: CompiledFirewall, verifier: TokenVerifier) {
    self.firewall = firewall
    self.verifier = verifier
  }

  /// Whether a request is admitted.
  /// - Parameter caller: as the store sees it. That it came over some endpoint says nothing here: the store's
  ///   service has none, and the claim counts alone.
  public func answer(
    _ token: String, from caller: Caller, at time: Date = Date()
  ) async -> Answer {
    let claims: AccessToken
    do {
      claims = try await verifier.verify(token, at: time)
    } catch {
      return .refused(error)
    }
    let byClaim = claims.vnet.map { network in
      firewall.verdict(
        for: Caller(
          source: caller.source, identity: network.identity, tenant: network.tenant,
          viaEndpoint: true))
    }
    if let byClaim, case .virtualNetworkRule = byClaim.deciding {
      return .admitted(principal: claims.sub, byClaim)
    }
    var verdict = firewall.verdict(for: Caller(source: caller.source, region: caller.region))
    // A claim that fits a rule, but for the tenant, is the better reason.
    if !verdict.isAdmitted, case .otherTenant? = byClaim?.obstacle {
      verdict.obstacle = byClaim?.obstacle
    }
    return verdict.isAdmitted
      ? .admitted(principal: claims.sub, verdict) : .denied(principal: claims.sub, verdict)
  }
}
