import Model
import Wire

extension Forecast {
  /// - Parameters:
  ///   - census: the flows, under the snapshot in force.
  ///   - service: as the catalogue spells it.
  ///   - new: the same topology with the subnet's endpoints switched.
  ///   - change: what that does to the subnet's routes.
  public init(
    _ census: FlowCensus, switching service: String, ofSubnet subnet: Int, to new: Snapshot,
    change: EndpointChange
  ) {
    let foreteller = Foreteller(census, new)
    let topology = new.topology
    let isEnabled = topology.subnets[subnet].serviceEndpoints.contains { $0.service == service }
    self.subnet = topology.qualifiedName(ofSubnet: subnet)
    self.service = service
    action = isEnabled ? .enable : .disable
    precedence = topology.precedence
    routesAdded = change.added.sorted().map(\.description)
    routesRemoved = change.removed.sorted().map(\.description)

    var (touched, live, kept): ([Connection], [Foreteller.Asked], Int) = ([], [], 0)
    for flow in census.flows {
      switch foreteller.fate(of: flow) {
      case .over: continue
      case .kept: kept += 1
      case .touched(let effect):
        let (connection, asked) = foreteller.connection(flow, effect)
        touched.append(connection)
        live += asked
      }
    }
    let probes = foreteller.probes(ofSubnet: subnet, service: service, change)
    connectionsClosed = touched.filter { $0.effect == .closed }.sorted(by: Self.precedes)
    otherFlows = touched.filter { $0.effect != .closed }.sorted(by: Self.precedes)
    flowsKept = kept
    requests = live.map(\.report).sorted(by: Self.precedes)
    callers = probes.map(\.report)
    rulesEnding = foreteller.rules(live + probes, of: \.now, without: \.then)
    rulesBeginning = foreteller.rules(live + probes, of: \.then, without: \.now)
    modelDifferences = new.modelDifferences(ofSubnet: subnet, service: service)
    steps = []
    steps = SafeOrder(self, live + probes, foreteller, subnet: subnet).steps
  }

  private static func precedes(_ a: Connection, _ b: Connection) -> Bool {
    (a.port, a.source, a.destination, a.proto) < (b.port, b.source, b.destination, b.proto)
  }

  private static func precedes(_ a: Request, _ b: Request) -> Bool {
    (a.port, a.source, a.destination, a.resource)
      < (b.port, b.source, b.destination, b.resource)
  }
}

/// Asks both snapshots about flows.
struct Foreteller {
  /// A request with what its answers follow from.
  struct Asked {
    var report: Forecast.Request
    var now: Foretold?
    var then: Foretold?
  }

  let now: Snapshot
  let then: Snapshot
  private let flows: FlowIndex

  init(_ census: FlowCensus, _ new: Snapshot) {
    now = census.snapshot
    then = new
    flows = FlowIndex(census)
  }

  enum Fate {
    /// There is nothing to tell: it has ended, or it is the further leg of a connection that is closed.
    case over
    case kept
    case touched(Forecast.Connection.Effect)
  }

  func fate(of flow: Flow) -> Fate {
    guard flow.state != .reset else { return .over }
    switch then.switchEffect(on: flow) {
    case .ended: return .over
    case .forgotten: return .touched(.forgotten)
    case .closed: return then.isFirstLeg(flow) ? .touched(.closed) : .over
    case .none:
      switch then.review(flow) {
      case .holds: return .kept
      case .closed: return .touched(.closed)
      case .moved: return .touched(.moved)
      }
    }
  }

  /// What the switch does to a flow, and what resources say to it.
  func connection(
    _ flow: Flow, _ effect: Forecast.Connection.Effect
  ) -> (Forecast.Connection, [Asked]) {
    let key = flow.forward.key
    let before = now.journey(of: key) { flows.step($0) }
    let leaves = flow.forward.egress
    let after = then.journey(of: key) { leg in
      leg == key && effect == .moved
        ? then.firstPacket(leg, continuing: leaves) : then.firstPacket(leg)
    }
    let service = effect == .moved ? nil : then.service(of: flow)
    let report = Forecast.Connection(
      effect: effect, port: now[key.ingress].name, proto: transportName(key.transport),
      source: endpoint(key.sourceAddress, key.sourcePort),
      destination: endpoint(key.destinationAddress, key.destinationPort),
      service: service.map { then.topology.services.services[$0].name },
      now: now.way(before), then: then.way(after))
    return (report, asked(key, service, before, after, isLive: true))
  }

  /// The answers of the resources that a connection may mean, before and after.
  func asked(
    _ key: FlowKey, _ service: Int?, _ before: Journey, _ after: Journey, isLive: Bool
  ) -> [Asked] {
    let destination = key.destinationAddress
    let candidates = then.candidates(at: destination, ofService: service)
    let isSure = then.isSure(candidates, at: destination)
    let ingress = now[key.ingress]
    return candidates.map { match in
      let foretold = { (snapshot: Snapshot, journey: Journey) -> (Foretold, ServiceAnswer)? in
        var silent: Trace?
        guard let exit = journey.exit,
          let foretold = snapshot.foretell(match, at: exit, trace: &silent)
        else { return nil }
        return (foretold, snapshot.answer(foretold, at: exit, isSure: isSure))
      }
      let (old, new) = (foretold(now, before), foretold(then, after))
      return Asked(
        report: Forecast.Request(
          source: isLive
            ? endpoint(key.sourceAddress, key.sourcePort) : "\(key.sourceAddress)",
          destination: isLive
            ? endpoint(destination, key.destinationPort) : "\(destination)",
          port: ingress.name, resource: then.topology.resources[match.resource].name,
          isLive: isLive, now: old?.1, then: new?.1, dropReason: after.refusal?.rawValue,
          sentence: after.refusal?.sentence,
          becomesDenied: old?.1.isAdmitted == true
            && (new?.1.isAdmitted == false || after.refusal != nil)),
        now: old?.0, then: new?.0)
    }
  }
}

extension Snapshot {
  fileprivate func way(_ journey: Journey) -> Forecast.Way {
    Forecast.Way(
      egress: journey.first.map { self[$0.egress].name },
      nextHopType: journey.first?.route.nextHopType.rawValue,
      exit: journey.exit.map { self[$0.egress].name },
      source: journey.exit.map { "\($0.source)" }, dropReason: journey.refusal?.rawValue,
      sentence: journey.refusal?.sentence)
  }

  /// R6: where the models part on the service's prefixes.
  fileprivate func modelDifferences(
    ofSubnet subnet: Int, service: String
  ) -> [Forecast.ModelDifference] {
    let index = topology.services.index(named: service)
    return PrecedenceModel.allCases.filter { $0 != topology.precedence }.flatMap { model in
      routing.disagreements(ofSubnet: subnet, between: topology.precedence, and: model)
        .filter { [$0.first?.service, $0.second?.service].contains(index) }
        .map {
          Forecast.ModelDifference(
            model: model, prefix: $0.prefix.description, inForce: words($0.first),
            otherwise: words($0.second))
        }
    }
  }

  private func words(_ route: ResolvedRoute?) -> String {
    guard let route else { return "no route" }
    return route.nextHopType.rawValue + (route.nextHop.map { " \($0)" } ?? "")
      + " (\(route.origin.rawValue) \(route.prefix))"
  }
}
