import Foundation
import Glibc
import Testing

@testable import Lab

@Suite("a lab in network namespaces", .needsRoot, .serialized)
struct NamespaceLabTests {
  @Test("up makes all of it, and programs can talk over it")
  func up() throws {
    let test = try TestLab("up")
    try test.whileUp {
      let status = try test.lab.status()
      #expect(status.state == .up)
      #expect(status.problems == [])
      #expect(status.namespaces.map(\.name) == ["fabric", "vm1", "vm2", "internet", "services"])
      let vm1 = try test.ip("vm1", "address", "show", "dev", "eth0")
      #expect(vm1.contains("link/ether 02:00:0a:00:01:04"))
      #expect(vm1.contains("inet 10.0.1.4/24"))
      #expect(vm1.contains("inet6 fd00:1:0:1::4/64"))
      #expect(!vm1.contains("tentative"))
      #expect(try test.ip("vm1", "route").contains("default via 10.0.1.1 dev eth0 onlink"))
      #expect(try test.ip("vm1", "-6", "route").contains("default via fd00:1:0:1::1 dev eth0"))
      #expect(try test.ip("vm2", "link", "show", "dev", "eth0").contains("mtu 1400"))
      _ = try test.shell(
        "services", "ping -c 1 -W 2 198.51.100.80 >&2 && ping -c 1 -W 2 2001:db8:5::5 >&2")
      _ = try test.shell("internet", "ping -c 1 -W 2 20.60.26.132 >&2")
    }
  }

  @Test("the kernel keeps out of the dataplane's devices, and forwards only where it is told to")
  func fabric() throws {
    let test = try TestLab("fabric")
    try test.whileUp {
      for device in ["vm1", "vm2", "internet"] {
        let text = try test.ip("fabric", "address", "show", "dev", device)
        #expect(text.contains("NOARP"))
        #expect(!text.contains("inet"), "\(text)")
      }
      let internet = try test.ip("fabric", "link", "show", "dev", "internet")
      #expect(internet.contains("link/ether 02:00:00:00:01:01"))
      #expect(try test.ip("fabric", "link", "show", "dev", "vm2").contains("mtu 1400"))
      for namespace in ["fabric", "vm1", "internet"] {
        let forwarding = try test.shell(
          namespace, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding")
        #expect(forwarding == (namespace == "internet" ? "1\n1\n" : "0\n0\n"))
      }
    }
  }

  @Test("offloads stay on: a frame may be above the MTU and without a checksum")
  func offloads() throws {
    let test = try TestLab("offload")
    try test.whileUp {
      let features = try test.shell("vm1", "ethtool -k eth0")
      #expect(features.contains("tcp-segmentation-offload: on"))
      #expect(features.contains("tx-checksumming: on"))
    }
  }

  @Test("up twice changes nothing, also for what runs in it")
  func twice() throws {
    let test = try TestLab("twice")
    try test.whileUp {
      let before = try test.ip("fabric", "address", "show")
      let monitor = Process()
      monitor.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      monitor.arguments = ["ip", "netns", "exec", test.netns("vm1"), "sleep", "60"]
      try monitor.run()
      try test.lab.up()
      #expect(monitor.isRunning)
      #expect(try test.ip("fabric", "address", "show") == before)
      #expect(try test.lab.status().namespaces[1].processes.contains(monitor.processIdentifier))
    }
  }

  @Test("status names what was changed by hand, and up repairs it")
  func repair() throws {
    let test = try TestLab("repair")
    try test.whileUp {
      try test.ip("vm1", "link", "del", "dev", "eth0")
      try test.ip("vm2", "link", "set", "dev", "eth0", "mtu", "1300", "down")
      try test.ip("internet", "address", "del", "198.51.100.80/32", "dev", "lo")
      try test.ip("internet", "route", "del", "20.0.0.0/8")
      _ = try test.shell("internet", "echo 0 >/proc/sys/net/ipv4/ip_forward")
      // Something else under a name of the plan.
      try test.ip("services", "link", "del", "dev", "internet")
      try test.ip(
        "services", "link", "add", "name", "internet", "type", "veth", "peer", "name", "x")
      let status = try test.lab.status()
      #expect(status.state == .partial)
      for problem in [
        "fabric: device vm1 is missing", "vm1: device eth0 is missing",
        "vm1: route 0.0.0.0/0 is missing", "vm2: eth0 is down",
        "vm2: eth0 has the MTU 1300 and should have 1400",
        "internet: IP forwarding is off and should be on",
        "internet: lo has no address 198.51.100.80/32", "internet: route 20.0.0.0/8 is missing",
        "internet: device services is missing", "services: internet has no address 192.0.2.6/30",
      ] {
        #expect(status.problems.contains(problem), "\(problem)")
      }
      try test.lab.up()
      #expect(try test.lab.status().problems == [])
      try IPRoute2.run(["netns", "del", test.netns("internet")])
      // The other ends go a moment after the namespace.
      usleep(200_000)
      #expect(try test.lab.status().problems.contains("internet: does not exist"))
      try test.lab.up()
      #expect(try test.lab.status().state == .up)
    }
  }

  @Test("down ends what runs inside, even what ignores SIGTERM, and leaves the host as it was")
  func down() throws {
    let before = try HostState()
    let test = try TestLab("down")
    defer { _ = try? test.lab.down() }
    try test.lab.up()
    let stubborn = Process()
    stubborn.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    stubborn.arguments = [
      "ip", "netns", "exec", test.netns("vm1"), "sh", "-c",
      "trap '' TERM; while :; do sleep 1; done",
    ]
    try stubborn.run()
    let removed = try test.lab.down()
    #expect(removed.count == 5)
    stubborn.waitUntilExit()
    #expect(stubborn.terminationReason == .uncaughtSignal)
    #expect(test.remaining == [])
    #expect(try test.lab.status().state == .down)
    #expect(try HostState() == before)
    #expect(try test.lab.down() == [])
  }

  @Test(
    "killed at any moment of up: down removes all, and up completes",
    arguments: [5, 20, 60, 120, 200])
  func killed(milliseconds: Int) async throws {
    let before = try HostState()
    let name = TestLab.name("kill\(milliseconds)")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [name = name as String, milliseconds = milliseconds as Int] in
      let configuration = try TestLab.configuration(name: name, TestLab.small)
      let lab = try NamespaceLab(configuration)
      Thread.detachNewThread {
        usleep(UInt32(milliseconds) * 1000)
        kill(getpid(), SIGKILL)
      }
      while true { try lab.up() }
    }
    let test = try TestLab("kill\(milliseconds)")
    try test.lab.up()
    #expect(try test.lab.status().state == .up)
    try test.lab.down()
    #expect(test.remaining == [])
    #expect(try HostState() == before)
  }

  @Test("killed at any moment of up: down alone", arguments: [10, 40, 90, 150])
  func killedThenDown(milliseconds: Int) async throws {
    let name = TestLab.name("gone\(milliseconds)")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [name = name as String, milliseconds = milliseconds as Int] in
      let lab = try NamespaceLab(TestLab.configuration(name: name, TestLab.small))
      Thread.detachNewThread {
        usleep(UInt32(milliseconds) * 1000)
        kill(getpid(), SIGKILL)
      }
      while true { try lab.up() }
    }
    let test = try TestLab("gone\(milliseconds)")
    try test.lab.down()
    #expect(test.remaining == [])
  }

  @Test("an empty file that a killed `ip netns add` left is no namespace")
  func halfNamespace() throws {
    let test = try TestLab("half")
    try Data().write(to: URL(fileURLWithPath: "/run/netns/\(test.netns("vm1"))"))
    #expect(try test.lab.status().state == .down)
    try test.whileUp { () throws in #expect(try test.lab.status().state == .up) }
    try Data().write(to: URL(fileURLWithPath: "/run/netns/\(test.netns("vm1"))"))
    try test.lab.down()
    #expect(test.remaining == [])
  }

  private static let unreachable = """
      namespaces:
        - { name: vm1, networkInterface: vm1 }
        - name: vm2
          networkInterface: vm2
          routes: [{ destination: 172.16.0.0/12, via: 172.31.0.1 }]
    """

  @Test("an up that fails says which command, and leaves nothing")
  func failing() throws {
    let test = try TestLab("fail", Self.unreachable)
    do {
      try test.lab.up()
      Issue.record("it must fail")
    } catch {
      #expect(
        "\(error)".hasPrefix(
          "`ip -n \(test.netns("vm2")) route replace 172.16.0.0/12 via 172.31.0.1` failed: "))
      #expect("\(error)".contains("Nexthop has invalid gateway"))
    }
    #expect(test.remaining == [])
  }

  @Test("an up that fails leaves a lab that was there before")
  func failingLater() throws {
    let good = try TestLab("later", "  namespaces:\n    - { name: vm1, networkInterface: vm1 }\n")
    let bad = try TestLab("later", Self.unreachable)
    try good.whileUp { () throws in
      #expect(throws: LabError.self) { try bad.lab.up() }
      #expect(try good.lab.status().state == .up)
      #expect(good.remaining == [good.netns("fabric"), good.netns("vm1")])
    }
  }

  @Test("another lab's namespace of the same name is left alone")
  func foreign() throws {
    let first = try TestLab("x", "  namespaces:\n    - { name: y-vm1, networkInterface: vm1 }\n")
    let second = try TestLab("x-y", "  namespaces:\n    - { name: vm1, networkInterface: vm1 }\n")
    try first.whileUp {
      #expect(
        throws: LabError.belongsToAnotherLab(netns: first.netns("y-vm1"), lab: first.name)
      ) {
        try second.lab.up()
      }
      try second.lab.down()
      #expect(try first.lab.status().state == .up)
    }
  }

  @Test("down also removes what the file no longer names; not what another lab made")
  func strays() throws {
    let larger = try TestLab("stray")
    let smaller = try TestLab(
      "stray", "  namespaces:\n    - { name: vm1, networkInterface: vm1 }\n")
    let neighbour = try TestLab(
      "stray-b", "  namespaces:\n    - { name: vm1, networkInterface: vm1 }\n")
    defer { _ = try? larger.lab.down() }
    try neighbour.whileUp {
      try larger.lab.up()
      let status = try smaller.lab.status()
      #expect(status.strays == ["internet", "services", "vm2"].map { larger.netns($0) })
      #expect(status.table.contains("not in the configuration: \(larger.netns("vm2"))"))
      #expect(try smaller.lab.down().count == 5)
      #expect(try neighbour.lab.status().state == .up)
    }
  }

  @Test("two ups at once")
  func together() async throws {
    let test = try TestLab("two")
    defer { _ = try? test.lab.down() }
    let lab = test.lab
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 { group.addTask { try lab.up() } }
      try await group.waitForAll()
    }
    #expect(try test.lab.status().state == .up)
  }

  @Test("a TAP is there before the dataplane, and stays when that ends")
  func tap() throws {
    let test = try TestLab("tap", tap: true)
    try test.whileUp {
      let text = try test.ip("vm2", "-details", "address", "show", "dev", "vm2")
      #expect(text.contains("tun type tap"))
      #expect(text.contains("persist on"))
      #expect(text.contains("link/ether 02:00:0a:00:01:05"))
      #expect(text.contains("inet 10.0.1.5/24"))
      #expect(text.contains("mtu 1400"))
      try test.lab.up()
      #expect(try test.lab.status().state == .up)
    }
  }

  @Test("status as JSON and as a table")
  func presentation() throws {
    let test = try TestLab("show")
    try test.whileUp {
      let status = try test.lab.status()
      let again = try JSONDecoder().decode(LabStatus.self, from: JSONEncoder().encode(status))
      #expect(again == status)
      let lines = status.table.split(separator: "\n")
      #expect(lines[0] == "\(test.name): up")
      #expect(
        lines.contains { $0.hasPrefix("vm1 ") && $0.contains("10.0.1.4/24 fd00:1:0:1::4/64") })
    }
    let lines = try test.lab.status().table.split(separator: "\n")
    #expect(lines[0] == "\(test.name): down")
    #expect(lines.contains { $0.hasPrefix("vm1 ") && $0.contains("absent") })
  }
}
