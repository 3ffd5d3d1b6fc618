import ArgumentParser
import Control
import Foundation

struct DiagnosticsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnostics",
    abstract: "Shows what a service edge has decided about connections.",
    discussion: """
      One line for each new connection: its time, its source as the service sees it, the network and subnet \
      whose identity it has, the resource, and the rule that admitted or denied it. An edge is started by \
      `spurline run --role edge`.
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
    case storageLog = "storage-log"
  }

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The configuration file; its edge is asked.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The edge with this control socket.", valueName: "path"))
  var socket: String?

  @Option(
    name: [.short, .long],
    help:
      "A table, JSON (one object a line), or lines in the shape of a storage account's resource log."
  )
  var output: Format = .table

  @Flag(name: [.short, .long], help: "Goes on with what comes, until it is ended.")
  var follow = false

  func validate() throws {
    guard config != nil || socket != nil else {
      throw ValidationError("Say which edge is meant: --config FILE or --socket PATH.")
    }
  }

  func run() throws {
    let client =
      try socket.map { ControlClient(socket: $0) }
      ?? ControlClient(socket: try loadConfiguration(config ?? "").forRole(.edge).controlSocket)
    var list = try client.diagnostics(after: 0)
    writeOut(try text(of: list, isFirst: true))
    while follow {
      Thread.sleep(forTimeInterval: 0.5)
      let last = list.records.last?.sequence ?? 0
      let more = try client.diagnostics(after: last)
      guard !more.records.isEmpty else { continue }
      writeOut(try text(of: more, isFirst: false))
      list = more
    }
  }

  private func text(of list: DiagnosticsList, isFirst: Bool) throws -> String {
    switch output {
    case .table: list.text(header: isFirst && !follow)
    case .json: try list.lines()
    case .storageLog: try list.storageLog()
    }
  }
}
