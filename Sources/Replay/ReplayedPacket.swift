import Dataplane
import Wire

/// One packet of a capture, and how it ended.
public struct ReplayedPacket: Sendable {
  /// Place in the capture, from 1.
  public var number: Int
  /// Nanoseconds since 1970, UTC.
  public var timestamp: UInt64
  /// Bytes on the wire.
  public var length: Int
  /// As captured; nil where the packet cannot be read that far.
  public var tuple: FiveTuple?
  public var arrival: PortAssignment.Outcome
  public var verdict: Verdict
  /// Empty where it was dropped, and where the replay records none.
  public var detail: PacketDetail

  /// The port that it arrived at.
  public var port: PortID? { arrival.port }

  /// As it was given to the port: a reply may have another destination there than in the capture.
  public var arrivalTuple: FiveTuple? {
    guard case .reply(_, let destination?) = arrival else { return tuple }
    var arrived = tuple
    arrived?.destination = destination
    return arrived
  }

  /// As it left; nil where it did not.
  public var sentTuple: FiveTuple? {
    guard case .forwarded = verdict, var sent = tuple else { return nil }
    if let source = detail.translatedSource { sent.source = source }
    if let destination = detail.translatedDestination { sent.destination = destination }
    return sent
  }

  /// Why it was dropped, in one sentence: of an unknown port, why it is unknown.
  public var sentence: String? {
    guard case .dropped(let reason) = verdict else { return nil }
    if reason == .unknownPort, case .unassigned(let failure) = arrival { return failure.sentence }
    return reason.sentence
  }
}
