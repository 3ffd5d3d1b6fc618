import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What goes wrong around a dataplane that runs: it goes on, loses nothing uncounted, and its sums agree.
  @Suite("Faults", .serialized) struct FaultTests {
    /// Ends the dataplane; its sums must agree, and it must have said so itself.
    private func expectBalanced(_ lab: RunningLab) throws {
      let sums = try lab.counters()
      #expect(sums.isBalanced, "\(sums)")
      let (status, log) = lab.stop()
      #expect(status == 0, "\(log)")
      #expect(log.contains("received "), "\(log)")
    }

    @Test(
      "Downloads outlive links that go down and up, an MTU that changes, and ten reloads a second",
      arguments: [("xdp", 1), ("xdp", 2), ("ring", 2), ("pcap", 2)])
    func downloads(io: String, workers: Int) throws {
      let lab = try RunningLab(
        name: "e2e-faults", io: io, workers: workers, change: TrafficTests.withEndpoint)
      defer { lab.close() }
      try lab.startWebServer("storage", in: "services", address: TrafficTests.storage)
      let original = lab.folder.file("storage/file").path
      #expect(
        try Program.run(["dd", "if=/dev/urandom", "of=\(original)", "bs=1M", "count=6"]).status
          == 0)
      // Several connections: each worker has some.
      let clients = try (0..<4).map { number in
        try lab.start(
          "client\(number)", in: "vm1", "curl", "-sS", "--max-time", "60", "--limit-rate", "1M",
          "-o", lab.folder.file("copy\(number)").path, "http://\(TrafficTests.storage)/file")
      }
      for round in 0..<3 {
        Thread.sleep(forTimeInterval: 0.3)
        try lab.fabric("link", "set", "vm1", "down")
        Thread.sleep(forTimeInterval: 0.1)
        try lab.fabric("link", "set", "vm1", "up")
        Thread.sleep(forTimeInterval: 0.3)
        try lab.fabric("link", "set", "backbone", "mtu", round % 2 == 0 ? "1300" : "1500")
        for _ in 0..<10 {
          lab.reload()
          Thread.sleep(forTimeInterval: 0.1)
        }
      }
      try lab.fabric("link", "set", "backbone", "mtu", "1500")
      for (number, client) in clients.enumerated() {
        client.waitUntilExit()
        #expect(client.terminationStatus == 0, "\(lab.log("client\(number)"))")
        #expect(
          FileManager.default.contentsEqual(
            atPath: original, andPath: lab.folder.file("copy\(number)").path),
          "the file is the same")
      }
      try expectBalanced(lab)
    }

    @Test(
      "An interface that goes away is a warning and a counter; when it is back, it is opened again",
      arguments: ["xdp", "ring", "pcap"])
    func gone(io: String) throws {
      let lab = try RunningLab(name: "e2e-gone", io: io)
      defer { lab.close() }
      #expect(try lab.run("vm1", "ping", "-c", "1", "-W", "2", "10.0.1.1").status == 0)
      // The backbone's pair: nothing of this test needs it.
      try lab.fabric("link", "del", "backbone")
      try lab.wait("the warning") { lab.log("dataplane").contains("port failed") }
      #expect(try lab.run("vm1", "ping", "-c", "1", "-W", "2", "10.0.1.1").status == 0)
      try lab.fabric("link", "add", "backbone", "type", "veth", "peer", "name", "elsewhere")
      try lab.fabric("link", "set", "elsewhere", "up")
      try lab.fabric("link", "set", "backbone", "up")
      try lab.wait("the port") { lab.log("dataplane").contains("port is open again") }
      try expectBalanced(lab)
    }

    @Test(
      "F4: a flood of new connections leaves admitted ones alone, and commands are answered under it",
      arguments: [1, 2])
    func flood(workers: Int) throws {
      let lab = try RunningLab(name: "e2e-flood", workers: workers) {
        TrafficTests.withEndpoint($0) + "\nflows: { maximum: 2000 }\n"
      }
      defer { lab.close() }
      try lab.startWebServer("storage", in: "services", address: TrafficTests.storage)
      let original = lab.folder.file("storage/file").path
      #expect(
        try Program.run(["dd", "if=/dev/urandom", "of=\(original)", "bs=1M", "count=16"]).status
          == 0)
      let flood = lab.folder.file("flood.pcap")
      try Flood.capture(connections: 20_000).write(to: flood)
      let copy = lab.folder.file("copy").path
      let client = try lab.start(
        "client", in: "vm1", "curl", "-sS", "--max-time", "60", "--limit-rate", "4M", "-o", copy,
        "http://\(TrafficTests.storage)/file")
      Thread.sleep(forTimeInterval: 0.5)
      let flooding = try lab.start(
        "flood", in: "vm2", "timeout", "60", "tcpreplay", "-q", "--topspeed", "--loop", "0", "-i",
        "eth0", flood.path)
      for _ in 0..<10 {
        #expect(try lab.counters().isBalanced)
        Thread.sleep(forTimeInterval: 0.2)
      }
      #expect(flooding.isRunning, "\(lab.log("flood"))")
      client.waitUntilExit()
      #expect(client.terminationStatus == 0, "\(lab.log("client"))")
      #expect(FileManager.default.contentsEqual(atPath: original, andPath: copy))
      flooding.terminate()
      flooding.waitUntilExit()
      let sums = try lab.counters()
      #expect(sums.received["vm2"]?.packets ?? 0 > 20_000, "\(sums)")
      #expect(
        sums.flowsEvicted > 10_000, "the table was full, and new flows made room for new ones")
      try expectBalanced(lab)
    }

    /// One third of the captures for each backend: a process for each takes a while.
    @Test(
      "Every capture that there is, malformed ones too, sent into a NIC's port at full speed",
      .needsSharedData, arguments: [(0, "xdp"), (1, "ring"), (2, "pcap")])
    func captures(share: Int, io: String) throws {
      let folder = try #require(SharedData.folder).appendingPathComponent("pcap")
      let lab = try RunningLab(name: "e2e-noise", io: io)
      defer { lab.close() }
      let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") || $0.hasSuffix(".cap") }
        .sorted().enumerated().filter { $0.offset % 3 == share }
        .map { folder.appendingPathComponent($0.element).path }
      try #require(paths.count > 160)
      // Those that it cannot read, or that are above the MTU, it leaves out and says so.
      let list = try lab.folder.write(
        """
        for file in "$@"; do tcpreplay -q --topspeed -i eth0 "$file" && sent=$((sent + 1)); done
        echo "files sent: $sent"
        """, to: "send.sh")
      let result = try Program.run(
        ["ip", "netns", "exec", lab.namespace("vm1"), "bash", list] + paths)
      let sent = result.output.split(separator: "\n").last.flatMap {
        Int($0.split(separator: " ").last ?? "")
      }
      #expect(sent ?? 0 > 100, "\(result.errors.suffix(500))")
      let received = try lab.counters().received["vm1"]?.packets ?? 0
      print("\(io): \(sent ?? 0) of \(paths.count) captures, \(received) frames received")
      #expect(received > 1_000)
      #expect(try lab.run("vm1", "ping", "-c", "1", "-W", "2", "10.0.1.1").status == 0)
      try expectBalanced(lab)
    }
  }
}
