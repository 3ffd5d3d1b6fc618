import Foundation
import Testing

extension EndToEnd {
  /// The example, with real clients and servers.
  @Suite("Security groups in the lab", .serialized) struct SecurityGroupLabTests {
    private static let storage = "20.60.26.132"
    private static let web = "198.51.100.80"
    private static let database = "10.0.2.4"

    private static func start(_ name: String) throws -> RunningLab {
      let lab = try RunningLab(name: name, example: "security-groups")
      try lab.startWebServer("storage", in: "services", address: storage)
      try lab.startWebServer("web", in: "internet", address: web)
      try lab.startWebServer("database", in: "db1", address: database)
      return lab
    }

    /// What the server says of the client, or curl's status: 28 where nothing comes back.
    private func ask(_ lab: RunningLab, _ namespace: String, _ server: String) throws -> String {
      let result = try lab.run(
        namespace, "curl", "-sS", "--max-time", "2", "http://\(server)/whoami")
      return result.status == 0
        ? result.output.trimmingCharacters(in: .whitespacesAndNewlines) : "\(result.status)"
    }

    @Test("N1: what groups allow arrives, what they deny does not, and both are counted by rule")
    func allowedAndDenied() throws {
      let lab = try Self.start("e2e-groups")
      defer { lab.close() }
      // By application security group: the one web server, not its neighbour.
      #expect(try ask(lab, "web1", Self.database) == "10.0.1.4")
      #expect(try ask(lab, "web2", Self.database) == "28")
      // By service tag: one service, and nothing else of the Internet. The endpoint changes none of it.
      #expect(try ask(lab, "web1", Self.storage) == "10.0.1.4")
      #expect(try ask(lab, "web1", Self.web) == "28")
      // A connection the other way round is a new one, and inbound only 443 is open.
      #expect(try ask(lab, "db1", "10.0.1.4") == "28")
      let sums = try lab.counters()
      #expect(sums.isBalanced, "\(sums)")
      #expect(sums.dropped["security-group-inbound"] ?? 0 > 0)
      #expect(sums.dropped["security-group-outbound"] ?? 0 > 0)
      #expect(sums.securityRules["db-nsg/allow-web-servers Inbound"] == 1)
      #expect(sums.securityRules["web-nsg/allow-storage Outbound"] == 1)
      #expect(sums.securityRules["web-nsg/deny-internet Outbound"] ?? 0 > 0)
      #expect(sums.securityRules["db-nsg/deny-the-rest Inbound"] ?? 0 > 0)

      let rules = try Program.spurline("security-rules", "db1", "--config", lab.config)
      #expect(rules.output.hasPrefix("db1-nsg, of NIC db1\n"))
      #expect(rules.output.contains("db-nsg, of subnet vnet1/db\n"))
    }

    @Test("N1: a rule changed under traffic governs new connections; an open one ends whole")
    func changedRule() throws {
      let lab = try Self.start("e2e-groups-change")
      defer { lab.close() }
      let file = lab.folder.file("database/file").path
      #expect(
        try Program.run(["dd", "if=/dev/urandom", "of=\(file)", "bs=1k", "count=900"]).status == 0)
      let (download, copy) = try lab.download(
        "download", in: "web1", "http://\(Self.database)/file", rate: "100k")
      let text = try String(contentsOfFile: lab.config, encoding: .utf8)
      let changed = text.replacingOccurrences(
        of: "destinationPortRanges: [80, 1433", with: "destinationPortRanges: [1433")
      #expect(changed != text)
      try changed.write(toFile: lab.config, atomically: true, encoding: .utf8)
      lab.reload()
      try lab.wait("the new rule") { try ask(lab, "web1", Self.database) == "28" }
      #expect(download.isRunning, "the download must outlast the change")
      download.waitUntilExit()
      #expect(download.terminationStatus == 0, "\(lab.log("download"))")
      #expect(
        try Data(contentsOf: URL(filePath: copy)) == Data(contentsOf: URL(filePath: file)))
      let sums = try lab.counters()
      #expect(sums.isBalanced, "\(sums)")
    }
  }
}
