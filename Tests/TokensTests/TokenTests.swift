import Foundation
import Model
import Testing
import Wire

@testable import Tokens

@Suite("I7: tokens that carry the network")
struct TokenTests {
  private static let audience = "https://datalake.azure.net/"
  private static let now = Date(timeIntervalSince1970: 1_800_000_000)

  /// Two networks of the same addresses; the store allows `one/app` and the address 203.0.113.9.
  private static let topology: Topology = {
    let store = Resource(
      id: AzureID(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataLakeStore/accounts/lake")!,
      name: "lake", service: "Microsoft.AzureActiveDirectory", region: Region("westeurope"),
      tenant: "contoso",
      firewall: ResourceFirewall(
        defaultAction: .deny,
        virtualNetworkRules: [.init(subnetID: subnet("one")), .init(subnetID: subnet("three"))],
        ipRules: [.init(prefix: IPPrefix("203.0.113.9/32")!)]))
    var topology = Topology(
      virtualNetworks: [("one", "contoso"), ("two", "contoso"), ("three", "fabrikam")].enumerated()
        .map { index, network in
          VirtualNetwork(
            name: network.0, id: UInt32(index + 1), region: Region("westeurope"),
            tenant: network.1, subscription: "s", addressSpace: [IPPrefix("10.0.0.0/16")!])
        },
      subnets: (0..<3).map {
        Subnet(
          name: "app", virtualNetwork: $0, addressPrefixes: [IPPrefix("10.0.1.0/24")!],
          serviceEndpoints: [ServiceEndpoint(service: "Microsoft.AzureActiveDirectory")])
      }, resources: [store])
    var identities = SubnetIdentities()
    identities.adopt(&topology)
    return topology
  }()

  private static func subnet(_ network: String) -> AzureID {
    AzureID(
      "/subscriptions/s/resourceGroups/unnamed/providers/Microsoft.Network/virtualNetworks/\(network)/subnets/app"
    )!
  }

  private func over(_ subnet: Int) -> Caller {
    Self.topology.caller(.v4(IPv4Address(10, 0, 1, 4)), overEndpointOfSubnet: subnet)
  }

  private let outside = Caller(source: .v4(IPv4Address(203, 0, 113, 4)))

  private func token(_ issuer: TokenIssuer, _ caller: Caller) async throws -> String {
    try await issuer.token(
      for: "ada", audience: Self.audience, caller: caller, in: Self.topology, at: Self.now)
  }

  private func store(_ issuer: TokenIssuer) async -> DataLakeStore {
    DataLakeStore(
      firewall: ResourceTable(Self.topology).firewalls[0],
      verifier: await issuer.verifier(audience: Self.audience))
  }

  /// A part of a token, undone by hand: base64url without padding (RFC 7515 appendix C).
  private func part(_ index: Int, of token: String) throws -> [String: Any] {
    var text = String(token.split(separator: ".", omittingEmptySubsequences: false)[index])
      .replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    while text.count % 4 != 0 { text += "=" }
    let data = try #require(Data(base64Encoded: text))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func encoded(_ object: Any) throws -> String {
    try JSONSerialization.data(withJSONObject: object, options: .sortedKeys).base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }

  @Test("I7: the token has the network's claim when it is asked for over the endpoint")
  func claim() async throws {
    let issuer = await TokenIssuer(issuer: "https://directory.lab/")
    let token = try await token(issuer, over(0))
    #expect(try part(0, of: token)["alg"] as? String == "ES256")
    let claims = try part(1, of: token)
    #expect(claims.keys.sorted() == ["aud", "exp", "iat", "iss", "nbf", "sub", "vnet"])
    #expect(claims["exp"] as? Int == 1_800_003_600)
    let network = try #require(claims["vnet"] as? [String: Any])
    #expect(network["subnet"] as? String == "\(Self.subnet("one"))")
    #expect(network["tenant"] as? String == "contoso")
  }

  @Test("I7: signing in is not gated: another way it gives a token without the claim")
  func withoutClaim() async throws {
    let issuer = await TokenIssuer(issuer: "https://directory.lab/")
    // The same subnet, without the endpoint.
    var direct = over(0)
    direct.viaEndpoint = false
    for caller in [outside, direct] {
      let token = try await token(issuer, caller)
      #expect(try part(1, of: token).keys.sorted() == ["aud", "exp", "iat", "iss", "nbf", "sub"])
      let answer = await store(issuer).answer(token, from: outside, at: Self.now)
      let denied = FirewallVerdict(isAdmitted: false, deciding: .defaultAction)
      #expect(answer == .denied(principal: "ada", denied))
    }
  }

  @Test("I7: the store admits a claim that matches an allowed subnet, and no other")
  func store() async throws {
    let issuer = await TokenIssuer(issuer: "https://directory.lab/")
    let store = await store(issuer)
    #expect(
      await store.answer(try token(issuer, over(0)), from: outside, at: Self.now)
        == .admitted(
          principal: "ada", FirewallVerdict(isAdmitted: true, deciding: .virtualNetworkRule(0))))
    #expect(
      await store.answer(try token(issuer, over(1)), from: outside, at: Self.now)
        == .denied(principal: "ada", FirewallVerdict(isAdmitted: false, deciding: .defaultAction)))
    // The rule names the subnet of another tenant's network.
    #expect(
      await store.answer(try token(issuer, over(2)), from: outside, at: Self.now)
        == .denied(
          principal: "ada",
          FirewallVerdict(
            isAdmitted: false, deciding: .defaultAction, obstacle: .otherTenant(rule: 1))))
    // That the request to the store came over some endpoint is no claim.
    #expect(
      await store.answer(try token(issuer, outside), from: over(0), at: Self.now)
        == .denied(principal: "ada", FirewallVerdict(isAdmitted: false, deciding: .defaultAction)))
  }

  @Test(
    "I7, I5: a listed public address is admitted without a claim, and needs a token all the same")
  func address() async throws {
    let issuer = await TokenIssuer(issuer: "https://directory.lab/")
    let listed = Caller(source: .v4(IPv4Address(203, 0, 113, 9)))
    let store = await store(issuer)
    #expect(
      await store.answer(try token(issuer, listed), from: listed, at: Self.now)
        == .admitted(principal: "ada", FirewallVerdict(isAdmitted: true, deciding: .ipRule(0))))
    #expect(await store.answer("", from: listed, at: Self.now) == .refused(.malformed))
  }

  @Test("I7: a token that was changed, or that another key signed, is refused")
  func forged() async throws {
    let issuer = await TokenIssuer(issuer: "https://directory.lab/")
    let store = await store(issuer)
    let honest = try await token(issuer, over(1))
    let parts = honest.split(separator: ".").map(String.init)
    var claims = try part(1, of: honest)
    claims["vnet"] = try part(1, of: try await token(issuer, over(0)))["vnet"]
    let changed = "\(parts[0]).\(try encoded(claims)).\(parts[2])"
    #expect(await store.answer(changed, from: outside, at: Self.now) == .refused(.signature))
    let other = try await token(await TokenIssuer(issuer: "https://directory.lab/"), over(0))
    #expect(await store.answer(other, from: outside, at: Self.now) == .refused(.signature))
    // Without a signature, as the algorithm `none` has it, and with the public key taken as a shared secret.
    for algorithm in ["none", "None", "HS256", "RS256"] {
      let header = try encoded(["alg": algorithm, "typ": "JWT"])
      for signature in ["", parts[2]] {
        let answer = await store.answer(
          "\(header).\(try encoded(claims)).\(signature)", from: outside, at: Self.now)
        guard case .refused = answer else {
          Issue.record("\(algorithm) is accepted: \(answer)")
          continue
        }
      }
    }
    for text in ["a.b.c", "..", "\(parts[0]).\(parts[1])", String(repeating: "x", count: 9000)] {
      guard case .refused = await store.answer(text, from: outside, at: Self.now) else {
        Issue.record("accepted: \(text.prefix(20))")
        continue
      }
    }
  }

  @Test("I7: directory and store need not be one program: keys go in and out as PEM")
  func keys() async throws {
    let pem = await TokenIssuer(issuer: "made elsewhere").privateKey
    let issuer = try await TokenIssuer(issuer: "https://directory.lab/", privateKey: pem)
    let verifier = try await TokenVerifier(
      issuer: "https://directory.lab/", audience: Self.audience, publicKey: issuer.publicKey)
    #expect(
      try await verifier.verify(try token(issuer, over(0)), at: Self.now).vnet?.identity
        == over(0).identity)
    for text in ["", "key", issuer.publicKey] {
      await #expect(throws: TokenProblem.key) {
        _ = try await TokenIssuer(issuer: "x", privateKey: text)
      }
    }
    await #expect(throws: TokenProblem.key) {
      _ = try await TokenVerifier(issuer: "x", audience: "y", publicKey: pem)
    }
  }

  @Test("I7: a token counts for its audience, from its issuer, in its time")
  func bounds() async throws {
    let issuer = await TokenIssuer(issuer: "https://directory.lab/")
    let token = try await token(issuer, over(0))
    let verifier = await issuer.verifier(audience: Self.audience)
    let problem = { (verifier: TokenVerifier, time: Int) async -> TokenProblem? in
      do throws(TokenProblem) {
        _ = try await verifier.verify(
          token, at: Date(timeIntervalSince1970: TimeInterval(1_800_000_000 + time)))
        return nil
      } catch { return error }
    }
    #expect(await problem(verifier, 0) == nil)
    #expect(await problem(verifier, 3599) == nil)
    #expect(await problem(verifier, 3600) == .expired)
    #expect(await problem(verifier, -1) == .notYet)
    #expect(
      await problem(await issuer.verifier(audience: "https://vault.azure.net"), 0)
        == .otherAudience(Self.audience))
    let other = try await TokenVerifier(
      issuer: "https://else.lab/", audience: Self.audience, publicKey: issuer.publicKey)
    #expect(await problem(other, 0) == .otherIssuer("https://directory.lab/"))
  }
}
