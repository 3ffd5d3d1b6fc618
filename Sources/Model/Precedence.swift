/// The longest match of one origin, as far as the order between origins looks at it.
struct Contender {
  /// Of its prefix, in bits.
  var length: Int
  var nextHopType: NextHopType

  var isOfNetwork: Bool {
    switch nextHopType {
    case .vnetLocal, .vnetPeering: true
    default: false
    }
  }
}

/// The longest match of each origin for one destination. Within an origin the longest prefix stands for
/// all of them; only these four meet.
struct Contenders {
  var endpoint: Contender?
  var user: Contender?
  var bgp: Contender?
  var system: Contender?

  subscript(origin: RouteOrigin) -> Contender? {
    switch origin {
    case .endpoint: endpoint
    case .user: user
    case .bgp: bgp
    case .system: system
    }
  }
}

/// Why an origin's longest match lost.
enum Defeat {
  /// R6 service-endpoints: the destination is inside an endpoint prefix.
  case endpointWhateverLength
  /// R6 longest-prefix and observed: an endpoint beats BGP, whatever the lengths.
  case endpointBeatsBGP
  /// R6 observed: a user route to `Internet` loses to the endpoint.
  case internetYieldsToEndpoint
  /// R4: a virtual-network or peering route beats BGP, whatever the lengths.
  case networkBeatsBGP
  /// The winner's prefix is longer.
  case shorterPrefix
  /// The winner's prefix is equal, and its origin comes first.
  case laterOrigin
}

/// Who wins, and why each other lost.
struct Decision {
  var winner: RouteOrigin?
  /// In the order endpoint, user, BGP, system; nil for the winner and for who had no match.
  private var defeats: (Defeat?, Defeat?, Defeat?, Defeat?) = (nil, nil, nil, nil)

  subscript(origin: RouteOrigin) -> Defeat? {
    get {
      switch origin {
      case .endpoint: defeats.0
      case .user: defeats.1
      case .bgp: defeats.2
      case .system: defeats.3
      }
    }
    set {
      switch origin {
      case .endpoint: defeats.0 = newValue
      case .user: defeats.1 = newValue
      case .bgp: defeats.2 = newValue
      case .system: defeats.3 = newValue
      }
    }
  }
}

extension PrecedenceModel {
  /// The order of R4 and R6, the only place where it is written in code.
  ///
  /// First the rules go that look at no lengths ("whatever the length", "always"): what they name leaves the
  /// contest. Among those that remain the longest prefix wins, and on equal prefixes the origin that comes
  /// first. Done in this order the rules cannot run in a circle: a BGP route inside the virtual network's own
  /// range is out, and so does not push aside a user route that in turn is longer than the range.
  func decide(_ contenders: Contenders) -> Decision {
    var decision = Decision()
    let system = contenders.system
    var user = contenders.user
    var bgp = contenders.bgp
    var systemStands = system != nil

    if contenders.endpoint != nil {
      switch self {
      case .serviceEndpoints:
        if user != nil { decision[.user] = .endpointWhateverLength }
        if bgp != nil { decision[.bgp] = .endpointWhateverLength }
        if systemStands { decision[.system] = .endpointWhateverLength }
        user = nil
        bgp = nil
        systemStands = false
      case .longestPrefix:
        if bgp != nil { decision[.bgp] = .endpointBeatsBGP }
        bgp = nil
      case .equalPrefix:
        break
      case .observed:
        if bgp != nil { decision[.bgp] = .endpointBeatsBGP }
        bgp = nil
        if case .internet? = user?.nextHopType {
          decision[.user] = .internetYieldsToEndpoint
          user = nil
        }
      }
    }
    if bgp != nil, let system, system.isOfNetwork {
      decision[.bgp] = .networkBeatsBGP
      bgp = nil
    }

    // In the order in which equal prefixes win: a later one has to be longer.
    var best: (origin: RouteOrigin, length: Int)?
    func enter(_ origin: RouteOrigin, _ contender: Contender?) {
      guard let contender else { return }
      if let best, best.length >= contender.length { return }
      best = (origin, contender.length)
    }
    if case .observed = self {
      enter(.user, user)
      enter(.endpoint, contenders.endpoint)
    } else {
      enter(.endpoint, contenders.endpoint)
      enter(.user, user)
    }
    enter(.bgp, bgp)
    enter(.system, systemStands ? system : nil)

    guard let best else { return decision }
    decision.winner = best.origin
    func settle(_ origin: RouteOrigin, _ contender: Contender?) {
      guard let contender, origin != best.origin else { return }
      decision[origin] = contender.length == best.length ? .laterOrigin : .shorterPrefix
    }
    settle(.endpoint, contenders.endpoint)
    settle(.user, user)
    settle(.bgp, bgp)
    settle(.system, systemStands ? system : nil)
    return decision
  }
}
