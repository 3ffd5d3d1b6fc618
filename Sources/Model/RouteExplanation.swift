/// A route in words, for explanations and listings.
public struct RouteDescription: Sendable, Codable, Hashable {
  public var origin: RouteOrigin
  /// The UDR's name, or the service of an endpoint route.
  public var name: String?
  /// The service tag that the prefix came from, if one was written.
  public var serviceTag: String?
  public var prefix: String
  public var nextHopType: NextHopType
  public var nextHop: String?

  /// The route as the subject of a sentence.
  var phrase: String {
    switch origin {
    case .endpoint: "the endpoint route \(prefix) of \(name ?? "a service")"
    case .user: "the user route '\(name ?? "")' (\(prefix) to \(nextHopType.rawValue))"
    case .bgp: "the BGP route \(prefix)"
    case .system: "the system route \(prefix) (\(nextHopType.rawValue))"
    }
  }
}

/// Why a packet takes the route it takes: every route that holds its destination.
public struct RouteExplanation: Sendable, Codable {
  public struct Candidate: Sendable, Codable {
    public var route: RouteDescription
    /// Nil for the winner; else why it lost, in one sentence that names the winner and the rule.
    public var lostBecause: String?
  }
  public var model: PrecedenceModel
  public var destination: String
  /// Every route whose prefix holds the destination: the winner first.
  public var candidates: [Candidate]
}
