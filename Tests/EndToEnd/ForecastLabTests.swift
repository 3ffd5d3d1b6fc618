import Foundation
import Testing

extension EndToEnd {
  /// A fabric, a service edge, real clients with connections held open: what was forecast is what happens.
  @Suite("F3 I3: a forecast in the lab", .serialized) struct ForecastLabTests {
    private static let logs = "20.60.26.133"

    private struct Forecast: Decodable {
      struct Way: Decodable {
        var exit: String?
        var source: String?
      }
      struct Connection: Decodable {
        var source: String
        var destination: String
        var now: Way
        var then: Way
      }
      struct Answer: Decodable {
        var isAdmitted: Bool
        var source: String
        var rule: String?
      }
      struct Request: Decodable {
        var port: String
        var resource: String
        var now: Answer?
        var then: Answer?
      }
      struct Rule: Decodable {
        var resource: String
        var rule: String
      }
      var connectionsClosed: [Connection]
      var requests: [Request]
      var callers: [Request]
      var rulesEnding: [Rule]
      var rulesBeginning: [Rule]
      var flowsKept: Int
    }

    private struct Switch: Decodable {
      struct Connection: Decodable {
        var source: String
        var destination: String
      }
      var connectionsClosed: [Connection]
    }

    private func json<Value: Decodable>(_ lab: RunningLab, _ words: String...) throws -> Value {
      let result = try Program.run(
        [Program.binary] + words + ["--config", lab.config, "--output", "json"])
      guard result.status == 0 else { throw RunningLab.Failure(text: result.errors) }
      return try JSONDecoder().decode(Value.self, from: Data(result.output.utf8))
    }

    private func status(_ lab: RunningLab, _ path: String = "whoami") throws -> String {
      try lab.run(
        "blue", "curl", "-sS", "--max-time", "5", "-w", " %{http_code}",
        "http://\(Self.logs)/\(path)"
      ).output.split(separator: "\n").joined().trimmingCharacters(in: .whitespaces)
    }

    @Test(
      "F3 I3: disabled and enabled again with a download under way, the lab does what was forecast")
    func heldConnections() throws {
      let lab = try RunningLab(name: "e2e-forecast", example: "two-networks")
      defer { lab.close() }
      try lab.start("edge", [Program.binary, "run", "--role", "edge", lab.config])
      try lab.wait("the edge") {
        try Program.spurline("counters", "--role", "edge", "--config", lab.config).status == 0
      }
      try lab.startWebServer("logs", in: "services", address: Self.logs)
      try lab.wait("the way to the service") { try status(lab).hasSuffix("200") }
      #expect(
        try Program.run(["truncate", "-s", "64M", lab.folder.file("logs/large").path]).status == 0)
      let download = try lab.start(
        "download", in: "blue", "curl", "-sS", "-o", "/dev/null", "--limit-rate", "20k",
        "--local-port", "45000",
        "http://\(Self.logs)/large")
      let words = ["blue/app", "Microsoft.Storage"]
      var forecast: Forecast!
      try lab.wait("the download") {
        forecast = try json(lab, "forecast", "disable", words[0], words[1])
        return forecast.connectionsClosed.map(\.source) == ["10.0.0.4:45000"]
      }

      // Over the endpoint now, by the Internet then, where the account knows nobody.
      let closed = try #require(forecast.connectionsClosed.first)
      #expect(closed.now.exit == "backbone" && closed.now.source == "10.0.0.4")
      #expect(closed.then.exit == "internet" && closed.then.source == "203.0.113.4")
      let request = try #require(forecast.requests.first { $0.resource == "bluelogs" })
      #expect(request.now?.isAdmitted == true && request.then?.isAdmitted == false)
      #expect(
        forecast.rulesEnding.contains {
          $0.resource == "bluelogs" && $0.rule == "virtualNetworkRules[0] blue/app"
        })

      let disabled: Switch = try json(lab, "endpoint", "disable", words[0], words[1])
      #expect(
        disabled.connectionsClosed.map { "\($0.source) \($0.destination)" }.sorted()
          == forecast.connectionsClosed.map { "\($0.source) \($0.destination)" }.sorted())
      download.waitUntilExit()
      #expect(download.terminationStatus == 56, "\(lab.log("download"))")
      // Denied, as forecast: by the edge, over HTTP.
      #expect(try status(lab).hasSuffix(" 403"))

      let back: Forecast = try json(lab, "forecast", "enable", words[0], words[1])
      let caller = try #require(back.callers.first { $0.resource == "bluelogs" })
      #expect(caller.now?.isAdmitted == false && caller.then?.isAdmitted == true)
      #expect(back.rulesBeginning.contains { $0.resource == "bluelogs" })
      _ = try json(lab, "endpoint", "enable", words[0], words[1]) as Switch
      #expect(try status(lab) == "\(caller.then?.source ?? "") 200")

      // And explain says of the next request what the edge will.
      let explained = try Program.spurline(
        "explain", "blue-vm", "tcp", "10.0.0.4:40000", "\(Self.logs):80", "--config", lab.config)
      #expect(
        explained.output.contains("I3: admitted by the virtual-network rule for blue/app"),
        "\(explained.output)")
    }

    @Test("F3: the command answers from the file, and refuses what cannot be")
    func command() throws {
      let file = Program.root.appendingPathComponent("examples/two-networks.yaml").path
      let offline = try Program.spurline(
        "forecast", "disable", "blue/app", "Microsoft.Storage", "--offline", "--config", file)
      #expect(offline.status == 0, "\(offline.errors)")
      #expect(offline.output.contains("Rules that will stop matching: 2\n"))
      #expect(offline.output.contains("  3. Disable Microsoft.Storage on blue/app.\n"))
      let refusals: [([String], String)] = [
        (
          ["enable", "blue/app", "Microsoft.Storage", "--offline"], "is already enabled on blue/app"
        ),
        (["enable", "red/app", "Microsoft.Storage", "--offline"], "no subnet is called 'red/app'"),
        (["enable", "app", "Microsoft.Sql", "--offline"], "several subnets are called 'app'"),
        (["disable", "blue/app", "Microsoft.Sql", "--capture", "/nowhere.pcap"], "/nowhere.pcap"),
        (["disable", "blue/app", "Microsoft.Sql", "--nic", "blue-vm"], "they need --capture FILE"),
        (
          ["disable", "blue/app", "Microsoft.Sql", "--offline", "--capture", "x"],
          "give one of them"
        ),
      ]
      for (words, sentence) in refusals {
        let refused = try Program.run(
          [Program.binary, "forecast"] + words + ["--config", file])
        #expect(refused.status != 0)
        #expect(refused.errors.contains(sentence), "\(words): \(refused.errors)")
      }
    }
  }
}
