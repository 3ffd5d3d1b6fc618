import Dataplane
import Foundation
import Model

extension DiagnosticsList {
  /// One line a connection.
  public func text(header: Bool = true) -> String {
    guard !records.isEmpty else { return header ? "No connections.\n" : "" }
    var table = Table(
      .text("Time"), .text("Verdict"), .text("Source"), .text("Subnet"), .text("Destination"),
      .text("Resource"), .text("Rule"))
    for record in records {
      let connection = record.connection
      table.add(
        connection.timestamp, connection.isAdmitted ? "admitted" : "denied", connection.source,
        connection.subnet ?? "", connection.destination,
        [connection.resource, connection.hostName.map { "(\($0))" }].compactMap(\.self)
          .joined(separator: " "),
        connection.rule ?? connection.sentence)
    }
    return table.text()
  }

  /// One JSON object a line.
  public func lines() throws -> String {
    try records.map { try JSON.line($0) + "\n" }.joined()
  }

  /// In the shape of Azure's resource logs for storage accounts (StorageBlobLogs), as far as a connection fills it: one
  /// JSON object a line.
  public func storageLog() throws -> String {
    try records.map { try JSON.line(StorageLogEntry($0.connection)) + "\n" }.joined()
  }
}

extension ConnectionRecord {
  /// ISO 8601, UTC, with microseconds.
  public var timestamp: String {
    let date = Date(timeIntervalSince1970: Double(time / 1_000_000_000))
    let micros = String(time % 1_000_000_000 / 1_000)
    return date.formatted(
      .iso8601.year().month().day().dateSeparator(.dash).time(includingFractionalSeconds: false)
        .timeSeparator(.colon))
      + "." + String(repeating: "0", count: 6 - micros.count) + micros + "Z"
  }
}

/// https://learn.microsoft.com/azure/azure-monitor/reference/tables/storagebloblogs names the fields.
private struct StorageLogEntry: Encodable {
  struct Properties: Encodable {
    var accountName: String
    var serviceType: String?
    var virtualNetwork: String?
    var subnet: String?
    var networkRule: String?
  }

  var time: String
  var resourceId: String
  var category = "StorageRead"
  var operationName = "Connect"
  var schemaVersion = "1.0"
  var statusCode: Int
  var statusText: String
  var callerIpAddress: String
  var `protocol`: String
  var uri: String
  var properties: Properties

  init(_ connection: ConnectionRecord) {
    time = connection.timestamp
    resourceId = connection.resourceID ?? ""
    statusCode = connection.isAdmitted ? 200 : 403
    statusText = connection.isAdmitted ? "Success" : "AuthorizationFailure"
    callerIpAddress = connection.source
    self.protocol = connection.proto.uppercased()
    uri = connection.hostName ?? connection.destination
    properties = Properties(
      accountName: connection.resource ?? "", serviceType: connection.service,
      virtualNetwork: connection.virtualNetwork, subnet: connection.subnet,
      networkRule: connection.rule)
  }
}
