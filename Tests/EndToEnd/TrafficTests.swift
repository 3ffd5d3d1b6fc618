import Foundation
import Testing

extension EndToEnd {
  /// Real clients and servers through the running dataplane, with the interfaces' offloads left on.
  @Suite("Real traffic", .serialized) struct TrafficTests {
    static let storage = "20.60.26.132"
    static let web = "198.51.100.80"

    /// The example, with the endpoint for Storage switched on in the file.
    static func withEndpoint(_ example: String) -> String {
      example.replacingOccurrences(
        of: """
          addressPrefix: 10.0.1.0/24
                  routeTable: to-appliance
          """,
        with: """
          addressPrefix: 10.0.1.0/24
                  routeTable: to-appliance
                  serviceEndpoints:
                    - service: Microsoft.Storage
          """)
    }

    @Test(
      "F7: a file copied to a service by HTTP arrives whole, and no checksum is bad on the far side",
      arguments: ["xdp", "ring", "pcap"])
    func upload(io: String) throws {
      let lab = try RunningLab(name: "e2e-upload", io: io, change: Self.withEndpoint)
      defer { lab.close() }
      try lab.startWebServer("storage", in: "services", address: Self.storage)
      let file = lab.folder.file("original").path
      #expect(
        try Program.run(["dd", "if=/dev/urandom", "of=\(file)", "bs=1M", "count=32"]).status == 0)
      let capture = try lab.capture(
        "far", in: "services", "eth0", "dst host \(Self.storage)")
      let sent = try lab.run(
        "vm1", "curl", "-sS", "--max-time", "120", "-T", file, "http://\(Self.storage)/put")
      #expect(sent.status == 0, "\(sent.errors)")
      let body = lab.folder.file("storage/body")
      let received = try #require(try Program.firstFile(below: body))
      func sum(_ path: String) throws -> Substring? {
        try Program.run(["sha256sum", path]).output.split(separator: " ").first
      }
      #expect(try sum(file) == sum(received.path))

      try lab.waitForEnd(of: capture)
      let packets = try Judge.fields(
        ["tcp.checksum.status", "ip.checksum.status", "ip.src", "ip.len"], of: capture, where: "tcp"
      )
      // Straight from the private address, and both checksums good: but for TCP's where a ring leaves a batch whole, which
      // whoever takes it from the veth computes, or does without.
      let wrong = packets.filter { packet in
        guard packet.count == 4, let length = Int(packet[3]) else { return true }
        let isBatch = io == "ring" && length > 1_500
        return packet[0] != "1" && !isBatch || packet[1] != "1" || packet[2] != "10.0.1.4"
          || length > 1_500 && !isBatch
      }
      #expect(wrong.isEmpty, "\(wrong.prefix(5))")
      let lengths = packets.compactMap { Int($0[3]) }
      #expect(lengths.reduce(0, +) > 32 << 20)
      let whole = lengths.filter { $0 > 1_500 }.reduce(0, +)
      #expect(io == "ring" ? whole > 30 << 20 : whole == 0, "\(whole) bytes above the MTU")
    }

    @Test("F2 F7: iperf3 both ways, through the appliance and back")
    func throughput() throws {
      let lab = try RunningLab(name: "e2e-iperf")
      defer { lab.close() }
      try lab.start("server", in: "internet", "iperf3", "-s", "--forceflush", "-B", Self.web)
      try lab.wait("iperf3") { lab.log("server").contains("listening") }
      for direction in [[], ["-R"]] {
        let result = try Program.run(
          ["ip", "netns", "exec", lab.namespace("vm1"), "iperf3", "-c", Self.web, "-t", "3", "-J"]
            + direction)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        // Keys as iperf3 writes them.
        struct Report: Decodable {
          struct End: Decodable {
            struct Sum: Decodable {
              var bitsPerSecond: Double
            }
            var sumReceived: Sum
          }
          var end: End
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let report = try decoder.decode(Report.self, from: Data(result.output.utf8))
        print("iperf3 \(direction): \(Int(report.end.sumReceived.bitsPerSecond / 1e6)) Mbit/s")
        #expect(report.end.sumReceived.bitsPerSecond > 1e6)
      }
      let sums = try lab.counters()
      #expect(sums.isBalanced, "\(sums)")
    }

    @Test(
      "F6: ping and traceroute see the gateway; the Internet is out of reach without a route back",
      arguments: ["xdp", "ring", "pcap"])
    func ping(io: String) throws {
      let lab = try RunningLab(name: "e2e-ping", io: io)
      defer { lab.close() }
      #expect(try lab.run("vm1", "ping", "-c", "2", "-W", "2", "10.0.1.1").status == 0)
      #expect(try lab.run("vm1", "ping", "-c", "2", "-W", "2", "10.0.2.4").status == 0)
      #expect(try lab.run("vm1", "ping", "-c", "2", "-W", "2", Self.web).status == 0)
      // One hop: the gateway says that the time is up.
      let hop = try lab.run("vm1", "ping", "-c", "1", "-W", "2", "-t", "1", Self.web)
      #expect(hop.output.contains("From 10.0.1.1"))
      #expect(hop.output.contains("Time to live exceeded"))
      // 64 KiB of ping: fragments, both ways.
      #expect(
        try lab.run("vm1", "ping", "-c", "1", "-W", "2", "-s", "20000", "10.0.2.4").status == 0)
      // From outside nothing comes in by itself.
      #expect(try lab.run("internet", "ping", "-c", "1", "-W", "1", "203.0.113.4").status != 0)
      #expect(try lab.counters().dropped["no-flow"] ?? 0 > 0)
    }
  }
}
