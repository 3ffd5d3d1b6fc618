import TestSupport
import Testing
import Wire

@testable import RouteSources

@Suite("R3: one kernel table, message by message")
struct KernelRouteTableTests {
  private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

  private func route(
    _ text: String, via: String? = nil, metric: UInt32 = 0, device: Int32 = 1, hops: Int = 1,
    ours: Bool = true, unicast: Bool = true
  ) throws -> KernelRoute {
    KernelRoute(
      prefix: try prefix(text), metric: metric, isOfProtocol: ours,
      path: KernelRoute.Path(
        isUnicast: unicast, nextHop: via.flatMap { IPAddress($0) }, device: device,
        nextHopCount: hops))
  }

  @Test("add, replace, delete")
  func lifecycle() throws {
    var table = KernelRouteTable()
    let first = try route("10.0.0.0/8", via: "192.0.2.1")
    let second = try route("10.0.0.0/8", via: "192.0.2.2")
    #expect(
      table.add(first, replaces: false)
        == .changed(.announce(first.prefix, nextHop: IPAddress("192.0.2.1"))))
    #expect(table.add(first, replaces: false) == .unchanged)
    #expect(
      table.add(second, replaces: true)
        == .changed(.announce(first.prefix, nextHop: IPAddress("192.0.2.2"))))
    #expect(table.remove(first) == .unclear)
    #expect(table.remove(second) == .changed(.withdraw(first.prefix)))
    #expect(table.remove(second) == .unchanged)
    #expect(table.count == 0)
  }

  @Test("of several metrics the lowest is used")
  func metrics() throws {
    var table = KernelRouteTable()
    let high = try route("::/0", via: "2001:db8::1", metric: 200)
    let low = try route("::/0", via: "2001:db8::2", metric: 100)
    _ = table.add(high, replaces: false)
    #expect(
      table.add(low, replaces: false)
        == .changed(.announce(low.prefix, nextHop: IPAddress("2001:db8::2"))))
    #expect(table.remove(low) == .changed(.announce(low.prefix, nextHop: IPAddress("2001:db8::1"))))
    #expect(table.add(low, replaces: false) != .unchanged)
    #expect(table.remove(high) == .unchanged)
  }

  @Test("a route of the same prefix and metric that replaces none leaves it open which is used")
  func appended() throws {
    var table = KernelRouteTable()
    _ = table.add(try route("10.0.0.0/8", via: "192.0.2.1"), replaces: false)
    #expect(table.add(try route("10.0.0.0/8", via: "192.0.2.2"), replaces: false) == .unclear)
  }

  @Test("another protocol's route in the place of ours withdraws it; beside it, it does nothing")
  func otherProtocol() throws {
    var table = KernelRouteTable()
    let ours = try route("10.0.0.0/8", via: "192.0.2.1")
    let other = try route("10.0.0.0/8", via: "192.0.2.9", ours: false)
    #expect(table.add(other, replaces: true) == .unchanged)
    _ = table.add(ours, replaces: false)
    #expect(table.remove(other) == .unchanged)
    #expect(table.add(other, replaces: true) == .changed(.withdraw(ours.prefix)))
  }

  @Test("a blackhole withdraws what it replaces")
  func blackhole() throws {
    var table = KernelRouteTable()
    let ours = try route("10.0.0.0/8", via: "192.0.2.1")
    _ = table.add(ours, replaces: false)
    let hole = try route("10.0.0.0/8", device: 0, hops: 0, unicast: false)
    #expect(table.add(hole, replaces: true) == .changed(.withdraw(ours.prefix)))
    #expect(
      table.replaceAll(with: [ours]) == [.announce(ours.prefix, nextHop: IPAddress("192.0.2.1"))])
  }

  @Test("a listing in the place of what is there reports the difference alone")
  func listing() throws {
    var table = KernelRouteTable()
    let kept = try route("10.0.0.0/8", via: "192.0.2.1")
    let gone = try route("10.1.0.0/16", via: "192.0.2.1")
    let moved = try route("10.2.0.0/16", via: "192.0.2.1")
    let movedTo = try route("10.2.0.0/16", via: "192.0.2.2")
    let new = try route("2001:db8::/32")
    let foreign = try route("10.3.0.0/16", ours: false)
    #expect(table.replaceAll(with: [kept, gone, moved]).count == 3)
    #expect(
      table.replaceAll(with: [kept, movedTo, new, foreign]) == [
        .withdraw(gone.prefix), .announce(moved.prefix, nextHop: IPAddress("192.0.2.2")),
        .announce(new.prefix, nextHop: nil),
      ])
    #expect(table.replaceAll(with: [kept, movedTo, new]) == [])
  }

  @Test("what messages that are clear leave behind is what a listing would have said")
  func randomMessages() throws {
    var generator = SeededGenerator(seed: 1)
    var table = KernelRouteTable()
    // What the kernel has, and what a follower of the changes believes.
    var kernel: [KernelRoute] = []
    var believed: [IPPrefix: IPAddress?] = [:]
    for _ in 0..<5_000 {
      let candidate = try route(
        "10.\(generator.next() % 4).0.0/16", via: "192.0.2.\(generator.next() % 3)",
        metric: UInt32(generator.next() % 2))
      let same = kernel.firstIndex {
        $0.prefix == candidate.prefix && $0.metric == candidate.metric
      }
      let outcome: KernelRouteTable.Outcome
      if let same, generator.next() % 2 == 0 {
        outcome = table.remove(kernel.remove(at: same))
      } else if let same {
        kernel[same] = candidate
        outcome = table.add(candidate, replaces: true)
      } else {
        kernel.append(candidate)
        outcome = table.add(candidate, replaces: false)
      }
      switch outcome {
      case .unclear: Issue.record("\(candidate) is clear")
      case .unchanged: break
      case .changed(.announce(let prefix, let nextHop)): believed[prefix] = .some(nextHop)
      case .changed(.withdraw(let prefix)): believed[prefix] = nil
      }
      var truth: [IPPrefix: IPAddress?] = [:]
      for route in kernel.sorted(by: { $0.metric > $1.metric }) {
        truth[route.prefix] = .some(route.path.nextHop)
      }
      #expect(believed == truth)
    }
  }
}
