import Control
import Dataplane
import Foundation
import TestSupport
import Testing
import Tokens
import Wire

@testable import TokenServers

@Suite("I7: directory and store over HTTP", .serialized) struct HTTPTests {
  private struct Answer {
    var status: String
    var body: [String: Any]
    var text: String
  }

  private let folder = try! TemporaryDirectory()

  /// With curl, on a thread of its own.
  private func curl(_ arguments: String...) async throws -> Answer { try await curl(arguments) }

  private func curl(_ arguments: [String]) async throws -> Answer {
    let text = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            try Shell.run(["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}"] + arguments)
          })
      }
    }
    let cut = try #require(text.lastIndex(of: "\n"))
    let body = String(text[..<cut])
    return Answer(
      status: String(text[text.index(after: cut)...]),
      body: (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:],
      text: body)
  }

  /// A port of the loopback interface that is free at this moment.
  private func freeAddress() throws -> TransportAddress {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    try #require(isBound)
    return TransportAddress(IPAddress("127.0.0.1")!, UInt16(bigEndian: address.sin_port))
  }

  /// Runs a server for as long as the body takes, and ends it as a signal does.
  private func serve(
    _ server: TokenServer, at address: TransportAddress, _ body: (String) async throws -> Void
  ) async throws {
    let (events, signals) = AsyncStream<Control.Service.Event>.makeStream()
    let (ready, isReady) = AsyncStream<Void>.makeStream()
    let running = Task {
      defer { isReady.finish() }
      try await server.run(events: events, reload: {}, whenReady: { isReady.yield() })
    }
    for await _ in ready { break }
    do {
      try await body("http://\(address)")
    } catch {
      signals.yield(.stop)
      throw error
    }
    signals.yield(.stop)
    try await running.value
  }

  private func directory(_ issuer: TokenIssuer) throws -> Directory {
    Directory(
      issuer: issuer, principals: try Principals(parsing: Data("ada lovelace".utf8), path: "p")
    ) { ends in
      let (source, destination) = (ends.source, ends.destination)
      // Both ends of the real connection.
      guard source.address == destination.address, source.port != destination.port else {
        return .unknown("no such connection")
      }
      return .known(
        ConnectionCaller(
          source: "\(source)", viaEndpoint: true, subnet: "vnet1/app",
          subnetID: Lake.network(0).subnet, identity: Lake.network(0).identity, tenant: "contoso"))
    }
  }

  @Test("I7: a form with a secret gives a token; what is wrong is said as OAuth says it")
  func directory() async throws {
    let issuer = await TokenIssuer(issuer: Lake.issuer)
    let directory = try directory(issuer)
    let address = try freeAddress()
    let server = TokenServer(directory, at: address, logger: silent)
    try await serve(server, at: address) { base in
      let url = "\(base)/oauth2/token"
      let form = { (secret: String) in
        "grant_type=client_credentials&client_id=ada&client_secret=\(secret)&resource=https%3A%2F%2Fdatalake.azure.net%2F"
      }
      let granted = try await curl("-d", form("lovelace"), url)
      #expect(granted.status == "200")
      #expect(granted.body["token_type"] as? String == "Bearer")
      #expect(granted.body["expires_in"] as? Int == 3600)
      #expect(granted.body["vnet"] as? String == Lake.network(0).subnet)
      let token = try #require(granted.body["access_token"] as? String)
      let claims = try await issuer.verifier(audience: Lake.audience).verify(token)
      #expect(claims.vnet == Lake.network(0))

      for (arguments, status, code, sentence) in [
        (
          ["-d", form("hopper")], "401", "invalid_client",
          "nobody has this client_id and this client_secret"
        ),
        (
          ["-d", "grant_type=password"], "400", "unsupported_grant_type",
          "grant_type must be client_credentials"
        ),
        (
          ["-d", form("")], "400", "invalid_request",
          "the form must have client_id, client_secret and resource"
        ),
        (
          ["-d", form("a") + "&resource=b"], "400", "invalid_request",
          "the form has 'resource' more than once"
        ),
        (["-d", "a=%zz"], "400", "invalid_request", "the form is malformed"),
        (
          ["-H", "Content-Type: application/json", "-d", "{}"], "400", "invalid_request",
          "the body must be application/x-www-form-urlencoded"
        ),
      ] {
        let refused = try await curl(arguments + [url])
        #expect(refused.status == status, "\(arguments)")
        #expect(refused.body["error"] as? String == code, "\(arguments)")
        #expect(refused.body["error_description"] as? String == sentence, "\(arguments)")
      }
      let long = try await curl("-d", "a=" + String(repeating: "x", count: 20_000), url)
      #expect(long.status == "413")
      let elsewhere = try await curl("\(base)/oauth2")
      #expect(elsewhere.status == "404")
      #expect(
        elsewhere.body["error_description"] as? String == "nothing is at GET /oauth2")
    }
  }

  @Test("I7: files for those who are admitted; 401 without a token that counts, 403 without a rule")
  func store() async throws {
    let issuer = await TokenIssuer(issuer: Lake.issuer)
    let verifier = await issuer.verifier(audience: Lake.audience)
    let account = try Account("lake", in: Lake.topology, verifier: verifier)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/a b", withIntermediateDirectories: true)
    // More than one piece of the body.
    let content = String(repeating: "0123456789abcdef", count: 20_000)
    _ = try folder.write(content, to: "a b/file")
    let served = try ServedFolder(path: folder.path)
    let token = { (network: AccessToken.Network?, lifetime: Int) in
      "Authorization: Bearer "
        + (try await issuer.token(
          for: "ada", audience: Lake.audience, network: network, lifetime: lifetime))
    }
    let good = try await token(Lake.network(0), 600)
    let address = try freeAddress()
    let server = TokenServer(account, serving: served, at: address, logger: silent)
    try await serve(server, at: address) { base in
      let url = "\(base)/webhdfs/v1/a%20b/file?op=OPEN"
      let file = try await curl("-H", good, url)
      #expect(file.status == "200")
      #expect(file.text == content)
      let forger = await TokenIssuer(issuer: Lake.issuer)
      let forged = try await forger.token(
        for: "ada", audience: Lake.audience, network: Lake.network(0))
      for (header, status, sentence) in [
        ("X: y", "401", "a request needs a bearer token"),
        ("Authorization: Basic YTpi", "401", "a request needs a bearer token"),
        (
          "Authorization: Bearer x.y.z", "401",
          "the token is no JWT with the claims that are needed"
        ),
        ("Authorization: Bearer \(forged)", "401", "the token's signature is not the directory's"),
        (try await token(Lake.network(0), -1), "401", "the token has expired"),
        (
          try await token(nil, 600), "403",
          "denied by the default action Deny; the token has no network's claim"
        ),
        (
          try await token(Lake.network(1), 600), "403",
          "denied by the default action Deny; the token has the claim of \(Lake.network(1).subnet)"
        ),
      ] {
        let refused = try await curl("-H", header, url)
        #expect(refused.status == status, "\(header)")
        #expect(message(refused) == sentence, "\(header)")
        // Whether there is such a file is not said.
        let missing = try await curl("-H", header, "\(base)/webhdfs/v1/none?op=OPEN")
        #expect(missing.status == status)
        #expect(message(missing) == sentence)
      }
      for (path, status, sentence) in [
        ("none?op=OPEN", "404", "there is no file /none"),
        ("a%20b?op=OPEN", "404", "there is no file /a b"),
        ("a%20b/file", "400", "op must be OPEN"),
        ("a%20b/file?op=DELETE", "400", "op must be OPEN"),
        ("a%20b/%2e%2e/%2e%2e/etc/passwd?op=OPEN", "400", "'..' is no name in a path"),
        ("..%2f..%2fetc%2fpasswd?op=OPEN", "400", "'../../etc/passwd' is no name in a path"),
      ] {
        let refused = try await curl("--path-as-is", "-H", good, "\(base)/webhdfs/v1/\(path)")
        #expect(refused.status == status, "\(path)")
        #expect(message(refused) == sentence, "\(path)")
      }
      let elsewhere = try await curl("-H", good, "\(base)/")
      #expect(elsewhere.status == "404")
      #expect(message(elsewhere) == "nothing is at GET /")
    }
  }

  @Test("an address that is another's is refused by name")
  func taken() async throws {
    let directory = try directory(await TokenIssuer(issuer: Lake.issuer))
    let address = try freeAddress()
    let server = TokenServer(directory, at: address, logger: silent)
    try await serve(server, at: address) { _ in
      let (events, signals) = AsyncStream<Control.Service.Event>.makeStream()
      let error = await #expect(throws: TokenServerError.self) {
        try await server.run(events: events, reload: {}, whenReady: {})
      }
      signals.finish()
      #expect(error?.description.hasPrefix("cannot serve \(address): ") == true)
      #expect(error?.description.contains("Address already in use") == true)
    }
  }

  private func message(_ answer: Answer) -> String? {
    (answer.body["RemoteException"] as? [String: Any])?["message"] as? String
  }
}
