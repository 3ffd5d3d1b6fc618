import Model
import Wire

/// What the first packet of a flow decides for all that follow. Filled in where it stands, step by step: it is too large to
/// be handed from one to the next.
struct Admission {
  var action = Action.undecided
  /// What replies have, if they come back the same way.
  var backKey = FlowKey.none
  /// The way back, where `hasReverse`.
  var back = Action.undecided
  /// Whether replies take that way; else they are routed elsewhere, and are flows of their own.
  var hasReverse = false
  /// The subnet whose NIC owns the private source; nil from on-premises.
  var ownerSubnet: Int?
  /// The service whose endpoint in that subnet holds the destination.
  var ownerService: Int?
  /// At the edge: what the resource says.
  var judgment: Judgment?

  /// What the table finds replies by.
  var reverseKey: FlowKey? { hasReverse ? backKey : nil }
}

/// The slow path: whose packet it is, may it send that, which route wins, with which addresses it
/// leaves. A pure function of key and snapshot; live traffic, replay and explain all come through here.
extension Snapshot {
  /// What becomes of a flow that is known: no security group is asked (N1).
  func admit(_ key: FlowKey, trace: inout Trace?) throws(DropReason) -> Admission {
    var groups = GroupPassage.none
    var admission = Admission()
    let ingress = self[key.ingress]
    try route(key, from: ingress, into: &admission, groups: &groups, trace: &trace)
    admission.backKey = backKey(of: key, by: admission.action)
    findWayBack(of: key, from: ingress, into: &admission)
    return admission
  }

  /// The way out is known, and the key that replies would have: does the way back lead there?
  /// - Parameter ingress: the key's.
  func findWayBack(of key: FlowKey, from ingress: PortRecord, into admission: inout Admission) {
    if self[admission.action.egress].subnet != nil {
      // A NIC's replies follow the routes of its own subnet. Only where these lead back the same way, to
      // the same addresses, are both directions one flow.
      let backKey = admission.backKey
      var silent: Trace?
      var groups = GroupPassage.none
      var reply = Admission()
      guard
        (try? route(
          backKey, from: self[backKey.ingress], into: &reply, groups: &groups, trace: &silent))
          != nil,
        reply.action.egress == ingress.id,
        (reply.action.source ?? backKey.source) == key.destination,
        (reply.action.destination ?? backKey.destination) == key.source
      else { return }
      admission.back = reply.action
    } else {
      // From the world, a reply goes back to whoever sent the request: an appliance on the way out is on
      // the way back, too.
      admission.back.egress = ingress.id
      admission.back.source = admission.action.destination == nil ? nil : key.destination
      admission.back.destination = admission.action.source == nil ? nil : key.source
      admission.back.route = ResolvedRoute(
        prefix: IPPrefix(host: key.sourceAddress), origin: .system,
        nextHopType: ingress.subnet == nil ? .virtualNetworkGateway : .vnetLocal,
        service: admission.action.route.service)
    }
    admission.hasReverse = true
  }

  /// What replies have, if they come back the same way.
  func backKey(of key: FlowKey, by action: Action) -> FlowKey {
    FlowKey(
      port: replyPort(of: action.egress),
      source: action.destination ?? key.destination,
      destination: action.source ?? key.source, sourcePort: key.destinationPort,
      destinationPort: key.sourcePort, transport: key.transport, isIPv6: key.isIPv6)
  }

  /// One direction: source, outbound security groups, route, translation. It fills in all but what concerns the way back.
  /// - Parameter ingress: the key's.
  func route(
    _ key: FlowKey, from ingress: PortRecord, into admission: inout Admission,
    groups: inout GroupPassage, trace: inout Trace?
  ) throws(DropReason) {
    if let edge { return try routeAtEdge(key, edge, into: &admission, trace: &trace) }
    let source = key.sourceAddress
    let destination = key.destinationAddress
    let sender = try identifySender(source, at: ingress, trace: &trace)
    try filterOutbound(
      key, from: sender.owner?.privateAddress ?? source, at: ingress, groups: &groups,
      trace: &trace)

    let isICMP = key.transport == (key.isIPv6 ? 58 : 1)
    let usesEndpoints =
      sender.mayUseEndpoints && (!isICMP || topology.icmpFollowsEndpoints)
    if isICMP, sender.mayUseEndpoints, !usesEndpoints {
      trace.record("route", "R8: ICMP follows the ordinary route, endpoints carry TCP and UDP")
    }
    if trace != nil {
      trace!.route = routing.explain(sender.context, destination, usesEndpoints: usesEndpoints)
    }
    guard
      let winner = routing.resolve(sender.context, destination, usesEndpoints: usesEndpoints)
    else {
      trace.record("route", "no route holds \(destination)")
      throw .noRoute
    }
    trace.record("route", describe(winner))
    try leave(
      by: winner, to: destination, source: source, sender: sender, ingress: ingress,
      into: &admission.action, trace: &trace)

    admission.ownerSubnet = sender.owner?.subnet
    if let ownerSubnet = admission.ownerSubnet {
      // Behind an appliance the owner's subnet is not the one whose routes were asked.
      let own =
        sender.context == .subnet(ownerSubnet) && usesEndpoints
        ? winner
        : routing.resolve(.subnet(ownerSubnet), destination, usesEndpoints: usesEndpoints)
      if own?.nextHopType == .virtualNetworkServiceEndpoint {
        admission.ownerService = own?.service
      }
    }
  }

  /// Who sends, seen from the port.
  private struct Sender {
    var context: RoutingContext
    var virtualNetwork: Int
    var mayUseEndpoints: Bool
    /// Nil from on-premises.
    var owner: Owner?
  }

  private func identifySender(
    _ source: IPAddress, at ingress: PortRecord, trace: inout Trace?
  ) throws(DropReason) -> Sender {
    // Services ask no firewall about it: an appliance may not forward for it, and on-premises may not send with it.
    guard !hostAddresses.contains(source) else {
      trace.record("anti-spoof", "\(source) is a host's own address (R8)")
      throw .spoofedSource
    }
    if let nic = ingress.nic { return try identifySender(source, at: nic, trace: &trace) }
    guard case .world(let index) = ingress.kind, topology.worldPorts[index].kind == .gateway,
      let network = ingress.virtualNetwork
    else {
      guard tunnels == nil || ingress.id != backbonePort else { throw .notEncapsulated }
      trace.record("flow", "\(ingress.name): what comes from outside needs a flow")
      throw .noFlow
    }
    let inside =
      [network] + topology.virtualNetworks[network].peerings.map(\.remote)
    let spoofed = inside.contains { reached in
      topology.virtualNetworks[reached].addressSpace.contains { $0.contains(source) }
    }
    if spoofed {
      trace.record("anti-spoof", "\(source) is inside the virtual network, not on-premises")
      throw .spoofedSource
    }
    trace.record("anti-spoof", "\(source) comes from on-premises")
    trace.record("route", "R8: traffic from on-premises takes no endpoint route")
    return Sender(
      context: .gateway(virtualNetwork: network), virtualNetwork: network, mayUseEndpoints: false)
  }

  private func identifySender(
    _ source: IPAddress, at nic: PortRecord.NIC, trace: inout Trace?
  ) throws(DropReason) -> Sender {
    let network = nic.virtualNetwork
    let owner =
      owner(of: source, sentBy: nic)
      ?? publicOwners[source].flatMap { self.owner(of: $0.privateAddress, in: network) }
    let isOwn =
      owner?.networkInterface == nic.index
      && (owner?.privateAddress == source || nic.usesPublicAddress)
    guard isOwn || nic.forwards else {
      trace.record(
        "anti-spoof", "\(source) is not an address of \(name(of: nic)), which may not forward")
      throw .spoofedSource
    }
    trace.record(
      "anti-spoof",
      isOwn
        ? "\(source) is \(name(of: nic))'s own address"
        : "\(name(of: nic)) forwards for \(source)"
          + (owner.map { ", \(topology.networkInterfaces[$0.networkInterface].name)'s" } ?? ""))
    if nic.isPlatform { trace.record("route", "R8: platform traffic takes no endpoint route") }
    return Sender(
      context: .subnet(nic.subnet), virtualNetwork: network, mayUseEndpoints: !nic.isPlatform,
      owner: owner)
  }

  private func name(of nic: PortRecord.NIC) -> String { topology.networkInterfaces[nic.index].name }

  /// The way out that a route names, and the addresses that the packet has there (F1).
  private func leave(
    by route: ResolvedRoute, to destination: IPAddress, source: IPAddress, sender: Sender,
    ingress: PortRecord, into action: inout Action, trace: inout Trace?
  ) throws(DropReason) {
    var newSource = sender.owner?.privateAddress ?? source
    var newDestination = destination
    let port: PortID?
    switch route.nextHopType {
    case .vnetLocal, .vnetPeering:
      guard let target = owner(of: destination, in: sender.virtualNetwork) else {
        throw .destinationUnknown
      }
      port = target.port
      if target.usesPublicAddress {
        newDestination = target.publicAddress ?? destination
      }
    case .virtualAppliance:
      guard let appliance = route.nextHop.flatMap({ owner(of: $0, in: sender.virtualNetwork) })
      else { throw .nextHopUnknown }
      port = appliance.port
    case .virtualNetworkGateway:
      port = gatewayPorts[sender.virtualNetwork]
    case .virtualNetworkServiceEndpoint:
      port = backbonePort(of: ingress.subnet)
    case .internet:
      port = internetPort
      if let host = platformAddress(of: ingress, like: source) {
        newSource = host
      } else if let owner = sender.owner {
        guard let publicAddress = owner.publicAddress else { throw .noPublicAddress }
        newSource = publicAddress
      } else if newSource.isPrivate {
        throw .noPublicAddress
      }
    case .none:
      throw .routeNone
    }
    guard let port else { throw .noPort }
    guard port != ingress.id else { throw .routedToItself }
    trace.record(
      "rewrite",
      newSource == source
        ? "source stays \(source)"
        : "source \(source) becomes \(newSource)")
    if newDestination != destination {
      trace.record("rewrite", "destination \(destination) becomes \(newDestination)")
    }
    action.route = route
    action.egress = port
    action.source = newSource == source ? nil : newSource.bits
    action.destination = newDestination == destination ? nil : newDestination.bits
  }

  /// R8: what comes in by a platform port is the host's, and has the host's address where that is known.
  private func platformAddress(of ingress: PortRecord, like source: IPAddress) -> IPAddress? {
    guard let nic = ingress.nic, nic.isPlatform, let address = nic.platformAddress,
      address.isIPv4 == source.isIPv4
    else { return nil }
    return address
  }

  private func describe(_ route: ResolvedRoute) -> String {
    let hop = route.nextHop.map { " \($0)" } ?? ""
    let service = route.service.map { " (\(topology.services.services[$0].name))" } ?? ""
    return
      "\(route.prefix) \(route.nextHopType.rawValue)\(hop)\(service), "
      + "model \(topology.precedence.rawValue)"
  }
}

extension FlowKey {
  var sourceAddress: IPAddress { address(source) }
  var destinationAddress: IPAddress { address(destination) }

  /// Bits of this key's IP version as an address.
  func address(_ bits: UInt128) -> IPAddress {
    IPAddress(bits: bits, isIPv6: isIPv6)
  }
}

extension IPAddress {
  /// Not to be seen on the Internet: RFC 1918, RFC 6598, link-local, unique local (RFC 4193).
  var isPrivate: Bool {
    switch self {
    case .v4(let v4):
      v4.bits >> 24 == 10 || v4.bits >> 20 == 0xac1 || v4.bits >> 16 == 0xc0a8
        || v4.bits >> 22 == 0x6440 >> 6 || v4.bits >> 16 == 0xa9fe
    case .v6(let v6):
      v6.bits >> 121 == 0x7e || v6.bits >> 118 == 0x3fa
    }
  }
}
