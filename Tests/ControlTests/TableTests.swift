import Dataplane
import Model
import PacketIO
import Testing

@testable import Control

@Suite struct TableTests {
  @Test("a table aligns text to the left, numbers to the right, and ends no line in spaces")
  func alignment() {
    var table = Table(.text("Name"), .number("Packets"), .text("Why"))
    table.add("no-route", "7", "")
    table.add("arp", "12345678", "because")
    #expect(
      table.text() == """
        Name       Packets  Why
        --------  --------  -------
        no-route         7
        arp       12345678  because

        """)
  }

  @Test("R9: effective routes as text, one line a prefix, long lists cut unless asked for")
  func effectiveRoutes() throws {
    let prefixes = (0..<5).map { "20.60.\($0).0/24" }
    let quoted = prefixes.map { "\"\($0)\"" }.joined(separator: ",")
    let list = try decode(
      EffectiveRouteTable.self,
      """
      {"value": [
        {"source": "Default", "state": "Invalid", "addressPrefix": ["0.0.0.0/0"],
         "nextHopType": "Internet", "nextHopIpAddress": []},
        {"name": "everything", "source": "User", "state": "Active",
         "addressPrefix": ["0.0.0.0/0"], "nextHopType": "VirtualAppliance",
         "nextHopIpAddress": ["10.0.100.4"]},
        {"source": "Default", "state": "Active", "addressPrefix": [\(quoted)],
         "nextHopType": "VirtualNetworkServiceEndpoint", "nextHopIpAddress": [],
         "service": "Microsoft.Storage"}]}
      """)
    #expect(
      list.text() == """
        Source   State    Address Prefix  Next Hop Type                  Next Hop IP  Name
        -------  -------  --------------  -----------------------------  -----------  -----------------
        Default  Invalid  0.0.0.0/0       Internet
        User     Active   0.0.0.0/0       VirtualAppliance               10.0.100.4   everything
        Default  Active   20.60.0.0/24    VirtualNetworkServiceEndpoint               Microsoft.Storage
                          20.60.1.0/24
                          20.60.2.0/24
                          and 2 more

        """)
    let all = list.text(allPrefixes: true)
    #expect(prefixes.allSatisfy(all.contains))
    #expect(!all.contains("more"))
  }

  @Test("counters as text: ports, verdicts, each drop with its sentence, and the balance")
  func counters() {
    var counters = Counters()
    counters.received["vm1"] = traffic(packets: 10, bytes: 1_000)
    counters.transmitted["internet"] = traffic(packets: 6, bytes: 600)
    counters.forwarded = 6
    counters.answered = ["arp": 1]
    counters.dropped = ["spoofed-source": 1, "no-flow": 2]
    counters.byNextHopType = ["Internet": 6]
    var statistics = PortStatistics()
    statistics.droppedByKernel = 3
    let report = CountersReport(
      counters: counters,
      ports: [
        PortStatus(
          name: "vm1", device: "veth1", isOpen: true, failure: nil, statistics: statistics)
      ])
    #expect(
      report.text() == """
        Port  Device  State  Received  Bytes In  Sent  Bytes Out  Lost By Kernel  Lost By Interface  Send Errors
        ----  ------  -----  --------  --------  ----  ---------  --------------  -----------------  -----------
        vm1   veth1   open         10      1000     0          0               3                  0            0

        Verdict        Packets
        -------------  -------
        forwarded            6
        answered: arp        1
        dropped              3

        Dropped         Packets  Why
        --------------  -------  ------------------------------------------------------------
        no-flow               2  It came from outside, and no flow admits it.
        spoofed-source        1  The source address is not the NIC's, and it may not forward.

        Next Hop Type  Packets
        -------------  -------
        Internet             6

        received 10 = forwarded 6 + answered 1 + dropped 3

        """)
  }

  @Test("counters that do not add up are shown not to")
  func imbalance() {
    var counters = Counters()
    counters.received["vm1"] = traffic(packets: 2, bytes: 2)
    counters.forwarded = 1
    let report = CountersReport(counters: counters, ports: [])
    #expect(report.balance() == "received 2 ≠ forwarded 1 + answered 0 + dropped 0")
  }

  @Test("F3: the report of a switch names what was closed, and the interruption")
  func endpointSwitch() throws {
    let connection = try decode(
      SwitchReport.ClosedConnection.self,
      """
      {"source": "10.0.1.4:40000", "destination": "20.60.26.132:80",
       "service": "Microsoft.Storage", "egress": "nva"}
      """)
    let report = EndpointSwitchReport(
      subnet: "vnet1/app", service: "Microsoft.Storage", action: .enabled,
      routesAdded: ["20.60.26.0/24"], routesRemoved: [],
      connectionsClosed: [connection], otherFlowsRemoved: 0, interruptionMicroseconds: 41.25,
      generation: 2)
    #expect(
      report.text() == """
        Microsoft.Storage enabled on vnet1/app
          routes added:           1
          routes removed:         0
          TCP connections closed: 1
            10.0.1.4:40000 > 20.60.26.132:80 (Microsoft.Storage by nva)
          other flows moved:      0
          interruption:           41.3 µs

        """)
  }

  @Test("R6: a comparison of models names each one's choice, and says where there is no difference")
  func comparison() throws {
    let json = """
      {"networkInterface": "vm1", "first": "service-endpoints", "second": "longest-prefix",
       "differences": [{"prefix": "20.60.26.0/25",
         "first": {"prefix": "20.60.0.0/16", "origin": "endpoint",
                   "nextHopType": "VirtualNetworkServiceEndpoint"},
         "second": {"prefix": "20.60.26.0/25", "origin": "user",
                    "nextHopType": "VirtualAppliance", "nextHop": "10.0.100.4"}}]}
      """
    var comparison = try decode(ModelComparison.self, json)
    #expect(
      comparison.text() == """
        Destinations   service-endpoints                                      longest-prefix
        -------------  -----------------------------------------------------  ------------------------------------------------
        20.60.26.0/25  VirtualNetworkServiceEndpoint (endpoint 20.60.0.0/16)  VirtualAppliance 10.0.100.4 (user 20.60.26.0/25)

        """)
    comparison.differences = []
    #expect(comparison.text().contains("decide alike"))
  }

  @Test("flows as text, ordered by port and address")
  func flows() throws {
    let flow = try decode(
      FlowRecord.self,
      """
      {"port": "vm1", "virtualNetwork": "vnet1", "protocol": "tcp", "source": "10.0.1.4:40000",
       "destination": "20.60.26.132:80", "state": "established", "egress": "backbone",
       "nextHopType": "VirtualNetworkServiceEndpoint", "service": "Microsoft.Storage",
       "translatedSource": "10.0.1.4:40000", "translatedDestination": "20.60.26.132:80",
       "packets": 3, "bytes": 180, "idleSeconds": 1.04}
      """)
    #expect(
      FlowList(flows: [flow]).text() == """
        Port  Proto  Source          Destination      State        Next Hop Type                                      Egress    Source As Sent  Packets  Bytes  Idle s
        ----  -----  --------------  ---------------  -----------  -------------------------------------------------  --------  --------------  -------  -----  ------
        vm1   tcp    10.0.1.4:40000  20.60.26.132:80  established  VirtualNetworkServiceEndpoint (Microsoft.Storage)  backbone  10.0.1.4:40000        3    180     1.0

        """)
    #expect(FlowList(flows: []).text() == "No flows.\n")
  }

  private func traffic(packets: UInt64, bytes: UInt64) -> Counters.Traffic {
    var traffic = Counters.Traffic()
    traffic.packets = packets
    traffic.bytes = bytes
    return traffic
  }
}
