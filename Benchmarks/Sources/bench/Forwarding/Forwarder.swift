import Foundation

/// Something that forwards from `r0` to `r1`.
struct Forwarder {
  var name: String
  /// Whether it writes another source address: what the sink must see.
  var rewrites: Bool
  /// The minimal loop on the same interface, to compare with.
  var ceiling: String?
  /// Why it is not here; nil where it is.
  var missing: String?
  /// Starts it, ready to forward; what it returns ends it.
  var start: (ForwardingWire) throws -> Running

  struct Running {
    /// Those whose time counts as its own.
    var processes: [pid_t]
    /// Where it answers questions while it forwards; nil where it does not.
    var controlSocket: String?
    /// That it can know; nil where nothing but memory limits them.
    var maximumFlows: Int?
    var end: () -> Void
  }
}

/// All that are compared, and where their programs are.
struct Forwarders {
  /// Of the programs that `Forwarding/build` makes.
  var folder: String
  var spurline: String
  /// The core that the router runs on.
  var core: Int
  var controlCore: Int
  /// How many threads of ours forward, in cases of their own.
  var workers: [Int]
  /// For logs and configurations.
  var temporary: String

  var all: [Forwarder] {
    [
      ours("xdp"), minimal("xdp"), ours("xdp-generic"), minimal("xdp-generic"), ours("ring"),
      minimal("ring"), ours("pcap"), minimal("pcap"),
    ]
      + workers.filter { $0 > 1 }.flatMap { [ours("xdp", workers: $0), ours("ring", workers: $0)] }
      + [linux(nat: false), linux(nat: true)]
      + [testpmd("af_xdp"), testpmd("af_packet"), testpmd("pcap")]
      + [
        Forwarder(
          name: "Click", rewrites: false,
          missing: "Debian's package of that name is another program",
          start: { _ in .init(processes: [], end: {}) })
      ]
  }

  /// - Parameter cores: nil: the router's.
  private func launch(
    _ name: String, _ words: [String], ready: String?, seconds: Double = 0.4,
    cores: [Int]? = nil
  ) throws -> Forwarder.Running {
    let log = "\(temporary)/\(name).log"
    let list = (cores ?? [core]).map(String.init).joined(separator: ",")
    let process = try Command.start(["taskset", "-c", list] + words, log: log)
    let text = { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
    if let ready {
      var waited = 0.0
      while !text().contains(ready), process.isRunning, waited < 15 {
        usleep(50_000)
        waited += 0.05
      }
    }
    usleep(UInt32(seconds * 1e6))
    guard process.isRunning else {
      throw BenchmarkError("it ended: \(text().suffix(300))")
    }
    let id = process.processIdentifier
    return Forwarder.Running(processes: [id], end: { Command.end(process) })
  }

  /// Several workers run on as many cores, the generator's last of all.
  private func ours(_ backend: String, workers: Int = 1) -> Forwarder {
    let name = "Spurline \(backend)" + (workers > 1 ? ", \(workers) workers" : "")
    let cores = Array(Affinity.cores.suffix(workers))
    let missing =
      cores.count < workers ? "there are \(cores.count) cores for \(workers) workers" : nil
    return Forwarder(
      name: name, rewrites: true, ceiling: workers == 1 ? "minimal C \(backend)" : nil,
      missing: missing
    ) { wire in
      let configuration = "\(temporary)/forwarding.yaml"
      let socket = "\(temporary)/control.sock"
      try Self.configuration(socket: socket).write(
        toFile: configuration, atomically: true, encoding: .utf8)
      var running = try launch(
        "spurline-\(backend)-\(workers)",
        [spurline, "run", "--namespace", wire.router, "--io", backend]
          + (workers > 1 ? ["--workers", "\(workers)"] : []) + [configuration],
        ready: "forwarding in namespace", cores: workers > 1 ? cores : nil)
      running.controlSocket = socket
      return running
    }
  }

  private func minimal(_ backend: String) -> Forwarder {
    Forwarder(name: "minimal C \(backend)", rewrites: true) { wire in
      try launch(
        "minimal-\(backend)",
        [
          "ip", "netns", "exec", wire.router, "\(folder)/minimal", backend, "r0", "r1",
          ForwardingWire.outMAC, ForwardingWire.sinkMAC,
        ], ready: nil)
    }
  }

  /// The kernel, its receiving end on a thread on the router's core: otherwise it runs on the sender's.
  private func linux(nat: Bool) -> Forwarder {
    let missing = nat && Command.find("nft") == nil ? "nft is not installed" : nil
    return Forwarder(
      name: nat ? "Linux, nftables SNAT" : "Linux forwarding", rewrites: nat, missing: missing
    ) { wire in
      let inside = { (words: [String]) in
        _ = try Command.run(["ip", "netns", "exec", wire.router] + words)
      }
      try inside(["ip", "addr", "add", "10.0.1.1/24", "dev", "r0"])
      try inside(["ip", "addr", "add", "192.0.2.1/30", "dev", "r1"])
      try inside(["ip", "route", "add", "198.51.0.0/16", "via", "192.0.2.2"])
      try inside([
        "ip", "neigh", "replace", "192.0.2.2", "lladdr", ForwardingWire.sinkMAC, "dev", "r1",
      ])
      try inside(["sysctl", "-qw", "net.ipv4.ip_forward=1"])
      if nat {
        try inside([
          "nft",
          "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; "
            + "add rule ip nat post oifname r1 snat to 203.0.113.4",
        ])
      }
      // A veth hands frames to its receiver's thread where that does GRO and the sender does no segmentation.
      let offload = { (state: String) in
        _ = try Command.run(
          "ip", "netns", "exec", wire.source, "ethtool", "-K", "s0", "tso", state)
      }
      try offload("off")
      try inside(["ethtool", "-K", "r0", "gro", "on"])
      try inside(["sh", "-c", "echo 1 > /sys/class/net/r0/threaded"])
      let threads = try Command.run("pgrep", "-f", "napi/r0-").split(separator: "\n")
        .compactMap { pid_t($0) }
      for thread in threads { try Command.run("taskset", "-cp", "\(core)", "\(thread)") }
      // Only the host's own namespace may change it.
      let tracked =
        nat
        ? try Command.run(
          "ip", "netns", "exec", wire.router, "sysctl", "-n", "net.netfilter.nf_conntrack_max")
        : ""
      return Forwarder.Running(
        processes: threads,
        maximumFlows: Int(tracked.trimmingCharacters(in: .whitespacesAndNewlines)),
        end: {
          _ = try? inside(["sh", "-c", "echo 0 > /sys/class/net/r0/threaded"])
          if !wire.usesNAPI { _ = try? inside(["ethtool", "-K", "r0", "gro", "off"]) }
          _ = try? offload("on")
          if nat { _ = try? inside(["nft", "flush", "ruleset"]) }
          _ = try? inside(["sysctl", "-qw", "net.ipv4.ip_forward=0"])
          _ = try? inside(["ip", "addr", "flush", "dev", "r0"])
          _ = try? inside(["ip", "addr", "flush", "dev", "r1"])
        })
    }
  }

  private func testpmd(_ driver: String) -> Forwarder {
    let missing =
      Command.find("dpdk-testpmd") == nil
      ? "dpdk-testpmd (Debian's dpdk-dev) is not installed" : nil
    return Forwarder(name: "testpmd \(driver)", rewrites: false, missing: missing) { wire in
      let devices =
        switch driver {
        case "pcap": ["net_pcap0,iface=r0", "net_pcap1,iface=r1"]
        default: ["net_\(driver)0,iface=r0", "net_\(driver)1,iface=r1"]
        }
      return try launch(
        "testpmd-\(driver)",
        [
          "ip", "netns", "exec", wire.router, "taskset", "-c", "\(controlCore),\(core)",
          "dpdk-testpmd",
          "--no-huge", "-m", "1024", "--no-pci", "--no-telemetry", "-l", "\(controlCore),\(core)",
          "--main-lcore", "\(controlCore)",
        ] + devices.flatMap { ["--vdev", $0] } + [
          "--", "--total-num-mbufs=32768", "--nb-cores=1", "--forward-mode=mac",
          "--eth-peer=0,02:00:0a:00:01:04",
          "--eth-peer=1,\(ForwardingWire.sinkMAC)", "--no-lsc-interrupt", "--auto-start",
          "--stats-period=600",
        ], ready: nil, seconds: 2.5)
    }
  }

  private static func configuration(socket: String) -> String {
    """
    name: forwarding
    virtualNetworks:
      - name: vnet
        id: 1
        location: westeurope
        addressSpace: { addressPrefixes: [10.0.0.0/16] }
        subnets: [{ name: app, addressPrefix: 10.0.1.0/24 }]
    networkInterfaces:
      - name: vm
        subnet: vnet/app
        macAddress: 02:00:0a:00:01:04
        ipConfigurations: [{ privateIPAddress: 10.0.1.4, publicIPAddress: 203.0.113.4 }]
        port: { device: r0 }
    ports:
      internet:
        device: r1
        macAddress: \(ForwardingWire.outMAC)
        peerMacAddress: \(ForwardingWire.sinkMAC)
        addresses: [192.0.2.1]
    flows: { maximum: 2097152 }
    control: { socket: \(socket) }

    """
  }
}
