import Foundation
import Testing

extension EndToEnd {
  /// The example, with real clients and servers.
  @Suite("Two networks at one service", .serialized) struct EdgeLabTests {
    private static let shared = "20.60.26.132"
    private static let logs = "20.60.26.133"
    private static let orders = "20.61.99.196"
    private static let data = "contosodata.blob.core.windows.net"
    private static let partner = "partnerdata.blob.core.windows.net"

    /// The example with its edge and a web server for the accounts.
    private static func start(
      _ name: String, change: (String) -> String = { $0 }
    ) throws -> (lab: RunningLab, edge: Process) {
      let lab = try RunningLab(name: name, example: "two-networks", change: change)
      let edge = try lab.start(
        "edge", in: "fabric", Program.binary, "run", "--role", "edge", lab.config)
      try lab.wait("the edge") {
        try Program.spurline("counters", "--config", lab.config, "--role", "edge").status == 0
      }
      try lab.startWebServer("logs", in: "services", address: logs)
      return (lab, edge)
    }

    /// What the server says of the client, the status that it was refused with, or curl's own.
    private func ask(
      _ lab: RunningLab, _ namespace: String, _ host: String, _ server: String,
      _ further: String...
    ) throws -> String {
      let result = try Program.run(
        [
          "ip", "netns", "exec", lab.namespace(namespace), "curl", "-sS", "--max-time", "3", "-w",
          "%{http_code}", "--resolve", "\(host):80:\(server)",
        ] + further + ["http://\(host)/whoami"])
      guard result.status == 0 else { return "curl \(result.status)" }
      return result.output.hasSuffix("200")
        ? result.output.split(separator: "\n").first.map(String.init) ?? ""
        : String(result.output.suffix(3))
    }

    @Test(
      "I1 I2 I3 I6: both networks at once by host name; 403 over HTTP, a reset of SQL; what is written down"
    )
    func verdicts() throws {
      let (lab, _) = try Self.start("e2e-edge")
      defer { lab.close() }
      try lab.startWebServer("shared", in: "services", address: Self.shared)
      try lab.start(
        "sql", in: "services", "socat", "TCP-LISTEN:1433,fork,reuseaddr,bind=\(Self.orders)",
        "SYSTEM:echo welcome")
      try lab.wait("the SQL server") {
        try lab.run("services", "ss", "-Hltn", "sport = :1433").output.contains("1433")
      }
      // Each network reaches its own account at the address that both use, and no other.
      #expect(try ask(lab, "blue", Self.data, Self.shared) == "10.0.0.4")
      #expect(try ask(lab, "green", Self.partner, Self.shared) == "10.0.0.4")
      #expect(try ask(lab, "blue", Self.partner, Self.shared) == "403")
      #expect(try ask(lab, "green", Self.data, Self.shared) == "403")
      #expect(try ask(lab, "blue", "unknown.example", Self.shared) == "403")
      #expect(try ask(lab, "blue", Self.logs, Self.logs) == "10.0.0.4")
      #expect(try ask(lab, "green", Self.logs, Self.logs) == "403")
      // With a body under way when the answer comes.
      let body = lab.folder.file("body").path
      #expect(
        try Program.run(["dd", "if=/dev/zero", "of=\(body)", "bs=1k", "count=500"]).status == 0)
      #expect(try ask(lab, "blue", Self.partner, Self.shared, "-T", body) == "403")
      #expect(try ask(lab, "green", Self.logs, Self.logs, "-T", body) == "403")

      // The same ports from both, at the same time: to the server they are two hosts.
      let file = lab.folder.file("shared/file").path
      #expect(
        try Program.run(["dd", "if=/dev/zero", "of=\(file)", "bs=1k", "count=150"]).status == 0)
      let pair = try ["blue", "green"].map { namespace in
        try lab.start(
          "same-\(namespace)", in: namespace, "curl", "-fsS", "--max-time", "20", "--local-port",
          "45000", "-o", lab.folder.file("same-\(namespace)").path,
          "--resolve", "\(Self.data):80:\(Self.shared)", "--resolve",
          "\(Self.partner):80:\(Self.shared)",
          "http://\(namespace == "blue" ? Self.data : Self.partner)/file?rate=30k")
      }
      try lab.wait("two connections from one port") {
        try lab.run("services", "ss", "-Htn", "dport = :45000").output.split(separator: "\n").count
          == 2
      }
      for process in pair { process.waitUntilExit() }
      #expect(pair.map(\.terminationStatus) == [0, 0])
      for namespace in ["blue", "green"] {
        let copy = lab.folder.file("same-\(namespace)")
        #expect(try Data(contentsOf: copy) == Data(contentsOf: lab.folder.file("shared/file")))
      }

      let sql = { (namespace: String) in
        try lab.run(namespace, "curl", "-sS", "--max-time", "3", "telnet://\(Self.orders):1433")
      }
      #expect(try sql("green").output == "welcome\n")
      let refused = try sql("blue")
      #expect(refused.status == 7, "\(refused.status) \(refused.errors)")

      try checkTLS(lab)
      let table = try Program.spurline("diagnostics", "--config", lab.config).output
      #expect(table.contains("(\(Self.data))") && table.contains("virtualNetworkRules[0] blue/app"))
      #expect(table.contains("defaultAction Deny") && table.contains("denied: unknown host"))
      let log = try Program.spurline(
        "diagnostics", "--config", lab.config, "--output", "storage-log"
      ).output
      #expect(log.contains(#""callerIpAddress":"10.0.0.4:"#) && log.contains(#""statusCode":403"#))
      #expect(lab.log("edge").contains("denied by the default action Deny"))
      let sums = try Self.counters(lab)
      #expect(sums.isBalanced, "\(sums)")
      #expect(try lab.counters().isBalanced)
    }

    /// By server name: OpenSSL at the other end.
    private func checkTLS(_ lab: RunningLab) throws {
      let (key, certificate) = (lab.folder.file("key").path, lab.folder.file("certificate").path)
      let made = try Program.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test",
      ])
      #expect(made.status == 0, "\(made.errors)")
      try lab.start(
        "tls", in: "services", "openssl", "s_server", "-accept", "\(Self.shared):443", "-cert",
        certificate, "-key", key, "-www", "-quiet")
      try lab.wait("the TLS server") {
        try lab.run("services", "ss", "-Hltn", "sport = :443").output.contains("443")
      }
      let get = { (namespace: String, host: String) in
        try lab.run(
          namespace, "curl", "-skS", "--max-time", "5", "--resolve", "\(host):443:\(Self.shared)",
          "https://\(host)/")
      }
      #expect(try get("blue", Self.data).output.contains("SSL-Session"))
      #expect(try get("green", Self.partner).output.contains("SSL-Session"))
      let refused = try get("green", Self.data)
      #expect(refused.status == 35, "\(refused.status) \(refused.errors)")
    }

    @Test(
      "I5: on-premises through two NAT addresses: one allowed lets about half of the flows pass, both all"
    )
    func onPremises() throws {
      let (lab, edge) = try Self.start("e2e-edge-onprem")
      defer { lab.close() }
      // As a circuit does: one of two addresses for each flow.
      let rules = """
        table ip nat {
          chain postrouting {
            type nat hook postrouting priority srcnat
            ip saddr 192.168.10.0/24 snat to jhash tcp sport . ip saddr mod 2 seed 0x1234 map { 0 : 198.51.100.20, 1 : 198.51.100.21 }
          }
        }
        """
      let file = try lab.folder.write(rules, to: "nat.nft")
      let loaded = try lab.run("onprem", "nft", "-f", file)
      #expect(loaded.status == 0, "\(loaded.errors)")
      let count = 40
      let answers = { (from: Int) in
        try (0..<count).map { index in
          try ask(
            lab, "onprem", Self.logs, Self.logs, "--interface", "192.168.10.1", "--local-port",
            "\(from + index)")
        }
      }
      let first = try answers(41_000)
      let passed = first.filter { $0 == "198.51.100.21" }.count
      #expect(first.allSatisfy { $0 == "198.51.100.21" || $0 == "403" }, "\(first)")
      #expect((count / 4...count * 3 / 4).contains(passed), "\(passed) of \(count)")

      let text = try String(contentsOfFile: lab.config, encoding: .utf8)
      let changed = text.replacingOccurrences(
        of: """
                virtualNetworkRules: [blue/app]
                ipRules: [198.51.100.21]
          """,
        with: """
                virtualNetworkRules: []
                ipRules: [198.51.100.20, 198.51.100.21]
          """)
      #expect(changed != text)
      // A connection that the new rules no longer admit.
      let big = lab.folder.file("logs/big").path
      #expect(
        try Program.run(["dd", "if=/dev/zero", "of=\(big)", "bs=1k", "count=600"]).status == 0)
      let download = try lab.download(
        "download", in: "blue", "http://\(Self.logs)/big", rate: "100k"
      ).process
      try changed.write(toFile: lab.config, atomically: true, encoding: .utf8)
      kill(edge.processIdentifier, SIGHUP)
      try lab.wait("the new rules") { try ask(lab, "blue", Self.logs, Self.logs) == "403" }
      #expect(try answers(42_000).allSatisfy { $0.hasPrefix("198.51.100.2") })
      download.waitUntilExit()
      #expect(download.terminationStatus == 56, "I3: it is closed: \(lab.log("download"))")
      let sums = try Self.counters(lab)
      #expect(sums.isBalanced, "\(sums)")
    }

    @Test(
      "I1 F6 F7: 100 MB arrive whole in each encapsulation, with the interfaces' offloads on",
      arguments: [
        "service-tunnel",
        "{ type: service-tunnel, outer: nvgre, remoteAddress: 169.254.3.2 }",
        "{ type: service-tunnel, outer: vxlan, remoteAddress: 169.254.3.2 }",
        "{ type: vxlan, remoteAddress: 169.254.3.2 }",
        "none",
      ])
    func download(encapsulation: String) throws {
      let (lab, _) = try Self.start("e2e-edge-size") { text in
        var text = text.replacingOccurrences(
          of: "encapsulation: service-tunnel", with: "encapsulation: \(encapsulation)")
        // Without an encapsulation the address alone says whose a packet is.
        if encapsulation == "none", let green = text.range(of: "  - name: green\n") {
          let end = text.range(of: "resources:")!.lowerBound
          text.replaceSubrange(
            green.lowerBound..<end,
            with: text[green.lowerBound..<end].replacingOccurrences(of: "10.0.", with: "10.1.")
              .replacingOccurrences(
                of: "10.1.0.4, publicIPAddress: 203.0.113.4",
                with: "10.0.0.4, publicIPAddress: 203.0.113.4"))
        }
        return text
      }
      defer { lab.close() }
      let file = lab.folder.file("logs/file").path
      #expect(
        try Program.run(["dd", "if=/dev/urandom", "of=\(file)", "bs=1M", "count=100"]).status == 0)
      let copy = lab.folder.file("copy").path
      let got = try lab.run(
        "blue", "curl", "-sS", "--max-time", "60", "-o", copy, "http://\(Self.logs)/file")
      #expect(got.status == 0, "\(got.errors)")
      func sum(_ path: String) throws -> Substring? {
        try Program.run(["sha256sum", path]).output.split(separator: " ").first
      }
      #expect(try sum(copy) == sum(file))
      #expect(try ask(lab, "blue", Self.logs, Self.logs) == "10.0.0.4")
      let (near, far) = (try lab.counters(), try Self.counters(lab))
      #expect(near.isBalanced && far.isBalanced, "\(near) \(far)")
      #expect(
        near.byService["Microsoft.Storage"] ?? 0 > 0 && far.byService["Microsoft.Storage"] ?? 0 > 0)
    }

    private static func counters(_ lab: RunningLab) throws -> RunningLab.Counters.Inner {
      let result = try Program.spurline(
        "counters", "--config", lab.config, "--role", "edge", "--output", "json")
      return try JSONDecoder().decode(
        RunningLab.Counters.self, from: Data(result.output.utf8)
      ).counters
    }
  }
}
