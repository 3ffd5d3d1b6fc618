import ConfigurationFile
import Foundation
import Model
import PacketIO
import Testing

@testable import Control

@Suite(.enabled(if: getuid() == 0, "needs root, for a network namespace"))
struct KernelRoutesTests {
  @Test("R3: routes of a kernel table are in force at the start, while it runs, and after a reload")
  func live() async throws {
    let namespace = try TestNamespace()
    try namespace.route("add", "192.168.10.0/24")
    let running = try await RunningInstance.start(
      kernelBGP: [.init(virtualNetwork: 0, table: 100, routeProtocol: 12)],
      enterNamespace: { try NetworkNamespace(namespace.name).join() })
    let instance = running.instance
    #expect(try await learned(instance) == ["192.168.10.0/24"])
    #expect(try await instance.status().generation == 1)

    try namespace.route("add", "192.168.20.0/24")
    try await waitUntil("the second route") {
      try await learned(instance) == ["192.168.10.0/24", "192.168.20.0/24"]
    }
    _ = try await instance.reload()
    #expect(try await learned(instance) == ["192.168.10.0/24", "192.168.20.0/24"])

    try namespace.route("del", "192.168.10.0/24")
    try await waitUntil("the first route to go") {
      try await learned(instance) == ["192.168.20.0/24"]
    }
    let source = try #require(try await instance.status().bgp.first)
    #expect(source.virtualNetwork == "vnet1")
    #expect(source.routes == 1)
    _ = try await instance.stop()
  }

  @Test("R3: a burst of routes leads to few snapshots")
  func burst() async throws {
    let namespace = try TestNamespace()
    let running = try await RunningInstance.start(
      kernelBGP: [.init(virtualNetwork: 0, table: 100, routeProtocol: 12)],
      enterNamespace: { try NetworkNamespace(namespace.name).join() })
    try namespace.batch(
      (0..<2_000).map {
        "route add 172.\(16 + $0 / 256).\($0 % 256).0/24 dev lo table 100 proto 12"
      })
    try await waitUntil("all routes") {
      try await running.instance.status().bgp.first?.routes == 2_000
    }
    #expect(try await running.instance.status().generation < 50)
    _ = try await running.instance.stop()
  }

  private func learned(_ instance: Instance) async throws -> [String] {
    try await instance.effectiveRoutes(of: "vm1").value
      .filter { $0.source == .VirtualNetworkGateway }.flatMap(\.addressPrefix).sorted()
  }
}

/// A network namespace of one test, removed when the test is over.
private final class TestNamespace: Sendable {
  struct Failure: Error {
    var arguments: [String]
  }

  let name = "spl-control-\(UInt32.random(in: .min ... .max))"

  init() throws {
    try ip(["netns", "add", name])
    try ip(["-n", name, "link", "set", "lo", "up"])
  }

  deinit { try? ip(["netns", "del", name]) }

  func route(_ verb: String, _ prefix: String) throws {
    try ip(["-n", name, "route", verb, prefix, "dev", "lo", "table", "100", "proto", "12"])
  }

  func batch(_ lines: [String]) throws {
    try ip(["-n", name, "-batch", "-"], input: lines.joined(separator: "\n") + "\n")
  }

  private func ip(_ arguments: [String], input: String = "") throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ip"] + arguments
    let pipe = Pipe()
    process.standardInput = pipe
    try process.run()
    pipe.fileHandleForWriting.write(Data(input.utf8))
    try pipe.fileHandleForWriting.close()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
  }
}
