import Dataplane
import Model
import Testing

@testable import Replay

@Suite("What a switch would do to the flows of a capture")
struct CaptureForecastTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test(
    "F3 I3: a forecast from a capture: the connection, behind the appliance, and the rule that ends"
  )
  func capture() throws {
    let capture = try scratch.capture([
      ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("tcp", "10.0.1.4:41000", "\(ReplayFixture.web):443"),
    ])
    let job = ReplayJob(
      configuration: try ServiceSideTests.configuration(endpoint: false), capture: capture)
    let (census, captureError) = try job.census()
    #expect(captureError == nil)
    var (topology, routing) = (job.snapshot.topology, job.snapshot.routing)
    let endpoints = [ServiceEndpoint(service: "Microsoft.Storage")]
    topology.subnets[0].serviceEndpoints = endpoints
    let change = routing.setServiceEndpoints(endpoints, ofSubnet: 0)
    let forecast = Forecast(
      census, switching: "Microsoft.Storage", ofSubnet: 0,
      to: Snapshot(generation: 2, topology: topology, routing: routing), change: change)
    let closed = try #require(forecast.connectionsClosed.first)
    #expect(forecast.connectionsClosed.count == 1 && forecast.flowsKept == 1)
    #expect(closed.source == "10.0.1.4:40000")
    #expect(closed.now.egress == "nva" && closed.now.source == "203.0.113.4")
    #expect(closed.then.egress == "backbone" && closed.then.source == "10.0.1.4")
    #expect(forecast.rulesEnding.map(\.rule) == ["ipRules[0] 203.0.113.4"])
    #expect(forecast.requestsDenied.map(\.resource) == ["data"])
  }
}
