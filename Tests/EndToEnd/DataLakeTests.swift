import Foundation
import Testing

extension EndToEnd {
  /// The example, with curl as the client of directory and store.
  @Suite("Data Lake Gen1 in the lab", .serialized) struct DataLakeTests {
    private static let directory = "20.190.128.10:80"
    private static let store = "40.90.145.200:80"
    private static let content = "the lake's water\n"

    /// The example with its edge, and directory and store behind that.
    private static func start(_ name: String) throws -> (lab: RunningLab, store: Process) {
      let lab = try RunningLab(name: name, example: "data-lake")
      do {
        try lab.start("edge", in: "edge", Program.binary, "run", lab.config, "--role", "edge")
        try lab.wait("the edge") {
          try Program.spurline("counters", "--config", lab.config, "--role", "edge").status == 0
        }
        _ = try lab.folder.write("ada lovelace\n", to: "principals")
        try startDirectory(lab)
        let files = lab.folder.file("files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        try Data(content.utf8).write(to: files.appendingPathComponent("water.txt"))
        let process = try lab.start(
          "store", in: "services", Program.binary, "serve", "store", lab.config, "--listen", store,
          "--resource", "lake", "--public-key", lab.folder.file("public.pem").path, "--root",
          files.path)
        try lab.wait("the store") { lab.log("store").contains("answers for lake") }
        return (lab, process)
      } catch {
        lab.close()
        throw error
      }
    }

    /// - Parameters:
    ///   - name: of its log.
    ///   - key: in which file its private key is.
    private static func startDirectory(
      _ lab: RunningLab, name: String = "directory", at address: String = directory,
      key: String = "key.pem", publicKey: String = "public.pem", lifetime: String = "3600"
    ) throws {
      try lab.start(
        name, in: "services", Program.binary, "serve", "directory", lab.config, "--listen",
        address, "--principals", lab.folder.file("principals").path, "--key",
        lab.folder.file(key).path, "--public-key", lab.folder.file(publicKey).path, "--lifetime",
        lifetime)
      try lab.wait("the directory") { lab.log(name).contains("directory: answers at") }
    }

    /// Signs in from a namespace.
    private func signIn(
      _ lab: RunningLab, _ namespace: String, at directory: String = directory
    ) throws -> (token: String, subnet: String?, reason: String) {
      let result = try lab.run(
        namespace, "curl", "-sS", "--max-time", "10", "-d",
        "grant_type=client_credentials&client_id=ada&client_secret=lovelace", "--data-urlencode",
        "resource=https://datalake.azure.net/", "http://\(directory)/oauth2/token")
      let parsed = try? JSONSerialization.jsonObject(with: Data(result.output.utf8))
      let answer = try #require(
        parsed as? [String: Any], "\(result) \(lab.log("directory"))\(lab.log("edge"))")
      let token = try #require(answer["access_token"] as? String, "\(answer)")
      return (token, answer["vnet"] as? String, answer["vnet_reason"] as? String ?? "")
    }

    /// Asks the store for the file.
    private func read(
      _ lab: RunningLab, _ namespace: String, _ token: String
    ) throws -> (status: String, body: String) {
      let result = try lab.run(
        namespace, "curl", "-sS", "--max-time", "10", "-w", "\n%{http_code}", "-H",
        "Authorization: Bearer \(token)", "http://\(Self.store)/webhdfs/v1/water.txt?op=OPEN")
      let cut = try #require(result.output.lastIndex(of: "\n"), "\(result)")
      return (
        String(result.output[result.output.index(after: cut)...]), String(result.output[..<cut])
      )
    }

    @Test("I7: over the endpoint the token has the network's claim, and the store admits by it")
    func claim() throws {
      let (lab, _) = try Self.start("e2e-lake")
      defer { lab.close() }
      let app = try signIn(lab, "app")
      #expect(app.subnet?.hasSuffix("/virtualNetworks/vnet1/subnets/app") == true)
      #expect(app.reason.hasPrefix("10.0.1.4:"), "\(app.reason)")
      #expect(app.reason.hasSuffix(" came over the endpoint of vnet1/app"))
      let file = try read(lab, "app", app.token)
      #expect(file.status == "200", "\(file) \(lab.log("store"))")
      #expect(file.body == Self.content)

      // Without the endpoint signing in works as well, and the store refuses.
      let web = try signIn(lab, "web")
      #expect(web.subnet == nil)
      #expect(web.reason.hasPrefix("203.0.113.5:"), "\(web.reason)")
      #expect(web.reason.hasSuffix(" did not come over an endpoint"))
      let refused = try read(lab, "web", web.token)
      #expect(refused.status == "403")
      #expect(
        refused.body.contains("denied by the default action Deny; the token has no network's claim")
      )

      // Another subnet's claim, which no rule names.
      let batch = try signIn(lab, "batch")
      #expect(batch.subnet?.hasSuffix("/subnets/batch") == true)
      let other = try read(lab, "batch", batch.token)
      #expect(other.status == "403")
      #expect(other.body.contains("/subnets/batch"))

      // The claim is the token's, and so the bearer's.
      #expect(try read(lab, "web", app.token).status == "200")
      #expect(try read(lab, "app", web.token).status == "403")

      // What the edge says: signing in passes from everywhere, and the packets to the store do.
      let list = try Program.spurline("diagnostics", "--config", lab.config, "--output", "json")
      let lines = list.output.split(separator: "\n")
      #expect(
        lines.contains { $0.contains("\"directory\"") && $0.contains("vnet1/app") }, "\(list)")
      #expect(lines.contains { $0.contains("\"lake\"") && $0.contains("caller's token") })
      #expect(try lab.counters().isBalanced)
    }

    @Test("I7, F3: with the endpoint switched off the next token has no claim")
    func switchedOff() throws {
      let (lab, _) = try Self.start("e2e-lake-off")
      defer { lab.close() }
      let before = try signIn(lab, "app")
      #expect(before.subnet != nil)
      let off = try Program.spurline(
        "endpoint", "disable", "vnet1/app", "Microsoft.AzureActiveDirectory", "--config",
        lab.config)
      #expect(off.status == 0, "\(off)")
      let after = try signIn(lab, "app")
      #expect(after.subnet == nil)
      #expect(after.reason.hasPrefix("203.0.113.4:"), "\(after.reason)")
      #expect(try read(lab, "app", after.token).status == "403")
      // A token counts until it expires, as Azure's do.
      #expect(try read(lab, "app", before.token).status == "200")
    }

    @Test("I7: an expired token, a forged one, and none are refused")
    func badTokens() throws {
      let (lab, _) = try Self.start("e2e-lake-bad")
      defer { lab.close() }
      // With the same key, and a second to live.
      try Self.startDirectory(
        lab, name: "hasty", at: "20.190.128.10:81", publicKey: "same.pem", lifetime: "1")
      let hasty = try signIn(lab, "app", at: "20.190.128.10:81")
      #expect(hasty.subnet != nil)
      try lab.wait("the token's end") { try read(lab, "app", hasty.token).status == "401" }
      #expect(try read(lab, "app", hasty.token).body.contains("the token has expired"))
      // With a key of its own, whatever else it says.
      try Self.startDirectory(
        lab, name: "forger", at: "20.190.128.10:82", key: "other.pem", publicKey: "other-public.pem"
      )
      let forged = try read(lab, "app", try signIn(lab, "app", at: "20.190.128.10:82").token)
      #expect(forged.status == "401")
      #expect(forged.body.contains("the token's signature is not the directory's"))
      let good = try signIn(lab, "app").token
      let changed = try read(lab, "app", String(good.dropLast(4)) + "AAAA")
      #expect(changed.status == "401")
      let none = try lab.run(
        "app", "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10",
        "http://\(Self.store)/webhdfs/v1/water.txt?op=OPEN")
      #expect(none.output == "401")
      #expect(try read(lab, "app", good).status == "200")
    }

    @Test(
      "I7: a directory whose edge does not answer signs in all the same, without a claim, and says why"
    )
    func withoutEdge() throws {
      let (lab, _) = try Self.start("e2e-lake-edge")
      defer { lab.close() }
      // In the services' namespace there is no edge between: it does not know the connection.
      let inside = try signIn(lab, "services")
      #expect(inside.subnet == nil)
      #expect(
        inside.reason.hasPrefix("no TCP connection of a service edge here goes from "),
        "\(inside.reason)")
      try lab.start(
        "lonely", in: "services", Program.binary, "serve", "directory", lab.config, "--listen",
        "20.190.128.10:81", "--principals", lab.folder.file("principals").path, "--key",
        lab.folder.file("key.pem").path, "--edge", lab.folder.file("none.sock").path)
      try lab.wait("the directory") { lab.log("lonely").contains("directory: answers at") }
      let alone = try signIn(lab, "app", at: "20.190.128.10:81")
      #expect(alone.subnet == nil)
      #expect(alone.reason.hasPrefix("no instance answers on "), "\(alone.reason)")
      #expect(lab.log("lonely").contains("no instance answers on "))
    }

    @Test("I3, I7: rules that are read again count for the next request")
    func reload() throws {
      let (lab, store) = try Self.start("e2e-lake-rules")
      defer { lab.close() }
      let batch = try signIn(lab, "batch").token
      #expect(try read(lab, "batch", batch).status == "403")
      let text = try String(contentsOfFile: lab.config, encoding: .utf8)
      let changed = text.replacingOccurrences(
        of: "virtualNetworkRules: [vnet1/app]", with: "virtualNetworkRules: [vnet1/batch]")
      #expect(changed != text)
      try changed.write(toFile: lab.config, atomically: true, encoding: .utf8)
      kill(store.processIdentifier, SIGHUP)
      try lab.wait("the new rule") { try read(lab, "batch", batch).status == "200" }
      #expect(try read(lab, "app", try signIn(lab, "app").token).status == "403")
      // What cannot be read leaves the rules as they were.
      try changed.replacingOccurrences(of: "name: lake", with: "name: pond").write(
        toFile: lab.config, atomically: true, encoding: .utf8)
      kill(store.processIdentifier, SIGHUP)
      try lab.wait("the refusal") { lab.log("store").contains("the rules are as they were") }
      #expect(lab.log("store").contains("no resource is called 'lake'"))
      #expect(try read(lab, "batch", batch).status == "200")
    }
  }
}
