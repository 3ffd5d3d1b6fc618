import Model
import Wire

/// How the packets of a connection come out of the virtual networks, through the appliances on their way.
///
/// An appliance is taken to send on what it gets, unless flows tell otherwise: where its port has sent something, and
/// nothing of this connection, it puts its own address into what it forwards, or forwards nothing.
struct Journey {
  /// What happens at one port.
  enum Step {
    case leaves(Action)
    case refused(DropReason)
    /// What an appliance has made of it.
    case unknown
  }

  /// What the sender's own port does with it; nil where that refuses.
  var first: Action?
  /// Nil where it stays inside, is refused, or an appliance hides it.
  var exit: Exit?
  var refusal: DropReason?

  /// More appliances in a row than anybody has: a loop.
  static let legLimit = 8
}

extension Snapshot {
  /// Follows a connection from the port that it begins at.
  func journey(of key: FlowKey, _ step: (FlowKey) -> Journey.Step) -> Journey {
    var journey = Journey()
    var key = key
    for _ in 0..<Journey.legLimit {
      switch step(key) {
      case .unknown: return journey
      case .refused(let reason):
        journey.refusal = reason
        return journey
      case .leaves(let action):
        if journey.first == nil { journey.first = action }
        let (source, destination) = (
          action.source ?? key.source, action.destination ?? key.destination
        )
        guard case .networkInterface(let index) = self[action.egress].kind else {
          journey.exit = Exit(
            ingress: key.ingress, egress: action.egress, source: key.address(source))
          return journey
        }
        let nic = topology.networkInterfaces[index]
        let target = key.address(destination)
        let isArrived = nic.ipConfigurations.contains {
          $0.privateAddress == target || $0.publicAddress == target
        }
        guard nic.ipForwarding, !isArrived else { return journey }
        key = FlowKey(
          port: action.egress, source: source, destination: destination,
          sourcePort: key.sourcePort, destinationPort: key.destinationPort,
          transport: key.transport, isIPv6: key.isIPv6)
      }
    }
    journey.refusal = .ttlExceeded
    return journey
  }

  /// What the first packet of a new connection meets at a port: groups, route, translation.
  /// - Parameter egress: the port by which the packet's flow has left until now, where it is another way that the flow
  ///   takes, not another connection that begins.
  func firstPacket(_ key: FlowKey, continuing egress: PortID? = nil) -> Journey.Step {
    var groups = GroupPassage(meetsOutbound: egress == nil)
    do throws(DropReason) {
      let action = try firstAction(key, &groups)
      if action.egress != egress {
        var silent: Trace?
        try filterInbound(key, action, groups: &groups, trace: &silent)
      }
      return .leaves(action)
    } catch {
      return .refused(error)
    }
  }

  /// Where the first packet of a connection goes, whatever security groups say of it.
  func anyPacket(_ key: FlowKey) -> Journey.Step {
    var groups = GroupPassage.none
    do throws(DropReason) {
      return .leaves(try firstAction(key, &groups))
    } catch {
      return .refused(error)
    }
  }

  /// What stands on the way of every first packet (`PacketPath.routeFirst`), but for the groups where it arrives.
  private func firstAction(
    _ key: FlowKey, _ groups: inout GroupPassage
  ) throws(DropReason) -> Action {
    var silent: Trace?
    var admission = Admission()
    try route(
      key, from: self[key.ingress], into: &admission, groups: &groups, trace: &silent)
    try filterByPolicy(key, admission.action.route, trace: &silent)
    return admission.action
  }
}
