import Foundation
import Logging
import Testing

@testable import Control

@Suite struct ServiceTests {
  @Test("a stop ends server and instance, and the sums agree")
  func stop() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/control.sock"
    let running = try await RunningInstance.start(socket: path)
    let server = try ControlServer(socket: path, logger: quiet)
    let (events, signal) = AsyncStream<Service.Event>.makeStream()
    let service = Task {
      try await Service.run(running.instance, server: server, events: events) {
        signal.yield(.reload)
      }
    }
    let client = ControlClient(socket: path)
    try await waitUntil("the reload") {
      (try? await onThread { try client.status().generation }) == 2
    }
    try running.link("vm1").send(running.syn(RunningInstance.web))
    _ = try await running.link("internet").waitForFrames(1)
    signal.yield(.stop)
    let report = try await service.value
    #expect(report.counters.isBalanced)
    #expect(report.counters.forwarded == 1)
    #expect(throws: ControlClientError.self) { try client.status() }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("a stop while an answer is under way does not hang")
  func stopWhileBusy() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/control.sock"
    let running = try await RunningInstance.start(socket: path)
    let server = try ControlServer(socket: path, logger: quiet)
    let (events, signal) = AsyncStream<Service.Event>.makeStream()
    let (ready, isReady) = AsyncStream<Void>.makeStream()
    let service = Task {
      try await Service.run(running.instance, server: server, events: events) { isReady.yield() }
    }
    for await _ in ready { break }
    // A client that connects and says nothing.
    let silent = try ControlSocket(path: path).connect()
    defer { close(silent) }
    signal.yield(.stop)
    #expect(try await service.value.counters.isBalanced)
  }

  private var quiet: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }
}
