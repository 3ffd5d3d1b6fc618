import Dataplane
import Foundation
import Testing

@testable import Control

@Suite("I6: diagnostics of a service edge") struct DiagnosticsTests {
  private static let json = """
    [ { "time": 1764110000000042000, "proto": "tcp", "source": "10.0.0.4:40000",
        "translatedSource": "100.64.3.7:40000", "destination": "20.60.26.132:80",
        "hostName": "data.blob.core.windows.net", "resource": "data",
        "resourceID": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/data",
        "service": "Microsoft.Storage", "location": "primary", "virtualNetwork": "green",
        "subnet": "green/app", "viaEndpoint": true, "isAdmitted": true,
        "rule": "virtualNetworkRules[0] green/app",
        "sentence": "admitted by the virtual-network rule for green/app" },
      { "time": 1764110000500000999, "proto": "tcp", "source": "198.51.100.20:1433",
        "destination": "20.61.99.196:1433", "resource": "orders", "service": "Microsoft.Sql",
        "viaEndpoint": false, "isAdmitted": false, "rule": "defaultAction Deny",
        "sentence": "denied by the default action Deny" },
      { "time": 1764110001000000000, "proto": "tcp", "source": "198.51.100.20:9",
        "destination": "20.60.26.132:80", "hostName": "x.example", "viaEndpoint": false,
        "isAdmitted": false, "sentence": "denied: unknown host" } ]
    """

  private static func list() throws -> DiagnosticsList {
    let connections = try decode([ConnectionRecord].self, json)
    return DiagnosticsList(
      records: connections.enumerated().map {
        DiagnosticsRecord(sequence: UInt64($0 + 1), connection: $1)
      })
  }

  @Test("I6: as a table, one line a connection")
  func table() throws {
    #expect(
      try Self.list().text() == """
        Time                         Verdict   Source              Subnet     Destination        Resource                           Rule
        ---------------------------  --------  ------------------  ---------  -----------------  ---------------------------------  --------------------------------
        2025-11-25T22:33:20.000042Z  admitted  10.0.0.4:40000      green/app  20.60.26.132:80    data (data.blob.core.windows.net)  virtualNetworkRules[0] green/app
        2025-11-25T22:33:20.500000Z  denied    198.51.100.20:1433             20.61.99.196:1433  orders                             defaultAction Deny
        2025-11-25T22:33:21.000000Z  denied    198.51.100.20:9                20.60.26.132:80    (x.example)                        denied: unknown host

        """)
    #expect(DiagnosticsList(records: []).text() == "No connections.\n")
    #expect(DiagnosticsList(records: []).text(header: false) == "")
  }

  @Test("I6: as JSON, one object a line, that reads back the same")
  func lines() throws {
    let lines = try Self.list().lines().split(separator: "\n")
    #expect(lines.count == 3)
    #expect(
      lines[1] == #"""
        {"connection":{"destination":"20.61.99.196:1433","isAdmitted":false,"proto":"tcp","resource":"orders","rule":"defaultAction Deny","sentence":"denied by the default action Deny","service":"Microsoft.Sql","source":"198.51.100.20:1433","time":1764110000500000999,"viaEndpoint":false},"sequence":2}
        """#)
    for (line, record) in zip(lines, try Self.list().records) {
      #expect(try decode(DiagnosticsRecord.self, String(line)) == record)
    }
  }

  @Test("I6: in the shape of a storage account's log")
  func storageLog() throws {
    let lines = try Self.list().storageLog().split(separator: "\n")
    #expect(
      lines[0] == #"""
        {"callerIpAddress":"10.0.0.4:40000","category":"StorageRead","operationName":"Connect","properties":{"accountName":"data","networkRule":"virtualNetworkRules[0] green/app","serviceType":"Microsoft.Storage","subnet":"green/app","virtualNetwork":"green"},"protocol":"TCP","resourceId":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/data","schemaVersion":"1.0","statusCode":200,"statusText":"Success","time":"2025-11-25T22:33:20.000042Z","uri":"data.blob.core.windows.net"}
        """#)
    #expect(lines[1].contains(#""statusCode":403,"statusText":"AuthorizationFailure""#))
    #expect(lines[1].contains(#""uri":"20.61.99.196:1433""#))
  }

  @Test("I6: the log keeps the last ones, numbered without a gap")
  func log() throws {
    let connection = try decode([ConnectionRecord].self, Self.json)[1]
    var log = DiagnosticsLog()
    log.append(Array(repeating: connection, count: 10))
    #expect(log.after(0).map(\.sequence) == Array(1...10))
    #expect(log.after(7).map(\.sequence) == [8, 9, 10])
    #expect(log.after(10).isEmpty && log.after(.max).isEmpty)
    for _ in 0..<20 { log.append(Array(repeating: connection, count: 1_000)) }
    let kept = log.after(0).map(\.sequence)
    #expect(kept.count <= DiagnosticsLog.capacity && kept.count >= DiagnosticsLog.capacity / 2)
    #expect(kept.last == 20_010 && kept.first == 20_011 - UInt64(kept.count))
    log.append(Array(repeating: connection, count: 50_000))
    #expect(log.after(0).count <= DiagnosticsLog.capacity)
    #expect(log.after(0).last?.sequence == 70_010)
  }

  @Test("I6: a flood of denials is a few lines a second, and the rest is counted once")
  func denialLines() throws {
    let connection = try decode([ConnectionRecord].self, Self.json)[1]
    var lines = DenialLines()
    let start = ContinuousClock.now
    let first = lines.take(Array(repeating: connection, count: 15), at: start)
    #expect(first.said.count == 15 && first.unsaid == 0)
    // However often somebody asks within a second.
    var said = 0
    for _ in 0..<10 {
      let more = lines.take(
        Array(repeating: connection, count: 100), at: start + .milliseconds(500))
      said += more.said.count
      #expect(more.unsaid == 0)
    }
    #expect(said == DenialLines.eachSecond - 15)
    let next = lines.take([connection], at: start + .seconds(1))
    #expect(next.said.count == 1 && next.unsaid == 1_000 - said)
    #expect(lines.take([], at: start + .seconds(3)).unsaid == 0)
  }
}
