import Model
import Wire

/// What a snapshot does to flows that another one has admitted (F3): pure functions of flow and snapshot. A switch goes by
/// them, and a forecast asks them beforehand.
extension Snapshot {
  /// What taking the snapshot does to a flow at once.
  enum SwitchEffect {
    case none
    /// A TCP connection that both sides have ended: nothing is left to close.
    case ended
    /// Of another protocol: its next packet is decided anew.
    case forgotten
    /// A TCP connection: a reset goes to each side.
    case closed
  }

  func switchEffect(on flow: Flow) -> SwitchEffect {
    guard flow.state != .reset, serviceChanged(of: flow) else { return .none }
    guard flow.forward.key.transport == 6 else { return .forgotten }
    return flow.isOver ? .ended : .closed
  }

  /// Whether the owner's subnet now reaches the flow's destination by another service's endpoint, or by
  /// none, or by one where there was none.
  private func serviceChanged(of flow: Flow) -> Bool {
    guard let subnet = flow.ownerSubnet else { return false }
    let isICMP = flow.forward.key.transport == (flow.forward.key.isIPv6 ? 58 : 1)
    let ingress = self[flow.forward.key.ingress]
    if case .platform = ingress.kind { return false }
    let route = routing.resolve(
      .subnet(subnet), flow.forward.key.destinationAddress,
      usesEndpoints: !isICMP || topology.icmpFollowsEndpoints)
    let service = route?.nextHopType == .virtualNetworkServiceEndpoint ? route?.service : nil
    return service != flow.ownerService
  }

  /// What becomes of a flow with its next packet.
  enum Review {
    case holds(Admission)
    /// Its packets take another way, or none.
    case moved
    /// An endpoint decides, or no longer: it is closed.
    case closed
  }

  /// Decides a flow anew.
  func review(_ flow: Flow) -> Review {
    var silent: Trace?
    let fresh = try? admit(flow.forward.key, trace: &silent)
    if let fresh, fresh.ownerService == flow.ownerService,
      fresh.action.leadsLike(flow.action(isReverse: false)),
      fresh.reverseKey == flow.reverseKey,
      !fresh.hasReverse || fresh.back.leadsLike(flow.action(isReverse: true))
    {
      return .holds(fresh)
    }
    if flow.forward.key.transport == 6, let fresh, fresh.ownerService != flow.ownerService {
      return .closed
    }
    return .moved
  }

  /// The connection of a flow that is closed; nil for the further flow that an appliance made of it.
  func closedConnection(_ flow: Flow) -> SwitchReport.ClosedConnection? {
    guard isFirstLeg(flow) else { return nil }
    let key = flow.forward.key
    return SwitchReport.ClosedConnection(
      source: endpoint(key.sourceAddress, key.sourcePort),
      destination: endpoint(key.destinationAddress, key.destinationPort),
      service: service(of: flow).map { topology.services.services[$0].name } ?? "",
      egress: self[flow.forward.egress].name)
  }

  /// Whether the flow comes from its owner's subnet, and not from an appliance on the way.
  func isFirstLeg(_ flow: Flow) -> Bool {
    flow.ownerSubnet != nil && self[flow.forward.key.ingress].subnet == flow.ownerSubnet
  }

  /// The service that the switch is about: that of the flow, or the one that it will be.
  func service(of flow: Flow) -> Int? {
    if let service = flow.ownerService { return service }
    guard let subnet = flow.ownerSubnet else { return nil }
    return routing.resolve(
      .subnet(subnet), flow.forward.key.destinationAddress, usesEndpoints: true)?.service
  }
}
