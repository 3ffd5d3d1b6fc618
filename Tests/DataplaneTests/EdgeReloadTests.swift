import Model
import Testing
import Wire

@testable import Dataplane

@Suite("I3: a reload at the service edge") struct EdgeReloadTests {
  private let lab = EdgeLab()

  private func established(
    _ caller: String = "vm1", to server: String = EdgeLab.logs, host: String? = nil
  ) -> EdgeConnection {
    let connection = EdgeConnection(lab, caller, to: server).open()
    if let host {
      connection.send(httpRequest(host))
      connection.reply()
    }
    return connection
  }

  @Test(
    "I3: a resource that is secured closes the connection with its next packet, from either side")
  func secured() {
    for fromServer in [false, true] {
      let lab = EdgeLab()
      let connection = EdgeConnection(lab, "vm1", to: EdgeLab.logs).open()
      let other = EdgeConnection(lab, "198.51.100.21", to: EdgeLab.logs).open()
      lab.reload { $0.resources[2].firewall.virtualNetworkRules = [] }
      let end = fromServer ? connection.reply([1]) : connection.send([1])
      #expect(end.verdict == .answered(.reset))
      #expect(end.told.contains { $0.port == "vm1" && $0.frame.flags.contains(.rst) })
      #expect(end.served.contains { $0.flags.contains(.rst) })
      #expect(end.told.allSatisfy(\.frame.checksumsHold) && end.served.allSatisfy(\.checksumsHold))
      #expect(other.send([1]).served.count == 1, "the IP rule still admits")
      #expect(lab.records.last?.isAdmitted == false)
      #expect(lab.edge.path.counters.isBalanced)
    }
  }

  @Test("I3: resources in another order keep their connections, with their counters by name")
  func renumbered() {
    let byName = established(to: EdgeLab.shared, host: EdgeLab.alpha)
    let byAddress = EdgeConnection(lab, "vm1", to: EdgeLab.logs, from: 2).open()
    let half = EdgeConnection(lab, "vm1", to: EdgeLab.shared, from: 3).open()
    let request = httpRequest(EdgeLab.beta)
    half.send(Array(request[..<25]))
    lab.reload { $0.resources.reverse() }
    #expect(byName.send([1]).served.count == 1)
    #expect(byName.reply([1]).told.count == 1)
    #expect(byAddress.send([1]).served.count == 1)
    #expect(half.send(Array(request[25...])).verdict == .answered(.denied), "what was read is kept")
    lab.reload { $0.resources[3].firewall.virtualNetworkRules = [] }
    #expect(byName.send([2]).verdict == .answered(.reset), "alpha is the last one now")
    #expect(byAddress.send([2]).served.count == 1)
    let rules = lab.edge.path.counters.resourceRules
    #expect(rules["alpha: virtualNetworkRules[0] vnet1/app"] == 1)
    #expect(rules["logs: virtualNetworkRules[0] vnet1/app"] == 1)
    #expect(rules["alpha: defaultAction Deny"] == 1)
  }

  @Test("I2: a connection does not go on to another resource that comes to have the address")
  func replaced() {
    let connection = established("twin", to: EdgeLab.shared, host: EdgeLab.beta)
    // Its account is gone, the other one has the address for itself and would admit.
    lab.reload { topology in
      topology.resources.remove(at: 1)
      topology.resources[0].firewall.defaultAction = .allow
    }
    #expect(connection.send([1]).verdict == .answered(.reset))
    #expect(
      EdgeConnection(lab, "twin", to: EdgeLab.shared, from: 9).open().send([1]).served.count == 1)
  }

  @Test("I2: what was admitted by address stays when another resource comes to share it")
  func shared() {
    let connection = established()
    lab.reload { topology in
      var other = topology.resources[2]
      (other.id, other.name) = (AzureID("/subscriptions/s/providers/a/b/other")!, "other")
      other.hostNames = ["other.example"]
      topology.resources.append(other)
    }
    #expect(connection.send([1]).served.count == 1)
    #expect(
      EdgeConnection(lab, "vm1", to: EdgeLab.logs, from: 9).open().send(httpRequest("x.example"))
        .verdict == .answered(.denied))
  }

  @Test("I2: a translated source stays what it was, and the service is still counted")
  func translation() {
    let lab = EdgeLab { $0.resources[2].firewall.defaultAction = .allow }
    _ = EdgeConnection(lab, "vm1", to: EdgeLab.logs).open()
    let second = EdgeConnection(lab, "twin", to: EdgeLab.logs).open()
    let named = EdgeConnection(lab, "vm1", to: EdgeLab.shared, from: 5).open()
    named.send(httpRequest(EdgeLab.alpha))
    named.reply()
    let seen = second.seen
    lab.reload { $0.resources[3].firewall.defaultAction = .allow }
    #expect(second.send([1]).served.first?.source == seen)
    #expect(second.reply([2]).told.map(\.port) == ["twin"])
    let before = lab.edge.path.counters.byService["Microsoft.Storage"] ?? 0
    #expect(named.send([1]).served.count == 1)
    #expect(named.send([1]).served.count == 1)
    #expect(lab.edge.path.counters.byService["Microsoft.Storage"] == before + 2)
  }

  @Test("I3: a subnet made anew under its old name is not admitted by the old rule")
  func subnetMadeAnew() {
    let connection = established()
    let fixture = lab.edge.topology.subnets[0]
    lab.reload { topology in
      topology.subnets[0].name = "other"
      topology.networkInterfaces.removeAll { $0.name == "hidden" }
    }
    #expect(connection.send([1]).served.isEmpty)
    lab.reload { $0.subnets[0].name = fixture.name }
    #expect(
      EdgeConnection(lab, "vm1", to: EdgeLab.logs, port: 443, from: 9).send(flags: .syn).verdict
        == .answered(.denied))
  }

  @Test("I3: a datagram's flow is decided anew, and dropped")
  func datagrams() {
    let request = { lab.from("vm1", to: EdgeLab.logs) { $0.udp(1, 445) } }
    #expect(request().served.count == 1)
    lab.reload { $0.resources[2].firewall.virtualNetworkRules = [] }
    #expect(request().verdict == .dropped(.resourceFirewall))
    #expect(lab.reply(EdgeLab.logs, to: "10.0.1.4") { $0.udp(445, 1) }.verdict == .dropped(.noFlow))
  }
}

@Suite("I6: what the edge writes down") struct EdgeRecordTests {
  @Test(
    "I6: each new connection: source as the service sees it, network and subnet, the rule that decided"
  )
  func records() {
    let lab = EdgeLab { $0.resources[2].firewall.defaultAction = .allow }
    lab.edge.now = 1_700_000_000_123_456_789
    _ = EdgeConnection(lab, "vm1", to: EdgeLab.logs, port: 443).open()
    _ = EdgeConnection(lab, "twin", to: EdgeLab.logs, port: 443).open().send([1])
    _ = lab.from("198.51.100.22", to: EdgeLab.orders) { $0.tcp(9, 1_433) }
    let named = EdgeConnection(lab, "twin", to: EdgeLab.shared, port: 443).open()
    named.send(clientHello(EdgeLab.beta))
    let records = lab.records
    #expect(
      records.map { [$0.source, $0.subnet ?? "-", $0.resource ?? "-", $0.rule ?? "-"] } == [
        ["10.0.1.4:40000", "vnet1/app", "logs", "virtualNetworkRules[0] vnet1/app"],
        ["10.0.1.4:40000", "twin/app", "logs", "defaultAction Allow"],
        ["198.51.100.22:9", "-", "orders", "defaultAction Deny"],
        ["10.0.1.4:40000", "twin/app", "beta", "virtualNetworkRules[0] twin/app"],
      ])
    #expect(records.map(\.isAdmitted) == [true, true, false, true])
    #expect(records.map(\.viaEndpoint) == [true, true, false, true])
    #expect(records.map(\.virtualNetwork) == ["vnet1", "twin", nil, "twin"])
    #expect(records.map { $0.translatedSource == nil } == [true, false, true, true])
    #expect(records.map(\.hostName) == [nil, nil, nil, EdgeLab.beta])
    #expect(records.allSatisfy { $0.time == 1_700_000_000_123_456_789 && $0.proto == "tcp" })
    #expect(lab.records.isEmpty, "each is given once")
  }

  @Test("I6: what nobody asks for is bounded, and counted where it is lost; a reload loses none")
  func bounds() {
    let lab = EdgeLab()
    for port in 1...UInt16(EdgeJournal.capacity + 1) {
      _ = lab.from("198.51.100.22", to: EdgeLab.orders) { $0.tcp(port, 1_433) }
    }
    #expect(lab.edge.path.counters.connectionRecordsLost == UInt64(EdgeJournal.capacity / 2))
    lab.reload { $0.resources.reverse() }
    _ = lab.from("198.51.100.22", to: EdgeLab.orders) { $0.tcp(1, 1_433) }
    let records = lab.records
    #expect(records.count == EdgeJournal.capacity / 2 + 2)
    #expect(records.allSatisfy { $0.resource == "orders" })
  }
}
