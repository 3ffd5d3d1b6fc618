import Foundation
import Testing

extension EndToEnd {
  /// Two networks with one private address, and real clients and servers on both sides of the tunnel.
  @Suite("I1: the backbone's encapsulations under real traffic", .serialized)
  struct BackboneTests {
    static let storage = "20.60.26.132"
    /// The same as an overlay address.
    static let overlay = "fd53:504c:ffff::143c:1a84"

    /// - Parameter encapsulation: as it stands in the configuration.
    private static func configuration(_ name: String, _ encapsulation: String) -> String {
      """
      name: \(name)
      virtualNetworks:
        - name: one
          id: 1
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: app, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Storage] }]
        - name: two
          id: 2
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: app, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Storage] }]
      networkInterfaces:
        - { name: vm1, subnet: one/app, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
        - { name: vm2, subnet: two/app, ipConfigurations: [{ privateIPAddress: 10.0.1.4 }] }
      ports:
        backbone:
          macAddress: 02:00:00:00:03:01
          peerMacAddress: 02:00:00:00:03:02
          addresses: [169.254.3.1, "fd53:504d::1"]
          encapsulation: \(encapsulation)
      lab:
        namespaces:
          - { name: vm1, networkInterface: vm1 }
          - { name: vm2, networkInterface: vm2 }
          - { name: net1 }
          - { name: net2 }
          - name: services
            port: backbone
            addresses: [169.254.3.2/30, "fd53:504d::2/64"]
            loopbackAddresses: ["\(overlay)/128"]
            routes: [{ destination: "fd53:504c::/32", via: "fd53:504d::1" }]
      """
    }

    private func lab(_ name: String, _ encapsulation: String, io: String? = nil) throws
      -> RunningLab
    {
      try RunningLab(name: name, io: io) { _ in Self.configuration(name, encapsulation) }
    }

    private func ip(_ arguments: String...) throws {
      let result = try Program.run(["ip"] + arguments)
      try #require(result.status == 0, "ip \(arguments): \(result.errors)")
    }

    /// A Linux VXLAN device for one network, in a namespace of its own: it has the service's address there.
    private func makeDevice(_ lab: RunningLab, vni: Int) throws {
      let (underlay, overlay) = (lab.namespace("services"), lab.namespace("net\(vni)"))
      try ip(
        "-n", underlay, "link", "add", "vx\(vni)", "address", "02:00:00:00:03:02", "mtu", "1450",
        "type", "vxlan", "id", "\(vni)", "local", "169.254.3.2", "remote", "169.254.3.1", "dstport",
        "4789")
      try ip("-n", underlay, "link", "set", "vx\(vni)", "netns", overlay)
      try ip("-n", overlay, "address", "add", "\(Self.storage)/32", "dev", "vx\(vni)")
      try ip("-n", overlay, "link", "set", "vx\(vni)", "up")
      try ip("-n", overlay, "route", "add", "10.0.0.0/16", "dev", "vx\(vni)")
    }

    /// 100 MB each way, and what the far side of the link saw of it.
    private func transfer(_ lab: RunningLab, server: String, capture filter: String) throws {
      let file = lab.folder.file("original").path
      #expect(
        try Program.run(["dd", "if=/dev/urandom", "of=\(file)", "bs=1M", "count=100"]).status == 0)
      // The first of them are enough: both sides' offloads are at work in them.
      let capture = try lab.capture("far", in: "services", "eth0", filter, count: 20_000)
      let url = "http://\(Self.storage)"
      let sent = try lab.run("vm1", "curl", "-sS", "--max-time", "120", "-T", file, "\(url)/put")
      #expect(sent.status == 0, "\(sent.errors)")
      let received = try #require(
        try Program.firstFile(below: lab.folder.file("\(server)/body")))
      #expect(try Program.run(["cmp", file, received.path]).status == 0)
      try FileManager.default.moveItem(
        atPath: received.path, toPath: lab.folder.file("\(server)/back").path)
      let copy = lab.folder.file("copy").path
      let got = try lab.run("vm1", "curl", "-sS", "--max-time", "120", "-o", copy, "\(url)/back")
      #expect(got.status == 0, "\(got.errors)")
      #expect(try Program.run(["cmp", file, copy]).status == 0)
      try lab.wait("the capture's end") { lab.log("far").contains("packets captured") }

      // Of what we sent, each checksum is right and nothing above the link's MTU.
      let packets = try Judge.fields(
        ["frame.len", "tcp.checksum.status", "ip.checksum.status"], of: capture,
        where: "eth.src == 02:00:00:00:03:01 and tcp")
      #expect(packets.count > 5_000)
      let wrong = packets.filter { packet in
        packet.count != 3 || Int(packet[0])! > 1_514 || packet[1] != "1"
          || packet[2].split(separator: ",").contains { $0 != "1" }
      }
      #expect(wrong.isEmpty, "\(wrong.prefix(5))")
      let sums = try lab.counters()
      #expect(sums.isBalanced)
    }

    @Test(
      "F5 F7: a Linux VXLAN device for each network answers both at once; 100 MB each way",
      arguments: ["xdp", "ring"])
    func vxlan(io: String) throws {
      let lab = try lab(
        "e2e-vxlan", "{ type: vxlan, remoteAddress: 169.254.3.2 }", io: io)
      defer { lab.close() }
      for vni in 1...2 {
        try makeDevice(lab, vni: vni)
        try lab.startWebServer("server\(vni)", in: "net\(vni)", address: Self.storage)
        try "network \(vni)\n".write(
          to: lab.folder.file("server\(vni)/who"), atomically: true, encoding: .utf8)
      }
      // The same ports too, so that nothing but the network tells them apart.
      for _ in 0..<3 {
        for vni in 1...2 {
          let answer = try lab.run(
            "vm\(vni)", "curl", "-sS", "--max-time", "5", "--local-port", "40000-40010",
            "http://\(Self.storage)/who")
          #expect(answer.output == "network \(vni)\n", "\(answer.errors)")
          let source = try lab.run(
            "vm\(vni)", "curl", "-sS", "--max-time", "5", "http://\(Self.storage)/whoami")
          #expect(source.output == "10.0.1.4\n")
        }
      }
      try transfer(lab, server: "server1", capture: "udp port 4789")
    }

    @Test(
      "F5 F7: an IPv6 server answers a service tunnel and tells the networks apart; 100 MB each way",
      arguments: ["xdp", "ring"])
    func serviceTunnel(io: String) throws {
      let lab = try lab("e2e-service-tunnel", "service-tunnel", io: io)
      defer { lab.close() }
      try lab.startWebServer("server", in: "services", address: "[\(Self.overlay)]")
      for network in 1...2 {
        let answer = try lab.run(
          "vm\(network)", "curl", "-sS", "--max-time", "5", "http://\(Self.storage)/whoami")
        // Region, network, subnet, and 10.0.1.4.
        #expect(answer.output == "fd53:504c:d3c9:0:\(network):1:a00:104\n", "\(answer.errors)")
      }
      try transfer(lab, server: "server", capture: "ip6")
    }

    @Test("F5 F7: a service tunnel inside VXLAN, read by a Linux VXLAN device; 100 MB each way")
    func serviceTunnelInVXLAN() throws {
      try insideOuterHeader(
        "vxlan", ["vxlan", "id", "1", "dstport", "4789"], mtu: 1_450, capture: "udp port 4789")
    }

    /// Whether this kernel has devices that read NVGRE.
    static let hasGretap =
      (try? Program.run([
        "unshare", "-n", "ip", "link", "add", "nv1", "type", "gretap", "local", "192.0.2.1",
        "remote", "192.0.2.2", "key", "256",
      ]).status) == 0

    @Test(
      "F5 F7: a service tunnel inside NVGRE, read by a Linux gretap device; 100 MB each way",
      .enabled(if: hasGretap, "this kernel has no gretap devices"))
    func serviceTunnelInNVGRE() throws {
      try insideOuterHeader("nvgre", ["gretap", "key", "256"], mtu: 1_458, capture: "proto gre")
    }

    /// - Parameter type: of the device for network 1, with what it is told beside its addresses.
    private func insideOuterHeader(
      _ outer: String, _ type: [String], mtu: Int, capture: String
    ) throws {
      let lab = try lab(
        "e2e-in-\(outer)", "{ type: service-tunnel, outer: \(outer), remoteAddress: 169.254.3.2 }")
      defer { lab.close() }
      let (underlay, overlay) = (lab.namespace("services"), lab.namespace("net1"))
      let made = try Program.run(
        [
          "ip", "-n", underlay, "link", "add", "far1", "address", "02:00:00:00:03:02", "mtu",
          "\(mtu)", "type",
        ] + type + ["local", "169.254.3.2", "remote", "169.254.3.1"])
      try #require(made.status == 0, "\(made.errors)")
      try ip("-n", underlay, "link", "set", "far1", "netns", overlay)
      try ip("-n", overlay, "address", "add", "\(Self.overlay)/128", "dev", "far1", "nodad")
      try ip("-n", overlay, "link", "set", "far1", "up")
      // The networks stand behind one neighbour: their overlay addresses are not asked for.
      try ip(
        "-n", overlay, "neighbour", "add", "fe80::1", "lladdr", "02:00:01:00:00:01", "dev", "far1")
      try ip(
        "-n", overlay, "-6", "route", "add", "fd53:504c::/32", "via", "fe80::1", "dev", "far1")
      try lab.startWebServer("server", in: "net1", address: "[\(Self.overlay)]")
      let answer = try lab.run(
        "vm1", "curl", "-sS", "--max-time", "5", "http://\(Self.storage)/whoami")
      #expect(answer.output == "fd53:504c:d3c9:0:1:1:a00:104\n", "\(answer.errors)")
      try transfer(lab, server: "server", capture: capture)
    }
  }
}
