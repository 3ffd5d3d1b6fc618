import Foundation
import Model
import Testing
import Tokens
import Wire

@testable import TokenServers

@Suite("I7: the account of a store")
struct AccountTests {
  private static let outside = IPAddress("203.0.113.4")!

  private func token(_ issuer: TokenIssuer, _ network: AccessToken.Network?) async throws -> String
  {
    try await issuer.token(for: "ada", audience: Lake.audience, network: network)
  }

  @Test("I7: the claim of an allowed subnet is admitted, wherever the request comes from")
  func claims() async throws {
    let issuer = await TokenIssuer(issuer: Lake.issuer)
    let account = try Account(
      "lake", in: Lake.topology, verifier: await issuer.verifier(audience: Lake.audience))
    let allowed = try await account.decide(
      try await token(issuer, Lake.network(0)), from: Self.outside)
    #expect(allowed.isAdmitted)
    #expect(
      allowed.sentence == "admitted by the virtual-network rule for vnet1/app; the token has the "
        + "claim of \(Lake.network(0).subnet)")
    let other = try await account.decide(
      try await token(issuer, Lake.network(1)), from: Self.outside)
    #expect(!other.isAdmitted)
    let none = try await account.decide(try await token(issuer, nil), from: Self.outside)
    #expect(!none.isAdmitted)
    #expect(
      none.sentence == "denied by the default action Deny; the token has no network's claim")
    // I3: a public address that is listed.
    let listed = try await account.decide(
      try await token(issuer, nil), from: IPAddress("203.0.113.9")!)
    #expect(listed.isAdmitted)
  }

  @Test("I7: numbers are one program's: a claim whose number is another subnet's here is none")
  func foreignNumber() async throws {
    let issuer = await TokenIssuer(issuer: Lake.issuer)
    let account = try Account(
      "lake", in: Lake.topology, verifier: await issuer.verifier(audience: Lake.audience))
    let mixed = AccessToken.Network(
      subnet: Lake.network(1).subnet, identity: Lake.network(0).identity, tenant: "contoso")
    #expect(
      try await !account.decide(try await token(issuer, mixed), from: Self.outside).isAdmitted)
  }

  @Test("I3, I7: over a reload, a subnet made anew under an old name inherits no rule")
  func reload() async throws {
    let issuer = await TokenIssuer(issuer: Lake.issuer)
    let account = try Account(
      "lake", in: Lake.topology, verifier: await issuer.verifier(audience: Lake.audience))
    let token = try await token(issuer, Lake.network(0))
    // The edge's numbers, over the same configurations.
    var (identities, edge) = (SubnetIdentities(), Lake.topology)
    identities.adopt(&edge)
    try await account.adopt(Lake.topology)
    identities.adopt(&edge)
    #expect(try await account.decide(token, from: Self.outside).isAdmitted)
    var without = Lake.topology
    without.subnets.remove(at: 0)
    try await account.adopt(without)
    edge = without
    identities.adopt(&edge)
    try await account.adopt(Lake.topology)
    edge = Lake.topology
    identities.adopt(&edge)
    let anew = AccessToken.Network(
      subnet: Lake.network(0).subnet, identity: try #require(edge.subnets[0].identity),
      tenant: "contoso")
    #expect(anew.identity != Lake.network(0).identity)
    let decision = try await account.decide(try await self.token(issuer, anew), from: Self.outside)
    #expect(!decision.isAdmitted)
  }

  @Test("a resource that is not there, or that packets decide, is refused by name")
  func badResources() async throws {
    let verifier = await TokenIssuer(issuer: "i").verifier(audience: "a")
    let unknown = #expect(throws: TokenServerError.self) {
      try Account("pond", in: Lake.topology, verifier: verifier)
    }
    #expect(unknown?.description == "no resource is called 'pond'; by tokens admit lake")
    let storage = #expect(throws: TokenServerError.self) {
      try Account("blobs", in: Lake.topology, verifier: verifier)
    }
    #expect(
      storage?.description
        == "'blobs' is a resource of Microsoft.Storage, which admits by packets and not by tokens")
    let account = try Account("lake", in: Lake.topology, verifier: verifier)
    var without = Lake.topology
    without.resources = []
    await #expect(throws: TokenServerError.unknownResource("lake", known: [])) {
      try await account.adopt(without)
    }
  }
}
