import Foundation
import RouteSources
import Synchronization
import TestSupport
import Testing
import Wire

@Suite("R3: BGP routes from a kernel table, by netlink", .needsRoot, .serialized)
struct KernelRoutesTests {
  /// A namespace with a link `spl0` on 192.0.2.0/24 and 2001:db8::/64.
  private func namespace(_ label: String) throws -> TestNamespace {
    let namespace = try TestNamespace(label)
    try namespace.batch([
      "link add spl0 type veth peer name spl1",
      "address add 192.0.2.1/24 dev spl0",
      "address add 2001:db8::1/64 dev spl0 nodad",
      "link set spl0 up", "link set spl1 up",
    ])
    return namespace
  }

  private func follow(_ namespace: TestNamespace, receiveBuffer: Int = 1 << 20) throws
    -> RouteFollower
  {
    // The socket belongs to the namespace; afterwards any one thread may use it.
    struct Handed: @unchecked Sendable { var source: KernelRoutes }
    let handed = try namespace.enter {
      Handed(
        source: try KernelRoutes(table: 100, protocol: 12, receiveBuffer: receiveBuffer))
    }
    return try RouteFollower(handed.source)
  }

  @Test("what is there at the start, then each addition, change and removal")
  func liveRoutes() throws {
    let namespace = try namespace("live")
    try namespace.batch([
      "route add 10.1.0.0/16 via 192.0.2.2 proto bird table 100",
      "route add 2001:db8:1::/48 via 2001:db8::2 proto bird table 100",
    ])
    let follower = try follow(namespace)
    #expect(follower.routes == ["10.1.0.0/16": "192.0.2.2", "2001:db8:1::/48": "2001:db8::2"])
    try namespace.batch([
      "route add default via 192.0.2.3 proto bird table 100",
      "route add default via 2001:db8::3 proto bird table 100",
      "route add 10.2.0.0/16 dev spl0 proto bird table 100",
    ])
    #expect(
      try follower.reaches([
        "10.1.0.0/16": "192.0.2.2", "2001:db8:1::/48": "2001:db8::2", "0.0.0.0/0": "192.0.2.3",
        "::/0": "2001:db8::3", "10.2.0.0/16": "on-link",
      ]))
    try namespace.batch([
      "route replace 10.1.0.0/16 via 192.0.2.9 proto bird table 100",
      "route replace 2001:db8:1::/48 via 2001:db8::9 proto bird table 100",
      "route del default table 100", "route del ::/0 table 100",
    ])
    #expect(
      try follower.reaches([
        "10.1.0.0/16": "192.0.2.9", "2001:db8:1::/48": "2001:db8::9", "10.2.0.0/16": "on-link",
      ]))
    #expect(follower.source.resyncs == 0)
    #expect(follower.source.count == 3)
  }

  @Test("other tables and other protocols are no business of ours")
  func filtered() throws {
    let namespace = try namespace("filter")
    let foreign = [
      "route add 10.8.0.0/16 via 192.0.2.2 proto static table 100",
      "route add 10.9.0.0/16 via 192.0.2.2 proto bird table 1000",
      "route add 10.7.0.0/16 via 192.0.2.2 proto bird",
    ]
    try namespace.batch(foreign)
    let follower = try follow(namespace)
    #expect(follower.routes.isEmpty)
    try namespace.batch(foreign.map { $0.replacingOccurrences(of: "add 10.", with: "add 11.") })
    try namespace.ip(
      "route", "add", "10.1.0.0/16", "via", "192.0.2.2", "proto", "bird", "table", "100")
    #expect(try follower.reaches(["10.1.0.0/16": "192.0.2.2"]))
    // Another protocol takes the place of ours.
    try namespace.ip(
      "route", "replace", "10.1.0.0/16", "via", "192.0.2.2", "proto", "static", "table", "100")
    #expect(try follower.reaches([:]))
  }

  @Test("a table number above 255")
  func largeTable() throws {
    let namespace = try namespace("large")
    struct Handed: @unchecked Sendable { var source: KernelRoutes }
    let handed = try namespace.enter {
      Handed(source: try KernelRoutes(table: 70_000, protocol: 12))
    }
    let follower = try RouteFollower(handed.source)
    try namespace.ip(
      "route", "add", "10.1.0.0/16", "via", "192.0.2.2", "proto", "bird", "table", "70000")
    #expect(try follower.reaches(["10.1.0.0/16": "192.0.2.2"]))
  }

  @Test("of a multipath route the first next hop, also when it was built up in steps")
  func multipath() throws {
    let namespace = try namespace("multi")
    let follower = try follow(namespace)
    try namespace.batch([
      "route add 10.1.0.0/16 proto bird table 100 nexthop via 192.0.2.5 nexthop via 192.0.2.6",
      "route add 2001:db8:1::/48 via 2001:db8::5 proto bird table 100",
      "route append 2001:db8:1::/48 via 2001:db8::6 proto bird table 100",
    ])
    #expect(
      try follower.reaches(["10.1.0.0/16": "192.0.2.5", "2001:db8:1::/48": "2001:db8::5"]))
    try namespace.ip(
      "-6", "route", "del", "2001:db8:1::/48", "via", "2001:db8::5", "table", "100")
    #expect(
      try follower.reaches(["10.1.0.0/16": "192.0.2.5", "2001:db8:1::/48": "2001:db8::6"]))
  }

  @Test("of two metrics the lower, and the other one when that is gone")
  func metrics() throws {
    let namespace = try namespace("metric")
    let follower = try follow(namespace)
    try namespace.batch([
      "route add 10.1.0.0/16 via 192.0.2.2 metric 200 proto bird table 100",
      "route add 10.1.0.0/16 via 192.0.2.3 metric 100 proto bird table 100",
    ])
    #expect(try follower.reaches(["10.1.0.0/16": "192.0.2.3"]))
    try namespace.ip("route", "del", "10.1.0.0/16", "metric", "100", "table", "100")
    #expect(try follower.reaches(["10.1.0.0/16": "192.0.2.2"]))
  }

  @Test("a blackhole is not announced, and hides what it replaces")
  func blackhole() throws {
    let namespace = try namespace("hole")
    let follower = try follow(namespace)
    try namespace.ip(
      "route", "add", "10.1.0.0/16", "via", "192.0.2.2", "proto", "bird", "table", "100")
    #expect(try follower.reaches(["10.1.0.0/16": "192.0.2.2"]))
    try namespace.ip(
      "route", "replace", "blackhole", "10.1.0.0/16", "proto", "bird", "table", "100")
    #expect(try follower.reaches([:]))
  }

  @Test(
    "a link that goes down takes its routes along, although the kernel names none of the IPv4 ones")
  func linkDown() throws {
    let namespace = try namespace("down")
    let follower = try follow(namespace)
    try namespace.batch([
      "route add 10.1.0.0/16 via 192.0.2.2 proto bird table 100",
      "route add 2001:db8:1::/48 via 2001:db8::2 proto bird table 100",
    ])
    #expect(try follower.reaches { $0.count == 2 })
    try namespace.ip("link", "set", "spl0", "down")
    #expect(try follower.reaches([:]))
  }

  @Test("a link that is deleted, and an address that is")
  func linkGone() throws {
    let namespace = try namespace("gone")
    let follower = try follow(namespace)
    try namespace.ip(
      "route", "add", "10.1.0.0/16", "via", "192.0.2.2", "src", "192.0.2.1", "proto", "bird",
      "table", "100")
    #expect(try follower.reaches { $0.count == 1 })
    try namespace.ip("address", "del", "192.0.2.1/24", "dev", "spl0")
    #expect(try follower.reaches([:]))
    try namespace.ip("route", "add", "10.1.0.0/16", "dev", "spl0", "proto", "bird", "table", "100")
    #expect(try follower.reaches { $0.count == 1 })
    try namespace.ip("link", "del", "spl0")
    #expect(try follower.reaches([:]))
  }

  @Test("overrun: thousands of changes into a tiny buffer end consistent")
  func overrun() throws {
    let namespace = try namespace("overrun")
    let follower = try follow(namespace, receiveBuffer: 4096)
    let prefixes = (0..<4000).map { "10.\($0 / 250).\($0 % 250).0/24" }
    try namespace.batch(
      prefixes.map { "route add \($0) via 192.0.2.2 proto bird table 100" }
        + prefixes.prefix(2000).map { "route del \($0) table 100" }
        + prefixes[2000..<3000].map { "route replace \($0) via 192.0.2.3 proto bird table 100" })
    var expected: [String: String] = [:]
    for prefix in prefixes[2000..<3000] { expected[prefix] = "192.0.2.3" }
    for prefix in prefixes[3000...] { expected[prefix] = "192.0.2.2" }
    #expect(try follower.reaches(expected))
    #expect(follower.source.overruns > 0)
    #expect(follower.source.resyncs > 0)
    // It goes on as before.
    try namespace.ip("route", "add", "default", "via", "192.0.2.2", "proto", "bird", "table", "100")
    expected["0.0.0.0/0"] = "192.0.2.2"
    #expect(try follower.reaches(expected))
  }

  @Test("overrun while it is reading: whatever the moment, the end is the kernel's")
  func overrunWhileReading() throws {
    let namespace = try namespace("storm")
    let follower = try follow(namespace, receiveBuffer: 4096)
    // A thread of its own: Swift's pool may have none left for a task that this one waits for.
    let outcome = Mutex<Result<Void, any Error>?>(nil)
    let storm = Thread {
      let result = Result {
        for round in 0..<10 {
          try namespace.batch(
            (0..<500).map {
              "route replace 10.0.\($0 % 250).0/24 via 192.0.2.\(2 + (round + $0) % 9) proto bird table 100"
            }
              + (0..<250).filter { ($0 + round) % 3 == 0 }.map {
                "route del 10.0.\($0).0/24 table 100"
              })
        }
      }
      outcome.withLock { $0 = result }
    }
    storm.start()
    let ended = try follower.reaches(within: 60) { _ in
      // A reader that is a little late, so that the buffer runs over again and again.
      Thread.sleep(forTimeInterval: 0.02)
      return outcome.withLock { $0 != nil }
    }
    #expect(ended)
    try outcome.withLock { $0 }?.get()
    #expect(follower.source.overruns > 0)
    let lines = try Shell.run("ip", "-n", namespace.name, "route", "show", "table", "100")
    var expected: [String: String] = [:]
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      expected[words[0]] = words[2]
    }
    #expect(expected.count > 100)
    #expect(try follower.reaches(expected))
  }

  @Test("numbers that no table or protocol has are refused")
  func numbers() {
    for (table, routeProtocol) in [(0, 12), (-1, 12), (100, 0), (100, 256)] {
      #expect(throws: RouteSourceError.self) {
        _ = try KernelRoutes(table: table, protocol: routeProtocol)
      }
    }
  }
}
