import Dataplane
import Foundation

/// I6: the last decisions of a service edge about new connections, for whoever asks.
struct DiagnosticsLog {
  static let capacity = 16_384

  private var records: [DiagnosticsRecord] = []
  private var next: UInt64 = 1

  mutating func append(_ new: [ConnectionRecord]) {
    for record in new {
      records.append(DiagnosticsRecord(sequence: next, connection: record))
      next += 1
    }
    // A quarter at a time, so that a single one costs little.
    if records.count > Self.capacity {
      records.removeFirst(records.count - Self.capacity * 3 / 4)
    }
  }

  /// Those behind a sequence number.
  func after(_ sequence: UInt64) -> [DiagnosticsRecord] {
    Array(records.drop { $0.sequence <= sequence })
  }
}

/// Which denials get a line of the log: a flood of refused connections must not become a flood of lines.
struct DenialLines {
  static let eachSecond = 20

  private var began: ContinuousClock.Instant?
  private var written = 0
  private var unsaid = 0

  /// - Returns: those that get a line, and how many before did not; that is said once, when a second is over.
  mutating func take(
    _ denied: [ConnectionRecord], at now: ContinuousClock.Instant
  ) -> (said: [ConnectionRecord], unsaid: Int) {
    var earlier = 0
    if began.map({ now - $0 >= .seconds(1) }) ?? true {
      (earlier, unsaid) = (unsaid, 0)
      (began, written) = (now, 0)
    }
    let said = denied.prefix(Self.eachSecond - written)
    written += said.count
    unsaid += denied.count - said.count
    return (Array(said), earlier)
  }
}

/// A decision, and its number in the order of the edge's log.
public struct DiagnosticsRecord: Sendable, Codable, Equatable {
  /// From 1.
  public var sequence: UInt64
  public var connection: ConnectionRecord

  public init(sequence: UInt64, connection: ConnectionRecord) {
    self.sequence = sequence
    self.connection = connection
  }
}

/// `GET /v1/diagnostics/SEQUENCE`: what was decided after that one.
public struct DiagnosticsList: Sendable, Codable {
  public var records: [DiagnosticsRecord]
}

extension Instance {
  /// What the edge has decided after `sequence`, oldest first.
  public func diagnostics(after sequence: UInt64) async throws -> DiagnosticsList {
    try await collectDiagnostics()
    return DiagnosticsList(records: log.after(sequence))
  }

  /// Takes what the workers have written down, and logs what was denied.
  func collectDiagnostics() async throws {
    let new = try await ask { core in core.path.takeConnectionRecords() }.flatMap(\.self)
      .sorted { $0.time < $1.time }
    log.append(new)
    let (said, unsaid) = denials.take(new.filter { !$0.isAdmitted }, at: ContinuousClock.now)
    for record in said {
      logger.notice(
        "denied",
        metadata: [
          "source": "\(record.source)", "destination": "\(record.destination)",
          "resource": "\(record.resource ?? "")", "subnet": "\(record.subnet ?? "")",
          "rule": "\(record.rule ?? "")", "because": "\(record.sentence)",
        ])
    }
    if unsaid > 0 { logger.notice("denied more", metadata: ["connections": "\(unsaid)"]) }
  }

  /// Every half second, until it is cancelled or the instance stops.
  func keepCollecting() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .milliseconds(500))
        try await collectDiagnostics()
      } catch {
        return
      }
    }
  }
}
