import Model
import Wire

/// The bound of the flow table, and how long a flow may be idle in each state, in nanoseconds (F4).
///
/// The times are the minimums that the RFCs ask of translators: RFC 5382 (TCP), RFC 4787 (UDP),
/// RFC 5508 (ICMP).
public struct FlowLimits: Sendable {
  /// Flows of one packet path; each takes about 620 bytes.
  public var maximumFlows = 65_536
  /// False: every packet is decided anew, and must come to the same as its flow's entry.
  public var usesFlowTable = true
  public var openingIdle = 30 * second
  public var establishedIdle = 7_440 * second
  public var closingIdle = 240 * second
  public var unansweredIdle = 120 * second
  public var answeredIdle = 300 * second
  public var icmpIdle = 60 * second
  public var otherIdle = 300 * second
  /// How long late packets of a closed connection are answered with a reset (F3).
  public var resetIdle = 10 * second

  public static let second: UInt64 = 1_000_000_000

  public init() {}

  func idle(_ state: FlowState) -> UInt64 {
    switch state {
    case .opening: openingIdle
    case .established: establishedIdle
    case .closing: closingIdle
    case .unanswered: unansweredIdle
    case .answered: answeredIdle
    case .icmp: icmpIdle
    case .other: otherIdle
    case .reset, .denied: resetIdle
    }
  }
}
