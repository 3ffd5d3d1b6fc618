import Model
import Wire

/// What enabling or disabling an endpoint will do, worked out by the code that would do it: nothing is changed.
public struct Forecast: Sendable, Codable, Equatable {
  public enum Action: String, Sendable, Codable {
    case enable
    case disable
  }

  /// The way of a connection out of its networks.
  public struct Way: Sendable, Codable, Equatable {
    /// The port that it leaves its own by: an appliance's NIC, `internet`, `gateway` or `backbone`. Nil where it is dropped.
    public var egress: String?
    public var nextHopType: String?
    /// The port by which it leaves the networks, behind appliances too. Nil where that is not known: an appliance puts
    /// its own address into it, or keeps it.
    public var exit: String?
    /// The source that is seen there.
    public var source: String?
    /// The counter's name of what drops it.
    public var dropReason: String?
    public var sentence: String?
  }

  /// A live flow that the switch touches.
  public struct Connection: Sendable, Codable, Equatable {
    public enum Effect: String, Sendable, Codable {
      /// A TCP connection: both ends get a reset at once.
      case closed
      /// Of another protocol, to the service: its next packet is decided anew.
      case forgotten
      /// It stays, and its next packet takes another way.
      case moved
    }

    public var effect: Effect
    /// The port that it comes in by.
    public var port: String
    /// `tcp`, `udp`, `icmp` or the number.
    public var proto: String
    /// `address:port`, as the NIC has them.
    public var source: String
    public var destination: String
    /// The service that the switch is about; nil for a flow that it moves on the side.
    public var service: String?
    public var now: Way
    /// Of its next packet; of a connection that is closed, of the next one with the same addresses.
    public var then: Way

    private enum CodingKeys: String, CodingKey {
      case effect, port
      case proto = "protocol"
      case source, destination, service, now, then
    }
  }

  /// What a resource says to a connection, or would say to one.
  public struct Request: Sendable, Codable, Equatable {
    /// `address:port` of a live connection; the NIC's address of one that it might make.
    public var source: String
    public var destination: String
    /// The NIC or other port that it comes from.
    public var port: String
    public var resource: String
    /// Whether it is under way. Else it is one that the NIC might make.
    public var isLive: Bool
    /// Nil where it does not come so far, or an appliance hides as whom.
    public var now: ServiceAnswer?
    public var then: ServiceAnswer?
    /// What drops it on its way then: the counter's name, and in words.
    public var dropReason: String?
    public var sentence: String?

    /// Admitted now, and not any more.
    public var becomesDenied: Bool
  }

  /// A rule of a resource's firewall, and who meets it.
  public struct Rule: Sendable, Codable, Equatable {
    public var resource: String
    /// Such as `ipRules[0] 203.0.113.4`.
    public var rule: String
    /// Addresses, as the service sees them where the rule matches.
    public var sources: [String]
  }

  /// Destinations on which another precedence model will decide otherwise than the one in force (R6).
  public struct ModelDifference: Sendable, Codable, Equatable {
    public var model: PrecedenceModel
    public var prefix: String
    /// What the model in force chooses, and what the other does: `VirtualAppliance 10.0.100.4 (user 0.0.0.0/0)`.
    public var inForce: String
    public var otherwise: String
  }

  /// `network/subnet`.
  public var subnet: String
  public var service: String
  public var action: Action
  /// The model in force.
  public var precedence: PrecedenceModel
  public var routesAdded: [String]
  public var routesRemoved: [String]
  /// In no particular order but that of addresses; of each connection the part before any appliance.
  public var connectionsClosed: [Connection]
  /// Flows of other protocols to the service, and flows that move on the side.
  public var otherFlows: [Connection]
  /// Live flows that are not touched.
  public var flowsKept: Int
  public var rulesEnding: [Rule]
  public var rulesBeginning: [Rule]
  /// Live requests to resources, whose way changes.
  public var requests: [Request]
  /// What NICs of the subnet could ask of the service's resources, whose answer changes.
  public var callers: [Request]
  public var modelDifferences: [ModelDifference]
  public var steps: [String]

  /// Live requests that are admitted now and will be denied.
  public var requestsDenied: [Request] { requests.filter(\.becomesDenied) }
  public var callersDenied: [Request] { callers.filter(\.becomesDenied) }
}
