import ArgumentParser
import Control
import Dataplane
import Foundation
import Model
import Replay

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Sends the packets of a capture through a configuration.",
    discussion: """
      Reads a pcap or pcapng file, decides on each packet with the code that forwards live traffic, and \
      prints how they ended: by verdict, next-hop type, service and reason for a drop. Time comes from the \
      capture, so that two runs write the same bytes. Nothing is sent, and no privilege is needed.

        spurline replay vm.pcap --config net.yaml --expect expected.yaml --junit results.xml

      Which port a packet arrived at is told by MAC and IP addresses, or by --nic and --port.

      The status is 0 only if the capture was read to its end and every expectation holds.
      """)

  @Argument(
    help: ArgumentHelp("The capture; - reads it from standard input.", valueName: "capture"))
  var capture: String

  @Option(name: [.short, .long], help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String

  @Option(
    help: ArgumentHelp(
      "The capture was taken at this network interface, and holds both directions.",
      valueName: "name"))
  var nic: String?

  @Option(
    help: ArgumentHelp(
      "The capture was taken at this port, and holds what arrived there.",
      discussion: "internet, gateway, backbone; of several gateways, gateway/NETWORK."))
  var port: String?

  @Option(
    help: ArgumentHelp(
      "Write what would leave into a pcapng file, with one interface for each port.",
      valueName: "file"))
  var write: String?

  @Option(
    help: ArgumentHelp(
      "Hold the packets against the expectations of this YAML or JSON file.", valueName: "file"))
  var expect: String?

  @Option(
    help: ArgumentHelp("Write the expectations' results as JUnit XML.", valueName: "file"))
  var junit: String?

  @Option(
    help: ArgumentHelp(
      "Write each packet's verdict as a line of JSON; - is standard output.", valueName: "file"))
  var verdicts: String?

  @Flag(
    help: """
      With --verdicts -, print summary and results on standard error; otherwise they are printed anyhow.
      """)
  var summary = false

  @Flag(inversion: .prefixedNo, help: "Remember flows; without, every packet is decided anew.")
  var flowTable = true

  @OptionGroup var format: OutputOptions

  func validate() throws {
    guard nic == nil || port == nil else {
      throw ValidationError("A capture is taken in one place: give --nic or --port, not both.")
    }
    guard junit == nil || expect != nil else {
      throw ValidationError("--junit writes the results of expectations: it needs --expect FILE.")
    }
  }

  func run() throws {
    let configuration = try loadConfiguration(config)
    for kernel in configuration.kernelBGP {
      writeNote(
        "Routes that BGP puts into kernel table \(kernel.table) are not known here: write those "
          + "that matter under bgp.routes.")
    }
    var job = ReplayJob(
      configuration: configuration, capture: capture == "-" ? "/dev/stdin" : capture)
    job.options.place = try PortAssignment.Place(
      networkInterface: nic, worldPort: port, in: job.snapshot)
    job.options.limits.usesFlowTable = flowTable
    job.writePath = write
    if let expect {
      do {
        job.expectations = try ExpectationFile.load(path: expect, snapshot: job.snapshot)
      } catch {
        writeNote("\(error)")
        throw ExitCode.failure
      }
      job.expectationFile = expect
    }
    try refuseOverwriting()
    let lines = try verdicts.map { try LineFile(path: $0) }
    job.verdictLines = lines.map { lines in { try lines.write($0) } }

    let report = try job.run()
    try lines?.close()
    if let junit {
      try writeFile(JUnitReport(suite: capture, results: report.expectations).xml, to: junit)
    }
    try show(report)
    if let error = report.summary.captureError { writeNote("The capture breaks off: \(error)") }
    guard report.succeeded else { throw ExitCode.failure }
  }

  /// No output may be a file that is read, or the same as another output: opening it would empty it.
  private func refuseOverwriting() throws {
    var roles: [(role: String, file: FileIdentity)] = []
    for (role, path) in [
      ("the capture", capture), ("the configuration", config), ("the expectations", expect),
    ] {
      if let file = path.flatMap(FileIdentity.init) { roles.append((role, file)) }
    }
    for (option, path) in [("--write", write), ("--verdicts", verdicts), ("--junit", junit)] {
      guard let path, path != "-", let file = FileIdentity(path) else { continue }
      if let other = roles.first(where: { $0.file == file }) {
        throw ValidationError("\(option) \(path) is \(other.role) too: write to another file.")
      }
      roles.append((option, file))
    }
  }

  private func show(_ report: ReplayReport) throws {
    if verdicts != "-" {
      try format.print(report) { report.text() }
    } else if summary {
      writeNote(
        format.output == .json
          ? try JSON.text(report) : String(report.text().dropLast()))
    } else {
      for result in report.expectations where !result.holds {
        writeNote(String(result.text.dropLast()))
      }
    }
  }
}

extension ReplayReport {
  /// The tables of a summary, then a line or more for each expectation.
  func text() -> String {
    var text =
      "\(summary.packets) packets of \(summary.capture), by \(summary.configuration) "
      + "(model \(summary.model.rawValue)): \(summary.forwarded) forwarded, \(summary.answered) answered, "
      + "\(summary.dropped) dropped\n"
    let counts: [(String, [ReplaySummary.Count])] = [
      ("Arrived At", summary.byPort), ("Left By", summary.byEgress),
      ("Next Hop Type", summary.byNextHopType), ("Service", summary.byService),
      ("Answer", summary.byAnswer),
    ]
    for (title, counts) in counts where !counts.isEmpty {
      var table = Table(.text(title), .number("Packets"))
      for count in counts { table.add(count.name, "\(count.packets)") }
      text += "\n" + table.text()
    }
    if !summary.byDropReason.isEmpty {
      var table = Table(.text("Drop Reason"), .number("Packets"), .text("Meaning"))
      for count in summary.byDropReason {
        table.add(
          count.name, "\(count.packets)", DropReason(rawValue: count.name)?.sentence ?? "")
      }
      text += "\n" + table.text()
    }
    if !summary.hints.isEmpty { text += "\n" + summary.hints.map { "Note: \($0)\n" }.joined() }
    if !expectations.isEmpty {
      let held = expectations.count(where: \.holds)
      text += "\n" + expectations.map(\.text).joined()
      text += "\(held) of \(expectations.count) expectations held\n"
    }
    return text
  }
}

private func writeFile(_ text: String, to path: String) throws {
  do {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  } catch {
    throw ReplayError.cannotWrite(path: path, reason: error.localizedDescription)
  }
}
