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
    let denied = new.filter { !$0.isAdmitted }
    for record in denied.prefix(Self.loggedAtOnce) {
      logger.notice(
        "denied",
        metadata: [
          "source": "\(record.source)", "destination": "\(record.destination)",
          "resource": "\(record.resource ?? "")", "subnet": "\(record.subnet ?? "")",
          "rule": "\(record.rule ?? "")", "because": "\(record.sentence)",
        ])
    }
    if denied.count > Self.loggedAtOnce {
      logger.notice("denied more", metadata: ["connections": "\(denied.count - Self.loggedAtOnce)"])
    }
  }

  /// A flood of refused connections must not become a flood of lines: the rest is counted.
  private static let loggedAtOnce = 20

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
