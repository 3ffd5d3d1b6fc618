import ConfigurationFile
import Dataplane
import Model
import PacketIO

/// What a replay came to: the summary, and how the expectations fared.
public struct ReplayReport: Sendable, Codable, Equatable {
  public var summary: ReplaySummary
  public var expectations: [ExpectationResult]

  /// The capture was read to its end, and every expectation holds.
  public var succeeded: Bool {
    summary.captureError == nil && expectations.allSatisfy(\.holds)
  }
}

/// A capture, a configuration, and what is wanted of them; `spurline replay` without its command line.
public struct ReplayJob {
  public var configuration: Configuration
  public var capture: String
  public var options: Replay.Options
  /// Where a pcapng file with what leaves each port is written.
  public var writePath: String?
  public var expectations: [Expectation] = []
  /// Where they stand, for messages.
  public var expectationFile = ""
  /// Takes the JSON lines of packets, in order, many at a time, each with its line feed.
  public var verdictLines: ((UnsafeRawBufferPointer) throws -> Void)?
  public let snapshot: Snapshot

  /// Bytes of lines that are gathered before they are handed over.
  private static let linesSize = 256 << 10

  public init(configuration: Configuration, capture: String) {
    self.configuration = configuration
    self.capture = capture
    options = Replay.Options()
    options.limits.maximumFlows = configuration.maximumFlows
    snapshot = Snapshot(
      generation: 1, topology: configuration.topology,
      routing: RoutingTables(topology: configuration.topology))
  }

  /// Replays the capture. A capture that breaks off is replayed as far as it goes, and the report says so.
  /// - Throws: `PortError` where a file cannot be opened or written, `ReplayError.unbalanced`, and what
  ///   `verdictLines` throws.
  public func run() throws -> ReplayReport {
    var reader = try CaptureReader(path: capture)
    let writer = try writePath.map {
      try CaptureWriter(path: $0, format: .pcapng(interfaces: snapshot.ports.map(\.name)))
    }
    var lines = VerdictLines(snapshot: snapshot)
    var summary = SummaryCount(snapshot: snapshot)
    var check = ExpectationCheck(expectations, file: expectationFile, snapshot: snapshot)
    var options = options
    options.recordsDetails = verdictLines != nil || !expectations.isEmpty
    var replay = Replay(snapshot: snapshot, options: options) { batch in
      summary.add(batch)
      if !expectations.isEmpty {
        batch.eachPacket { packet, sent in check.add(packet, sent: sent.map(\.port)) }
      }
      if let writer {
        for item in batch.sent {
          try writer.write(item.frame, interface: Int(item.port.index))
        }
      }
      if let verdictLines {
        lines.add(batch)
        if lines.text.count >= Self.linesSize {
          try verdictLines(lines.text.bytes)
          lines.removeAll()
        }
      }
    }
    var captureError: String?
    do {
      while let packets = try Self.next(&reader) { try replay.add(packets) }
    } catch let broken as BrokenCapture {
      captureError = broken.error.description
    }
    try verdictLines?(lines.text.bytes)
    try replay.finish()
    try writer?.close()
    return ReplayReport(
      summary: summary.summary(
        replay.counters, configuration: configuration.path, capture: capture,
        captureError: captureError),
      expectations: check.finished())
  }

  /// The packet of a number, explained as things stand after the packets before it.
  /// - Throws: `ReplayError.noSuchPacket`, `.unassignedPacket`; `PortError`.
  public func explain(packet number: Int) throws -> PacketExplanation {
    var reader = try CaptureReader(path: capture)
    var replay = Replay(snapshot: snapshot, options: options) { _ in }
    while true {
      let packets = try reader.nextBatch()
      guard let first = packets.first, let last = packets.last else { break }
      guard (first.number...last.number).contains(number) else {
        try replay.add(packets)
        continue
      }
      let index = number - first.number
      try replay.add(UnsafeBufferPointer(rebasing: packets[..<index]))
      let (port, explanation) = try replay.explain(packets[index])
      return PacketExplanation(
        port: snapshot.ports[Int(port.index)].name, explanation: explanation)
    }
    throw ReplayError.noSuchPacket(number: number, inCapture: reader.count)
  }

  /// The capture's own errors, apart from those of writing, which are of the same type.
  struct BrokenCapture: Error {
    var error: PortError
  }

  /// Nil at the end.
  static func next(
    _ reader: inout CaptureReader
  ) throws -> UnsafeBufferPointer<CapturedPacket>? {
    do throws(PortError) {
      let packets = try reader.nextBatch()
      return packets.isEmpty ? nil : packets
    } catch {
      throw BrokenCapture(error: error)
    }
  }
}
