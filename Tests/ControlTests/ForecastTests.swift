import Dataplane
import Foundation
import Model
import Testing
import Wire

@testable import Control

extension APITests {
  @Suite("F3: POST /v1/forecast") struct ForecastTests {
    private static let request = EndpointRequest(
      subnet: "app", service: "microsoft.storage", enabled: true)

    @Test(
      "F3: the switch closes what was forecast over the socket, and the forecast changes nothing",
      arguments: [1, 3])
    func heldAgainstSwitch(workers: Int) async throws {
      try await APITests().withServer(workers: workers) { running, client in
        let ports: [UInt16] = Array(40_000..<40_012)
        for port in ports {
          try running.link("vm1").send(
            running.syn(RunningInstance.storage, port: port),
            running.syn(RunningInstance.web, port: port + 1_000))
        }
        _ = try await running.link("internet").waitForFrames(24)
        let forecast = try await onThread { try client.forecast(Self.request) }
        #expect(forecast.subnet == "vnet1/app" && forecast.service == "Microsoft.Storage")
        #expect(forecast.action == .enable)
        #expect(forecast.routesAdded == ["20.60.26.0/23"])
        #expect(forecast.connectionsClosed.map(\.source) == ports.map { "10.0.1.4:\($0)" })
        #expect(forecast.connectionsClosed.allSatisfy { $0.now.source == "203.0.113.4" })
        #expect(forecast.connectionsClosed.allSatisfy { $0.then.source == "10.0.1.4" })
        #expect(forecast.connectionsClosed.allSatisfy { $0.then.exit == "backbone" })
        #expect(forecast.flowsKept == 12)
        #expect(try await onThread { try client.status() }.generation == 1)

        let report = try await onThread { try client.switchEndpoint(Self.request) }
        #expect(
          report.connectionsClosed.map(\.source).sorted()
            == forecast.connectionsClosed.map(\.source))
        #expect(report.routesAdded == forecast.routesAdded)
        #expect(report.otherFlowsRemoved == forecast.otherFlows.count)
        // What was closed is no flow that a switch back would close once more.
        let back = try await onThread {
          try client.forecast(
            EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: false))
        }
        #expect(back.action == .disable)
        #expect(back.connectionsClosed.isEmpty)
      }
    }

    @Test("R7: a forecast of what cannot be is refused as the switch would be")
    func refusals() async throws {
      try await APITests().withServer { _, client in
        let subnet = try await APITests().refusal {
          try client.forecast(
            EndpointRequest(subnet: "nowhere", service: "Microsoft.Storage", enabled: true))
        }
        #expect(subnet.error == "no subnet is called 'nowhere'; there are vnet1/app and vnet1/web")
        let service = try await APITests().refusal {
          try client.forecast(
            EndpointRequest(subnet: "app", service: "Microsoft.Storage", enabled: false))
        }
        #expect(
          service.error
            == "Microsoft.Storage is not enabled on vnet1/app, nor is any other service")
      }
    }

    @Test("F3 I3: as text: connections, rules, denials, steps")
    func text() async throws {
      let running = try await RunningInstance.start(change: { topology in
        topology.resources = [
          Resource(
            id: AzureID("/subscriptions/s/resourceGroups/g/providers/T/r/data")!, name: "data",
            service: "Microsoft.Storage", region: Region("westeurope"),
            addresses: [IPAddress(RunningInstance.storage)!],
            firewall: ResourceFirewall(
              defaultAction: .deny, ipRules: [.init(prefix: IPPrefix("203.0.113.4/32")!)]))
        ]
      })
      try running.link("vm1").send(running.syn(RunningInstance.storage))
      _ = try await running.link("internet").waitForFrames(1)
      let text = try await running.instance.forecast(Self.request).text()
      _ = try await running.instance.stop()
      #expect(
        text == """
          Enabling Microsoft.Storage on vnet1/app (model service-endpoints) would do this; nothing has been changed.

          Routes: 1 added, 0 removed.

          TCP connections that will be closed: 1
          Port  Proto  Source          Destination      Leaves By  Then By   Source As Seen  Then As
          ----  -----  --------------  ---------------  ---------  --------  --------------  --------
          vm1   tcp    10.0.1.4:40000  20.60.26.132:80  internet   backbone  203.0.113.4     10.0.1.4

          Other flows that will move: none.
          Live flows that go on untouched: 0.

          Rules that will stop matching: 1
          Resource  Rule                    For
          --------  ----------------------  -----------
          data      ipRules[0] 203.0.113.4  203.0.113.4

          Rules that will begin to match: none.

          Live requests that will be denied: 1
          From  Source          Resource  Admitted Now By         Then
          ----  --------------  --------  ----------------------  ----------------------------------------------------------------------------------------------------
          vm1   10.0.1.4:40000  data      ipRules[0] 203.0.113.4  denied by the default action Deny; over the endpoint the source is private, so IP rules do not match

          What NICs of the subnet will be denied: 1
          From  Source    Resource  Admitted Now By         Then
          ----  --------  --------  ----------------------  ----------------------------------------------------------------------------------------------------
          vm1   10.0.1.4  data      ipRules[0] 203.0.113.4  denied by the default action Deny; over the endpoint the source is private, so IP rules do not match

          Destinations on which precedence models will part: none.

          Steps:
            1. See that nothing critical runs on the connection that the switch closes, and that the clients connect again.
            2. Enable Microsoft.Storage on vnet1/app.
            3. Add a virtual-network rule for vnet1/app to data at once: Microsoft.Storage takes it only where the endpoint is enabled, and until then data denies the subnet.
            4. Remove the IP rule 203.0.113.4 from data: nobody else has it.

          """)
    }
  }
}
