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
    do throws(TokenProblem) {
      let claims = try await self.claims(of: token, at: time)
      let verdict = self.verdict(for: claims, from: caller)
      return verdict.isAdmitted
        ? .admitted(principal: claims.sub, verdict) : .denied(principal: claims.sub, verdict)
    } catch {
      return .refused(error)
    }
  }

  /// What the token says, if it counts.
  public func claims(
    of token: String, at time: Date = Date()
  ) async throws(TokenProblem) -> AccessToken {
    try await verifier.verify(token, at: time)
  }

  /// What the firewall says to somebody whose token counts.
  public func verdict(for claims: AccessToken, from caller: Caller) -> FirewallVerdict {
    let byClaim = claims.vnet.flatMap { self.verdict(for: $0, from: caller) }
    if let byClaim, case .virtualNetworkRule = byClaim.deciding { return byClaim }
    var verdict = firewall.verdict(for: Caller(source: caller.source, region: caller.region))
    // A claim that fits a rule, but for the tenant, is the better reason.
    if !verdict.isAdmitted, case .otherTenant? = byClaim?.obstacle {
      verdict.obstacle = byClaim?.obstacle
    }
    return verdict
  }

  /// By the claim alone; nil where its number is another subnet's here. Numbers are one program's, and begin anew with it:
  /// the name has to be the rule's too.
  private func verdict(for network: AccessToken.Network, from caller: Caller) -> FirewallVerdict? {
    let verdict = firewall.verdict(
      for: Caller(
        source: caller.source, identity: network.identity, tenant: network.tenant,
        viaEndpoint: true))
    let rule: Int? =
      switch (verdict.deciding, verdict.obstacle) {
      case (.virtualNetworkRule(let rule), _), (_, .otherTenant(let rule)): rule
      default: nil
      }
    guard let rule else { return verdict }
    let subnet = firewall.firewall.virtualNetworkRules[rule].subnetID
    return AzureID(network.subnet) == subnet ? verdict : nil
  }
}
