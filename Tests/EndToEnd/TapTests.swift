import Foundation
import Testing

extension EndToEnd {
  /// Guests behind TAPs, with all that their kernels can leave to others.
  @Suite("F7: TAP guests", .serialized) struct TapTests {
    private static let size = 32 << 20

    /// The example with the endpoint for Storage, and TAPs under vm1 and vm2.
    private static func withTaps(_ name: String) -> (String) -> String {
      { example in
        ["vm1", "vm2"].reduce(TrafficTests.withEndpoint(example)) { text, guest in
          text.replacingOccurrences(
            of: "port: { device: \(guest) }",
            with: "port: { tap: \(guest), namespace: spl-\(name)-\(guest) }")
        }
      }
    }

    private static func sum(_ path: String) throws -> Substring? {
      try Program.run(["sha256sum", path]).output.split(separator: " ").first
    }

    private static func makeFile(in lab: RunningLab, _ name: String) throws -> String {
      let file = lab.folder.file(name).path
      let made = try Program.run(["dd", "if=/dev/urandom", "of=\(file)", "bs=1M", "count=32"])
      #expect(made.status == 0, "\(made.errors)")
      return file
    }

    private struct Seen {
      /// Lengths of the IP packets, in bytes.
      var lengths: [Int] = []
      /// What Wireshark says of the TCP checksums: 1 is good, 0 is bad.
      var checksums: Set<Substring> = []

      var longest: Int { lengths.max() ?? 0 }
      /// The share of the bytes that came in frames above the MTU.
      var shareAboveMTU: Double {
        Double(lengths.filter { $0 > 1_500 }.reduce(0, +)) / Double(max(1, lengths.reduce(0, +)))
      }
    }

    /// A capture, once it holds the connection's end.
    private static func read(_ file: String, _ lab: RunningLab) throws -> Seen {
      try lab.waitForEnd(of: file)
      var seen = Seen()
      for packet in try Judge.fields(["ip.len", "tcp.checksum.status"], of: file, where: "tcp") {
        guard packet.count == 2, let length = Int(packet[0]) else { continue }
        seen.lengths.append(length)
        seen.checksums.insert(packet[1])
      }
      return seen
    }

    @Test("F7: between two TAPs a file arrives whole, in frames that nobody has cut")
    func betweenTaps() throws {
      let name = "e2e-tap"
      let lab = try RunningLab(name: name, change: Self.withTaps(name))
      defer { lab.close() }
      #expect(lab.log("dataplane").contains("offloads=segmentation"))
      try lab.startWebServer("files", in: "vm2", address: "10.0.2.4")
      let file = try Self.makeFile(in: lab, "original")
      let capture = try lab.capture("arrived", in: "vm2", "vm2", "tcp and src host 10.0.1.4")
      let sent = try lab.run(
        "vm1", "curl", "-sS", "--max-time", "120", "-T", file, "http://10.0.2.4/put")
      #expect(sent.status == 0, "\(sent.errors)")
      let received = try #require(try Program.firstFile(below: lab.folder.file("files/body")))
      #expect(try Self.sum(file) == Self.sum(received.path))
      let seen = try Self.read(capture, lab)
      #expect(seen.lengths.reduce(0, +) > Self.size)
      #expect(seen.longest > 1_500)
      #expect(seen.shareAboveMTU > 0.9, "\(seen.shareAboveMTU)")
      let sums = try lab.counters()
      #expect(sums.isBalanced, "\(sums)")
    }

    @Test(
      """
      F7: from a TAP to a veth frames arrive whole by a ring, by others in packets of the MTU with every checksum \
      good; back, they arrive whole
      """,
      arguments: ["xdp", "ring", "pcap"])
    func tapAndVeth(io: String) throws {
      let name = "e2e-tap"
      let lab = try RunningLab(name: name, io: io, change: Self.withTaps(name))
      defer { lab.close() }
      try lab.startWebServer("storage", in: "services", address: TrafficTests.storage)
      let file = try Self.makeFile(in: lab, "storage/original")
      let (there, back) = (lab.folder.file("sent").path, lab.folder.file("got").path)
      #expect(try Program.run(["cp", file, there]).status == 0)

      let far = try lab.capture("far", in: "services", "eth0", "tcp and src host 10.0.1.4")
      let near = try lab.capture(
        "near", in: "vm1", "vm1", "tcp and src host \(TrafficTests.storage)")
      let sent = try lab.run(
        "vm1", "curl", "-sS", "--max-time", "120", "-T", there,
        "http://\(TrafficTests.storage)/put")
      #expect(sent.status == 0, "\(sent.errors)")
      let received = try #require(try Program.firstFile(below: lab.folder.file("storage/body")))
      #expect(try Self.sum(there) == Self.sum(received.path))
      let farSeen = try Self.read(far, lab)
      #expect(farSeen.lengths.reduce(0, +) > Self.size)
      if io == "ring" {
        #expect(farSeen.shareAboveMTU > 0.9, "\(farSeen.shareAboveMTU)")
      } else {
        #expect(farSeen.longest <= 1_500)
        #expect(farSeen.checksums == ["1"])
      }

      let got = try lab.run(
        "vm1", "curl", "-sS", "--max-time", "120", "-o", back,
        "http://\(TrafficTests.storage)/original")
      #expect(got.status == 0, "\(got.errors)")
      #expect(try Self.sum(file) == Self.sum(back))
      let nearSeen = try Self.read(near, lab)
      // AF_XDP has the veth's other end cut what it sends.
      if io != "xdp" { #expect(nearSeen.shareAboveMTU > 0.9, "\(nearSeen.shareAboveMTU)") }
      let sums = try lab.counters()
      #expect(sums.isBalanced, "\(sums)")
    }
  }
}
