import Model
import Testing
import Wire

@testable import Dataplane

/// A fabric and the service edge at the far end of its backbone, back to back: what one sends there the other receives.
final class EdgeLab {
  let fabric: Fixture
  let edge: Fixture
  private var identities = SubnetIdentities()

  /// Shared by the accounts `alpha`, which admits vnet1/app, and `beta`, which admits twin/app.
  static let shared = Fixture.storage
  /// The account `logs`, by address alone: vnet1/app and the public address 198.51.100.21.
  static let logs = "20.60.26.133"
  /// The SQL server `orders`: twin/app.
  static let orders = "20.61.99.196"
  static let alpha = "alpha.blob.core.windows.net"
  static let beta = "beta.blob.core.windows.net"

  /// - Parameter far: nil for a backbone without an encapsulation.
  init(
    _ far: FarEnd? = FarEnd.all[0], maximumFlows: Int = 4_096,
    change: (inout Topology) -> Void = { _ in }
  ) {
    // Small tables: some tests make hundreds of these.
    var limits = FlowLimits()
    limits.maximumFlows = maximumFlows
    var identities = SubnetIdentities()
    func configure(_ topology: inout Topology) {
      topology.worldPorts[2].encapsulation = far?.encapsulation
      for subnet in topology.subnets.indices {
        topology.subnets[subnet].serviceEndpoints = ["Microsoft.Storage", "Microsoft.Sql"].map {
          ServiceEndpoint(service: $0)
        }
      }
      topology.resources = Self.resources(topology)
      topology.edge = Self.edge(topology)
      change(&topology)
      identities.adopt(&topology)
    }
    fabric = Fixture(limits: limits) { configure(&$0) }
    edge = Fixture(limits: limits) { topology in
      configure(&topology)
      topology = topology.atEdge!
    }
    self.identities = identities
  }

  /// What a packet came to, in the end.
  struct Delivery {
    var verdict: Verdict
    /// At the servers.
    var served: [SeenFrame] = []
    /// At NICs, and at the edge's Internet port.
    var told: [(port: String, frame: SeenFrame)] = []
  }

  /// A packet of a NIC's guest, or of a public address.
  func from(_ caller: String, to server: String, _ build: (FrameBuilder) -> [UInt8]) -> Delivery {
    guard let nic = fabric.topology.networkInterfaces.first(where: { $0.name == caller }) else {
      return deliver(build(edge.outside(caller, server, by: "internet")), from: "internet")
    }
    var builder = FrameBuilder(nic.ipConfigurations[0].privateAddress.description, server)
    builder.sourceMAC = nic.macAddress
    let (verdict, sent) = fabric.receive(build(builder), from: caller)
    guard sent.first?.port == "backbone" else {
      return Delivery(verdict: verdict, told: sent.map { ($0.port, $0.frame) })
    }
    var all = Delivery(verdict: verdict)
    for sent in sent {
      let delivery = deliver(sent.frame.bytes, from: "backbone")
      all.verdict = delivery.verdict
      all.served += delivery.served
      all.told += delivery.told
    }
    return all
  }

  /// A packet of a server's, to the address that it sees.
  func reply(
    _ server: String, to client: String, _ build: (FrameBuilder) -> [UInt8]
  ) -> Delivery {
    deliver(build(edge.outside(server, client, by: "services")), from: "services")
  }

  /// A frame into the edge, and what it sends to the fabric on to the NICs.
  func deliver(_ bytes: [UInt8], from port: String) -> Delivery {
    let (verdict, sent) = edge.receive(bytes, from: port)
    return settle(verdict, sent)
  }

  private func settle(_ verdict: Verdict, _ sent: [Fixture.Sent]) -> Delivery {
    var delivery = Delivery(verdict: verdict)
    for sent in sent {
      switch sent.port {
      case "services": delivery.served.append(sent.frame)
      case "backbone":
        let inside = fabric.receive(sent.frame.bytes, from: "backbone")
        delivery.told += inside.sent.map { ($0.port, $0.frame) }
      default: delivery.told.append((sent.port, sent.frame))
      }
    }
    return delivery
  }

  /// A reload of both sides.
  /// - Returns: what left by itself.
  @discardableResult
  func reload(_ change: (inout Topology) -> Void) -> Delivery {
    for side in [fabric, edge] {
      change(&side.topology)
      var own = identities
      own.adopt(&side.topology)
      side.routing = RoutingTables(topology: side.topology)
    }
    identities.adopt(&edge.topology)
    fabric.publish()
    edge.publish()
    return settle(.dropped(.noFlow), edge.sent)
  }

  var records: [ConnectionRecord] { edge.path.takeConnectionRecords() }

  static func edge(_ topology: Topology) -> ServiceEdge {
    let near = topology.worldPorts[2]
    var backbone = WorldPort(
      kind: .backbone, device: Device(name: "eth0"), macAddress: near.peerMACAddress,
      peerMACAddress: near.macAddress, addresses: [IPAddress("169.254.3.2")!])
    backbone.encapsulation = near.encapsulation?.reversed
    return ServiceEdge(
      ports: [
        backbone,
        WorldPort(
          kind: .internet, device: Device(name: "internet"),
          macAddress: MACAddress(0x0200_0000_0401), peerMACAddress: MACAddress(0x0200_0000_0402),
          addresses: [IPAddress("192.0.2.6")!, IPAddress("2001:db8:6::6")!]),
        WorldPort(
          kind: .services, device: Device(name: "services"),
          macAddress: MACAddress(0x0200_0000_0501), peerMACAddress: MACAddress(0x0200_0000_0502),
          addresses: [IPAddress("192.0.2.13")!]),
      ], translation: IPPrefix("100.64.0.0/16")!)
  }

  static func resources(_ topology: Topology) -> [Resource] {
    let rules = { (subnets: [String], addresses: [String]) in
      ResourceFirewall(
        defaultAction: .deny,
        virtualNetworkRules: subnets.map {
          .init(subnetID: topology.id(ofSubnet: topology.subnet(named: $0)!))
        },
        ipRules: addresses.map { .init(prefix: IPPrefix(host: IPAddress($0)!)) })
    }
    let account = {
      (name: String, address: String, hosts: [String], firewall: ResourceFirewall) in
      Resource(
        id: AzureID("/subscriptions/s/providers/Microsoft.Storage/storageAccounts/\(name)")!,
        name: name, service: "Microsoft.Storage", region: Region("westeurope"),
        addresses: [IPAddress(address)!], hostNames: hosts, firewall: firewall)
    }
    return [
      account("alpha", shared, [alpha], rules(["vnet1/app"], ["198.51.100.21"])),
      account("beta", shared, [beta], rules(["twin/app"], [])),
      account("logs", logs, [], rules(["vnet1/app"], ["198.51.100.21"])),
      Resource(
        id: AzureID("/subscriptions/s/providers/Microsoft.Sql/servers/orders")!, name: "orders",
        service: "Microsoft.Sql", region: Region("westeurope"), addresses: [IPAddress(orders)!],
        firewall: rules(["twin/app"], [])),
    ]
  }
}

/// A TCP connection of a caller's to a server behind the edge, by hand: numbers go on by themselves.
final class EdgeConnection {
  let lab: EdgeLab
  let caller: String
  let server: String
  let ports: (client: UInt16, server: UInt16)
  var next: UInt32
  var serverNext: UInt32 = 9_000
  /// How the server sees the caller; nil until it has.
  var seen: String?

  init(
    _ lab: EdgeLab, _ caller: String, to server: String, port: UInt16 = 80,
    from client: UInt16 = 40_000, sequence: UInt32 = 1_000
  ) {
    (self.lab, self.caller, self.server, ports) = (lab, caller, server, (client, port))
    next = sequence
  }

  @discardableResult
  func send(
    _ payload: [UInt8] = [], flags: TCPFlags = .ack, sequence: UInt32? = nil,
    acknowledging: UInt32? = nil, checksum: FrameBuilder.Checksum = .right,
    change: (inout FrameBuilder) -> Void = { _ in }
  ) -> EdgeLab.Delivery {
    let delivery = lab.from(caller, to: server) { builder in
      var builder = builder
      change(&builder)
      return builder.tcp(
        ports.client, ports.server, flags: flags, sequence: sequence ?? next,
        acknowledgment: flags.contains(.ack) ? acknowledging ?? serverNext : 0, payload: payload,
        checksum: checksum)
    }
    if sequence == nil {
      next &+=
        UInt32(payload.count) &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
    }
    if let source = delivery.served.first?.source { seen = source }
    return delivery
  }

  @discardableResult
  func reply(
    _ payload: [UInt8] = [], flags: TCPFlags = .ack, acknowledging: UInt32? = nil
  ) -> EdgeLab.Delivery {
    let delivery = lab.reply(server, to: seen!) {
      $0.tcp(
        ports.server, ports.client, flags: flags, sequence: serverNext,
        acknowledgment: acknowledging ?? next, payload: payload)
    }
    serverNext &+=
      UInt32(payload.count) &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
    return delivery
  }

  /// The handshake, with the server.
  @discardableResult
  func open(sourceLocation: SourceLocation = #_sourceLocation) -> EdgeConnection {
    #expect(send(flags: .syn).served.count == 1, sourceLocation: sourceLocation)
    #expect(reply(flags: [.syn, .ack]).told.count == 1, sourceLocation: sourceLocation)
    #expect(send().served.count == 1, sourceLocation: sourceLocation)
    return self
  }
}

/// A request as curl sends it.
func httpRequest(_ host: String, path: String = "/", body: String = "") -> [UInt8] {
  Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nAccept: */*\r\n\r\n\(body)".utf8)
}

/// A TLS ClientHello with a server name, in one record (RFC 8446 section 4.1.2, RFC 6066 section 3).
func clientHello(_ host: String) -> [UInt8] {
  let sized = { (bytes: [UInt8]) in big(UInt16(bytes.count)) + bytes }
  let name = sized(sized([0] + sized(Array(host.utf8))))
  let body: [UInt8] =
    [3, 3] + Array(repeating: 7, count: 32) + [0] + sized([0x13, 0x01]) + [1, 0]
    + sized([0, 0] + name)
  let message = [1, 0] + sized(body)
  return [22, 3, 1] + sized(message)
}
