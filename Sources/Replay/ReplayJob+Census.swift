import Dataplane
import PacketIO

extension ReplayJob {
  /// The flows that are open when the capture ends.
  ///
  /// A capture that breaks off is read as far as it goes.
  /// - Returns: the flows, and why the capture could not be read to its end.
  /// - Throws: `PortError` where it cannot be opened, `ReplayError.unbalanced`.
  public func census() throws -> (flows: FlowCensus, captureError: String?) {
    var reader = try CaptureReader(path: capture)
    var replay = Replay(snapshot: snapshot, options: options) { _ in }
    var captureError: String?
    do {
      while let packets = try Self.next(&reader) { try replay.add(packets) }
    } catch let broken as BrokenCapture {
      captureError = broken.error.description
    }
    try replay.finish()
    return (replay.census, captureError)
  }
}
