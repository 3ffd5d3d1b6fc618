import Dataplane
import Foundation
import Testing
import Tokens
import Wire

@testable import TokenServers

@Suite("I7: the directory service")
struct DirectoryTests {
  private static let ends = ConnectionEnds(
    source: TransportAddress("10.0.1.4:40000")!,
    destination: TransportAddress("20.190.128.10:80")!)

  private func directory(_ answer: CallerAnswer, issuer: TokenIssuer? = nil) async throws
    -> Directory
  {
    let made = await TokenIssuer(issuer: Lake.issuer)
    return Directory(
      issuer: issuer ?? made,
      principals: try Principals(parsing: Data("ada lovelace".utf8), path: "p"), lifetime: 60
    ) { ends in ends == Self.ends ? answer : .unknown("another") }
  }

  private func caller(viaEndpoint: Bool) -> ConnectionCaller {
    ConnectionCaller(
      source: "10.0.1.4:40000", viaEndpoint: viaEndpoint, virtualNetwork: "vnet1",
      subnet: "vnet1/app", subnetID: Lake.network(0).subnet, identity: Lake.network(0).identity,
      tenant: "contoso")
  }

  @Test("I7: the claim is what the edge says of the connection, if it came over the endpoint")
  func overEndpoint() async throws {
    let directory = try await directory(.known(caller(viaEndpoint: true)))
    let granted = try await directory.grant(
      "ada", audience: Lake.audience, on: Self.ends)
    let claims = try await directory.issuer.verifier(audience: Lake.audience).verify(granted.token)
    #expect(claims.vnet == Lake.network(0))
    #expect(claims.exp - claims.iat == 60)
    #expect(granted.reason == "10.0.1.4:40000 came over the endpoint of vnet1/app")
  }

  @Test(
    "I7: signing in is not gated: without the endpoint, or an edge that knows, there is no claim")
  func withoutClaim() async throws {
    var nameless = caller(viaEndpoint: true)
    nameless.subnetID = nil
    for (answer, reason) in [
      (
        CallerAnswer.known(caller(viaEndpoint: false)),
        "10.0.1.4:40000 did not come over an endpoint"
      ),
      (.unknown("the edge is away"), "the edge is away"),
      (.known(nameless), "the edge does not know the subnet of 10.0.1.4:40000"),
    ] {
      let directory = try await directory(answer)
      let granted = try await directory.grant(
        "ada", audience: Lake.audience, on: Self.ends)
      let claims = try await directory.issuer.verifier(audience: Lake.audience).verify(
        granted.token)
      #expect(claims.sub == "ada")
      #expect(claims.vnet == nil)
      #expect(granted.reason == reason)
    }
  }

  @Test("the edge is waited for so long and no longer")
  func patience() async throws {
    let folder = try TemporaryDirectory()
    let absent = EdgeCallers(socket: folder.path + "/none.sock")
    guard case .unknown(let reason) = await absent.caller(of: Self.ends) else {
      Issue.record("nobody is there, and it answers")
      return
    }
    #expect(reason.hasPrefix("no instance answers on \(folder.path)/none.sock"))
    // One that takes connections and says nothing.
    let path = folder.path + "/mute.sock"
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0 && listen(descriptor, 8) == 0)
    let mute = EdgeCallers(socket: path, patience: .milliseconds(200))
    let clock = ContinuousClock()
    let start = clock.now
    let answer = await mute.caller(of: Self.ends)
    #expect(answer == .unknown("the edge at \(path) has not answered within 0.2 seconds"))
    #expect(clock.now - start < .seconds(20))
  }

  @Test("a form has each field once")
  func form() throws {
    let form = try Form(parsing: "a=1+2&b=%2F%26&c=&d&e=x=y")
    #expect(form["a"] == "1 2")
    #expect(form["b"] == "/&")
    #expect(form["c"] == nil && form["d"] == nil && form["f"] == nil)
    #expect(form["e"] == "x=y")
    #expect(throws: Form.Problem.repeated("a")) { try Form(parsing: "a=1&a=1") }
    #expect(throws: Form.Problem.malformed) { try Form(parsing: "a=%zz") }
    #expect(throws: Form.Problem.malformed) { try Form(parsing: "%ff=1") }
  }
}
