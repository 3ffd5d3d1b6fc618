import Foundation
import Testing

extension EndToEnd {
  /// Cases of the document about services and regions; docs/scenarios.md names its sentences.
  @Suite("Scenarios: services and regions", .serialized) struct ServiceScenarioTests {
    private static let storage = "20.60.26.132"
    private static let server = "20.61.99.196"
    private static let vault = "20.61.103.226"

    /// A question for the A record of `contosodata.blob.core.windows.net` (RFC 1035 section 4.1), and its answer: the
    /// service's public address.
    private static let query: [UInt8] =
      [0x51, 0x0c, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]
      + ["contosodata", "blob", "core", "windows", "net"].flatMap {
        [UInt8($0.utf8.count)] + Array($0.utf8)
      } + [0, 0, 1, 0, 1]
    private static let answer: [UInt8] =
      [0x51, 0x0c, 0x81, 0x80, 0, 1, 0, 1] + query[8...]
      + [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 20, 60, 26, 132]

    private static func startNameServer(_ scenario: Scenario) throws {
      let folder = scenario.lab.folder
      try Data(query).write(to: folder.file("query"))
      try Data(answer).write(to: folder.file("answer"))
      try scenario.lab.start(
        "dns", in: "internet", "socat", "UDP4-RECVFROM:53,bind=198.51.100.53,fork",
        "SYSTEM:head -c \(query.count) > \(folder.file("asked").path); cat \(folder.file("answer").path)"
      )
    }

    /// Asks as often as it takes for the server to be there.
    private static func resolve(_ scenario: Scenario) throws -> (asked: Data, answered: Data) {
      let folder = scenario.lab.folder
      let answered = folder.file("answered")
      try scenario.lab.wait("the name server") {
        _ = try scenario.lab.run(
          "vm1", "sh", "-c",
          "socat -T 1 - UDP4:198.51.100.53:53 < \(folder.file("query").path) > \(answered.path)")
        return try !Data(contentsOf: answered).isEmpty
      }
      return (try Data(contentsOf: folder.file("asked")), try Data(contentsOf: answered))
    }

    @Test(
      "F1 F6 R7: services are switched one by one; a NIC without a public address; DNS to the byte")
    func oneByOne() throws {
      let scenario = try Scenario("several-services")
      defer { scenario.close() }
      try Self.startNameServer(scenario)
      let (own, other, publicOne) = ("10.0.1.4", "10.0.1.5", "203.0.113.4")
      // Storage, SQL, Key Vault, as each sees vm1.
      func seen() throws -> [String] {
        [
          try scenario.http("vm1", Self.storage), try scenario.sql("vm1", Self.server),
          try scenario.sql("vm1", Self.vault),
        ]
      }
      #expect(try seen() == [publicOne, publicOne, publicOne])
      #expect(try scenario.http("vm2", Self.storage) == "curl 28", "no public address, no endpoint")
      let before = try Self.resolve(scenario)
      #expect(before.asked == Data(Self.query) && before.answered == Data(Self.answer))

      try scenario.endpoint("enable", "vnet1/app", "Microsoft.Storage")
      #expect(try seen() == [own, publicOne, publicOne])
      #expect(try scenario.http("vm2", Self.storage) == other)
      #expect(try scenario.sql("vm2", Self.server) == "timed out")
      try scenario.endpoint("enable", "vnet1/app", "Microsoft.Sql")
      #expect(try seen() == [own, own, publicOne])
      #expect(try scenario.sql("vm2", Self.server) == other)
      try scenario.endpoint("enable", "vnet1/app", "Microsoft.KeyVault")
      #expect(try seen() == [own, own, own])
      let after = try Self.resolve(scenario)
      #expect(after.asked == before.asked && after.answered == before.answered)

      // One is switched off; the others stay.
      try scenario.endpoint("disable", "vnet1/app", "Microsoft.Storage")
      #expect(try seen() == [publicOne, own, own])
      #expect(try scenario.sql("vm2", Self.vault) == other)
      let sums = try scenario.lab.counters()
      #expect(sums.isBalanced, "\(sums)")
      #expect(sums.dropped["no-public-address"] ?? 0 > 0)
      #expect(try scenario.last(from: own)?.rule == "defaultAction Allow")
    }

    @Test("R7 I3: SQL in another region; Storage in the network's region, the paired one, a third")
    func regions() throws {
      let scenario = try Scenario("regions")
      defer { scenario.close() }
      let (own, publicOne) = ("10.0.1.4", "203.0.113.4")
      #expect(try scenario.http("vm1", Self.storage) == own)
      #expect(try scenario.last(from: own)?.location == "primary")
      #expect(try scenario.http("vm1", "20.60.19.4") == own, "the secondary, in the paired region")
      #expect(try scenario.last(from: own)?.location == "secondary")
      #expect(try scenario.http("vm1", "20.60.19.5") == own, "another account of the paired region")
      #expect(try scenario.last(from: own)?.rule?.hasPrefix("virtualNetworkRules[0]") == true)
      #expect(try scenario.http("vm1", "20.60.17.4") == publicOne, "a third region")
      #expect(try scenario.last(from: publicOne)?.rule == "ipRules[0] 203.0.113.4")
      #expect(try scenario.sql("vm1", Self.server) == own)
      #expect(try scenario.sql("vm1", "20.50.73.70") == publicOne, "SQL of another region")

      // Without its IP rule the account in the third region admits nobody: the endpoint does not reach it.
      try scenario.change("ipRules: [203.0.113.4]", to: "ipRules: []")
      scenario.lab.reloadEdge()
      try scenario.lab.wait("the new rules") { try scenario.http("vm1", "20.60.17.4") == "403" }
      #expect(try scenario.isBalanced())
    }
  }
}
