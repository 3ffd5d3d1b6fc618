import Dataplane
import Foundation
import Logging
import Model
import Testing
import Wire

@testable import Control

@Suite struct APITests {
  @Test("every report travels over the socket")
  func reports() async throws {
    try await withServer { running, client in
      let status = try await onThread { try client.status() }
      #expect(status.name == "test")
      #expect(status.generation == 1)
      #expect(status.precedence == .serviceEndpoints)
      #expect(status.processIdentifier == ProcessInfo.processInfo.processIdentifier)
      #expect(try await onThread { try client.endpoints() }.endpoints.isEmpty)

      try running.link("vm1").send(running.syn(RunningInstance.storage))
      _ = try await running.link("internet").waitForFrames(1)
      let flow = try #require(try await onThread { try client.flows() }.flows.first)
      #expect(flow.source == "10.0.1.4:40000")
      #expect(flow.translatedSource == "203.0.113.4:40000")
      let counters = try await onThread { try client.counters() }
      #expect(counters.counters.forwarded == 1)
      #expect(counters.ports.count == 4)

      let report = try await onThread { try client.switchEndpoint(enableStorage) }
      #expect(report.generation == 2)
      let endpoints = try await onThread { try client.endpoints() }.endpoints
      #expect(endpoints.first?.service == "Microsoft.Storage")
      let routes = try await onThread { try client.routes(of: "vm1") }
      #expect(try await routes == running.instance.effectiveRoutes(of: "vm1"))
      let comparison = try await onThread {
        try client.comparison(of: "vm1", with: "longest-prefix")
      }
      #expect(comparison.second == .longestPrefix)
      let reload = try await onThread { try client.reload() }
      #expect(reload.endpointsReset == ["vnet1/app Microsoft.Storage"])
    }
  }

  @Test("R6: an explanation over the socket is made by the live packet path")
  func explain() async throws {
    try await withServer { running, client in
      let frame = Data(running.syn(RunningInstance.storage))
      let request = ExplainRequest(port: "vm1", frame: frame)
      let before = try await onThread { try client.explain(request) }
      #expect(before.verdict == "forwarded")
      #expect(before.egress == "internet")
      let after = try await onThread {
        _ = try client.switchEndpoint(enableStorage)
        return try client.explain(request)
      }
      #expect(after.egress == "backbone")
      #expect(try await onThread { try client.counters() }.counters.totalReceived == 0)
      let refused = try await refusal {
        try client.explain(ExplainRequest(port: "vm7", frame: frame))
      }
      #expect(
        refused.error == "no port is called 'vm7'; there are vm1, vm2, internet and backbone")
    }
  }

  @Test("a refusal is JSON with the sentence, and the client says it")
  func refusals() async throws {
    try await withServer { _, client in
      let subnet = try await refusal {
        try client.switchEndpoint(
          EndpointRequest(subnet: "nowhere", service: "Microsoft.Storage", enabled: true))
      }
      #expect(subnet.error == "no subnet is called 'nowhere'; there are vnet1/app and vnet1/web")
      let nic = try await refusal { try client.routes(of: "a/b c") }
      #expect(nic.error == "no network interface is called 'a/b c'; there are vm1 and vm2")
      let model = try await refusal { try client.comparison(of: "vm1", with: "x") }
      #expect(model.error.hasPrefix("no precedence model is called 'x'; there are "))
      let connection = try await refusal {
        try client.caller(
          of: ConnectionEnds(
            source: TransportAddress("10.0.1.4:40000")!,
            destination: TransportAddress("[2001:db8::1]:80")!))
      }
      #expect(
        connection.error
          == "no TCP connection of a service edge here goes from 10.0.1.4:40000 to [2001:db8::1]:80"
      )
      let end = try await refusal {
        try client.exchange("GET", "/v1/connections/10.0.1.4:4/x", body: nil) as ConnectionCaller
      }
      #expect(end.error == "'x' is not ADDRESS:PORT")
      let path = try await refusal {
        try client.exchange("GET", "/v2/status", body: nil) as InstanceStatus
      }
      #expect(path.error == "nothing is at GET /v2/status")
      let key = try await refusal {
        try client.exchange("POST", "/v1/endpoints", body: Data(#"{"subnet": "app"}"#.utf8))
          as EndpointSwitchReport
      }
      #expect(key.error == "the body is not the JSON that is expected: it has no 'service'")
      let syntax = try await refusal {
        try client.exchange("POST", "/v1/endpoints", body: Data("{".utf8)) as EndpointSwitchReport
      }
      #expect(syntax.error.hasPrefix("the body is not the JSON that is expected: "))
    }
  }

  @Test("the socket is its owner's alone, is not shared, and goes with the server")
  func socketLife() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/run/control.sock"
    try await withServer(socket: path) { _, _ in
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(throws: ControlSocketError.inUse(path)) {
        _ = try ControlServer(socket: path, logger: Logger(label: "test"))
      }
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("JSON has sorted keys and plain slashes")
  func encoding() throws {
    let request = EndpointRequest(subnet: "vnet1/app", service: "Microsoft.Sql", enabled: true)
    #expect(
      try JSON.text(request) == """
        {
          "enabled" : true,
          "service" : "Microsoft.Sql",
          "subnet" : "vnet1/app"
        }
        """)
  }

  private struct NotRefused: Error {}

  private let enableStorage = EndpointRequest(
    subnet: "app", service: "Microsoft.Storage", enabled: true)

  /// What the instance says against a request.
  func refusal(_ body: @escaping @Sendable () throws -> some Any) async throws
    -> ErrorReport
  {
    try await onThread {
      do {
        _ = try body()
      } catch ControlClientError.refused(let report) {
        return report
      }
      throw NotRefused()
    }
  }

  func withServer(
    socket: String? = nil, workers: Int = 1,
    _ body: @escaping @Sendable (RunningInstance, ControlClient) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let path = socket ?? directory.path + "/control.sock"
    let running = try await RunningInstance.start(socket: path, workers: workers)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = try ControlServer(socket: path, logger: logger)
    let (ready, signal) = AsyncStream<Void>.makeStream()
    let serving = Task {
      defer { signal.finish() }
      try await server.run(running.instance) { signal.yield() }
    }
    for await _ in ready { break }
    let result = await Task { try await body(running, ControlClient(socket: path)) }.result
    serving.cancel()
    try await serving.value
    _ = try await running.instance.stop()
    try result.get()
  }
}
