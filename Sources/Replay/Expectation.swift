import Dataplane
import Model
import Wire

/// What somebody expects of some packets of a capture; one element of the file for `--expect`.
public struct Expectation: Sendable, Equatable {
  /// Which packets are meant: those that fulfil everything that is given. Nothing given means all.
  public struct Match: Sendable, Equatable {
    /// Numbers in the capture, from 1.
    public var packets: [Int]?
    public var source: IPPrefix?
    public var destination: IPPrefix?
    public var transport: TransportProtocol?
    public var sourcePort: UInt16?
    public var destinationPort: UInt16?

    public init() {}

    /// Whether the addresses, protocol and ports are those meant; packet numbers are not asked.
    func holds(_ tuple: FiveTuple?) -> Bool {
      guard
        source != nil || destination != nil || transport != nil || sourcePort != nil
          || destinationPort != nil
      else { return true }
      guard let tuple else { return false }
      return source.map { $0.contains(tuple.source) } ?? true
        && destination.map { $0.contains(tuple.destination) } ?? true
        && transport.map { $0 == tuple.transport } ?? true
        && sourcePort.map { $0 == tuple.sourcePort } ?? true
        && destinationPort.map { $0 == tuple.destinationPort } ?? true
    }
  }

  /// What must be true of each of them. What is not given may be anything.
  public struct Outcome: Sendable, Equatable {
    public enum Verdict: String, CaseIterable, Sendable {
      case forwarded
      case answered
      case dropped
    }

    public var verdict: Verdict?
    /// The name of the port that it leaves by.
    public var port: String?
    public var nextHopType: NextHopType?
    public var nextHop: IPAddress?
    /// Addresses that it leaves with.
    public var source: IPAddress?
    public var destination: IPAddress?
    public var dropReason: DropReason?
    public var answer: Answer?
    public var service: String?
    /// And nowhere else: nothing that was meant leaves by another port than `port`; with no port given,
    /// nothing leaves at all.
    public var only = false

    public init() {}
  }

  public var name: String
  /// Where it stands in its file, from 1.
  public var line: Int
  public var match: Match
  public var outcome: Outcome

  public init(name: String, line: Int, match: Match, outcome: Outcome) {
    self.name = name
    self.line = line
    self.match = match
    self.outcome = outcome
  }
}
