import Model

/// Every step of one packet's decision, made by the packet path itself.
public struct Explanation: Sendable, Codable {
  public struct Step: Sendable, Codable, Equatable {
    /// `decapsulate`, `parse`, `port`, `flow`, `anti-spoof`, `security-group` (outbound), `route`, `rewrite`,
    /// `endpoint-policy`, `security-group` (inbound), `encapsulate`, then what the service's side will see and say
    /// (`identity`, `resource`, `firewall`), or `verdict`, in that order; at a service edge `identity`, `resource` and
    /// `firewall` instead of those between `flow` and `rewrite`.
    public var stage: String
    public var text: String

    public init(stage: String, text: String) {
      self.stage = stage
      self.text = text
    }
  }

  public var steps: [Step]
  /// All candidates; nil where the packet never came to a route.
  public var route: RouteExplanation?
  /// `forwarded`, `answered` or `dropped`.
  public var verdict: String
  /// The port that it leaves by, the answer, or the reason for the drop.
  public var verdictDetail: String
  /// One sentence about the verdict.
  public var sentence: String
  public var egress: String?
  /// Addresses as it leaves.
  public var translatedSource: String?
  public var translatedDestination: String?
  /// What the resources that it may mean will say to it, where the configuration has them; at a service edge the steps say it.
  public var resources: [ServiceAnswer]?
}
