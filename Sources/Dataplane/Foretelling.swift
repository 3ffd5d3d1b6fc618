import Model
import Wire

/// What the service's side will say to one connection, foretold where it has not yet arrived.
public struct ServiceAnswer: Sendable, Codable, Hashable {
  public var resource: String
  public var location: Resource.Location
  /// As the service sees it: private over an endpoint.
  public var source: String
  public var viaEndpoint: Bool
  /// Whose identity the connection carries, `network/subnet`.
  public var subnet: String?
  public var isAdmitted: Bool
  /// The rule that decides, such as `ipRules[0] 203.0.113.4`; nil where no firewall is asked.
  public var rule: String?
  /// What is decided and why, in words.
  public var sentence: String
  /// Where several resources have the address: the host names by which this one is meant.
  public var hostNames: [String]
}

/// Where packets leave the virtual networks, and how they look there.
struct Exit: Hashable {
  /// The port that they came in by: its subnet's identity is put on the backbone.
  var ingress: PortID
  /// The port that they leave by, or the link of a tunnel.
  var egress: PortID
  var source: IPAddress
}

/// A resource's answer with what it follows from.
struct Foretold {
  var match: ResourceTable.Match
  /// Nil where the edge drops what it cannot tell.
  var decision: (caller: Caller, verdict: FirewallVerdict)?
  var refusal: DropReason?

  var isAdmitted: Bool { decision?.verdict.isAdmitted ?? false }

  /// Index of the IP rule that decides.
  var ipRule: Int? {
    if case .ipRule(let index) = decision?.verdict.deciding { index } else { nil }
  }

  /// Index of the virtual-network rule that decides.
  var virtualNetworkRule: Int? {
    if case .virtualNetworkRule(let index) = decision?.verdict.deciding { index } else { nil }
  }
}

extension Snapshot {
  /// Whether what leaves by a port may meet resources that are known here: those of the configuration, at the far end of
  /// the backbone or of the Internet. What on-premises makes of a packet is not known.
  @inline(__always)
  public func foretellsServices(by egress: PortID) -> Bool {
    guard serviceSide != nil, edge == nil else { return false }
    let link = link(of: egress)
    return link == backbonePort || link == internetPort
  }

  /// The resources that a destination may mean: those that have the address, or, where none has it, those that are known
  /// by name alone and belong to the service whose endpoint holds the address.
  func candidates(at destination: IPAddress, ofService service: Int?) -> [ResourceTable.Match] {
    guard let serviceSide else { return [] }
    let matches = serviceSide.resources.matches(at: destination)
    guard matches.isEmpty, let service else { return matches }
    let name = topology.services.services[service].name
    return serviceSide.resources.matchesByName.filter {
      topology.services.leads(name, to: topology.resources[$0.resource].service)
    }
  }

  /// What a resource will say to what leaves the networks there; nil where that cannot be known.
  func foretell(
    _ match: ResourceTable.Match, at exit: Exit, trace: inout Trace?
  ) -> Foretold? {
    guard let serviceSide, foretellsServices(by: exit.egress) else { return nil }
    let link = link(of: exit.egress)
    do throws(DropReason) {
      var caller =
        link == backbonePort
        ? try serviceSide.caller(
          fromBackbone: exit.source, identity: tunnels == nil ? nil : self[exit.ingress].subnet,
          in: topology, trace: &trace)
        : try serviceSide.caller(fromInternet: exit.source, trace: &trace)
      if case .platform = self[exit.ingress].kind { caller.isPlatform = true }
      let verdict = serviceSide.verdict(for: caller, at: match, in: topology, trace: &trace)
      return Foretold(match: match, decision: (caller, verdict))
    } catch {
      return Foretold(match: match, refusal: error)
    }
  }

  /// The answers of all resources that a connection to `destination` may mean.
  /// - Parameters:
  ///   - source: as it leaves.
  ///   - ingress: the port that its packets come in by; `egress` the one that they leave by.
  ///   - service: of the endpoint route that they take; nil for another route.
  public func serviceAnswers(
    from source: IPAddress, to destination: IPAddress, ingress: PortID, egress: PortID,
    service: Int?
  ) -> [ServiceAnswer] {
    guard foretellsServices(by: egress) else { return [] }
    let matches = candidates(at: destination, ofService: service)
    let exit = Exit(ingress: ingress, egress: egress, source: source)
    var silent: Trace?
    return matches.compactMap { match in
      foretell(match, at: exit, trace: &silent).map {
        answer($0, at: exit, isSure: isSure(matches, at: destination))
      }
    }
  }

  /// Whether the address alone says which resource is meant.
  func isSure(_ candidates: [ResourceTable.Match], at destination: IPAddress) -> Bool {
    candidates.count == 1
      && serviceSide?.resources.find(destination) == .resource(candidates[0])
  }

  func answer(_ foretold: Foretold, at exit: Exit, isSure: Bool) -> ServiceAnswer {
    let resource = topology.resources[foretold.match.resource]
    let decision = foretold.decision
    return ServiceAnswer(
      resource: resource.name, location: foretold.match.location, source: "\(exit.source)",
      viaEndpoint: link(of: exit.egress) == backbonePort,
      subnet: decision?.caller.subnet.map { topology.qualifiedName(ofSubnet: $0) },
      isAdmitted: foretold.isAdmitted,
      rule: decision.map { resource.firewall.name(of: $0.verdict.deciding) },
      sentence: decision.map { resource.firewall.sentence(for: $0.verdict) }
        ?? "dropped: \(foretold.refusal?.sentence ?? "")",
      hostNames: isSure ? [] : resource.hostNames(at: foretold.match.location))
  }
}
