import Model
import Testing
import Wire

@testable import Dataplane

@Suite("I7: whose a connection at the service edge is")
struct EdgeConnectionTests {
  /// An edge with two accounts: one admits everybody, the other nobody. Without an encapsulation addresses tell whose a
  /// packet is, and the networks' have to differ.
  private func edge(_ encapsulation: BackboneEncapsulation? = nil) -> Fixture {
    Fixture(acceptsAnyMAC: true) { topology in
      if let encapsulation {
        topology.worldPorts[2].encapsulation = encapsulation.reversed
      } else {
        topology.subnets[3].addressPrefixes = [IPPrefix("10.0.9.0/24")!]
      }
      topology.virtualNetworks[0].tenant = "contoso"
      let account = { (name: String, address: String, action: ResourceFirewall.Action) in
        Resource(
          id: AzureID(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/\(name)")!,
          name: name, service: "Microsoft.Storage", region: Region("westeurope"),
          addresses: [IPAddress(address)!], firewall: ResourceFirewall(defaultAction: action))
      }
      topology.resources = [
        account("open", "20.60.26.132", .allow), account("shut", "20.60.26.133", .deny),
      ]
      var ports = topology.worldPorts.filter { $0.kind != .gateway }
      ports.append(
        WorldPort(
          kind: .services, device: Device(name: "services"),
          macAddress: MACAddress(0x0200_0000_0401), peerMACAddress: MACAddress(0x0200_0000_0402),
          addresses: [IPAddress("192.0.2.13")!]))
      topology.edge = ServiceEdge(ports: ports, translation: IPPrefix("100.64.0.0/16")!)
      var identities = SubnetIdentities()
      identities.adopt(&topology)
      topology = topology.atEdge!
    }
  }

  private func ends(_ source: String, _ destination: String) -> ConnectionEnds {
    ConnectionEnds(
      source: TransportAddress(source)!, destination: TransportAddress(destination)!)
  }

  @Test("I1, I7: over the endpoint it has the network, the subnet and its number")
  func overEndpoint() {
    let edge = edge()
    let syn = edge.outside("10.0.1.4", "20.60.26.132", by: "backbone").tcp(40_000, 80)
    #expect(edge.receive(syn, from: "backbone").verdict == .forwarded(edge.port("services")))
    let caller = edge.path.caller(of: ends("10.0.1.4:40000", "20.60.26.132:80"))
    #expect(
      caller
        == ConnectionCaller(
          source: "10.0.1.4:40000", viaEndpoint: true, virtualNetwork: "vnet1",
          subnet: "vnet1/app", subnetID: "\(edge.topology.id(ofSubnet: 0))",
          identity: edge.topology.subnets[0].identity, tenant: "contoso"))
    #expect(caller?.identity != nil)
  }

  @Test(
    "F5, I7: hosts of two networks with one address and one port are told apart",
    arguments: FarEnd.all)
  func twins(_ farEnd: FarEnd) throws {
    let (fabric, edge) = (farEnd.lab(), edge(farEnd.encapsulation))
    // What each network's host sends, as the fabric puts it on the backbone, and as the edge hands it to the server.
    let sources = try [("vm1", UInt64(0x0200_0a00_0104)), ("twin", 0x0200_0a00_0106)].map {
      nic, mac in
      var syn = FrameBuilder("10.0.1.4", "20.60.26.132")
      syn.sourceMAC = MACAddress(mac)
      let outer = try #require(fabric.receive(syn.tcp(40_000, 80), from: nic).sent.first)
      #expect(outer.port == "backbone")
      let inner = try #require(edge.receive(outer.frame.bytes, from: "backbone").sent.first)
      #expect(inner.port == "services")
      return "\(inner.frame.source):\(inner.frame.sourcePort)"
    }
    #expect(sources[0] == "10.0.1.4:40000")
    #expect(sources[1].hasPrefix("100.64."))
    let callers = sources.map { edge.path.caller(of: ends($0, "20.60.26.132:80")) }
    #expect(callers.map { $0?.subnet } == ["vnet1/app", "twin/app"])
    #expect(callers.map { $0?.source } == ["10.0.1.4:40000", "10.0.1.4:40000"])
    #expect(callers.map { $0?.identity } == [0, 3].map { edge.topology.subnets[$0].identity })
  }

  @Test("I7: from the Internet it has none of that")
  func fromInternet() {
    let edge = edge()
    let syn = edge.outside("203.0.113.5", "20.60.26.132", by: "internet").tcp(40_000, 80)
    #expect(edge.receive(syn, from: "internet").verdict == .forwarded(edge.port("services")))
    #expect(
      edge.path.caller(of: ends("203.0.113.5:40000", "20.60.26.132:80"))
        == ConnectionCaller(source: "203.0.113.5:40000", viaEndpoint: false))
  }

  @Test("I7: what is no connection here, or was refused, has no caller")
  func unknown() {
    let edge = edge()
    let open = edge.outside("10.0.1.4", "20.60.26.132", by: "backbone")
    _ = edge.receive(open.tcp(40_000, 80), from: "backbone")
    _ = edge.receive(open.udp(40_001, 80), from: "backbone")
    let shut = edge.outside("10.0.1.4", "20.60.26.133", by: "backbone")
    _ = edge.receive(shut.tcp(40_000, 1433), from: "backbone")
    for (source, destination) in [
      ("10.0.1.4:40002", "20.60.26.132:80"), ("10.0.1.4:40000", "20.60.26.132:81"),
      ("10.0.1.5:40000", "20.60.26.132:80"), ("20.60.26.132:80", "10.0.1.4:40000"),
      ("10.0.1.4:40001", "20.60.26.132:80"), ("10.0.1.4:40000", "20.60.26.133:1433"),
      ("[::10.0.1.4]:40000", "[::20.60.26.132]:80"), ("10.0.1.4:40000", "[::1]:80"),
    ] {
      #expect(
        edge.path.caller(of: ends(source, destination)) == nil, "\(source) \(destination)"
      )
    }
    #expect(edge.path.caller(of: ends("10.0.1.4:40000", "20.60.26.132:80")) != nil)
  }

  @Test("I7: a fabric knows no callers")
  func fabric() {
    let fabric = Fixture()
    _ = fabric.receive(FrameBuilder("10.0.1.4", Fixture.web).tcp(40_000, 80), from: "vm1")
    #expect(fabric.path.caller(of: ends("10.0.1.4:40000", "\(Fixture.web):80")) == nil)
  }
}
