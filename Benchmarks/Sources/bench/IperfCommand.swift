import ArgumentParser
import Foundation
import Glibc

struct IperfCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "iperf",
    abstract: "TCP with all offloads on between two guests, beside what the kernel forwards.",
    discussion: """
      Two network namespaces and a router between them; iperf3 from one to the other. Nobody is pinned to a core. \
      Needs root and iperf3; the program that it starts is named in the environment by scripts/bench.
      """)

  @Option(help: "Rounds; medians count.")
  var rounds = 5

  @Option(help: "Seconds of one run, whole ones; one more goes before it.")
  var seconds = 3

  @Option(help: "TCP connections at a time.")
  var streams = 1

  @Option(help: "Only those whose names contain one of these, with commas, and Linux.")
  var only: String?

  func run() throws {
    guard let spurline = ProcessInfo.processInfo.environment["SPURLINE_BINARY"] else {
      throw ValidationError("run it by scripts/bench, which builds what it needs")
    }
    guard getuid() == 0 else {
      throw ValidationError("it makes network namespaces, and needs root")
    }
    guard Command.find("iperf3") != nil else { throw ValidationError("iperf3 is not installed") }
    guard rounds > 0, seconds > 0, streams > 0 else {
      throw ValidationError("--rounds, --seconds and --streams are at least 1")
    }
    let temporary = NSTemporaryDirectory() + "spurline-iperf-\(getpid())"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    let wire = try IperfWire()
    let cleanUp = {
      wire.remove()
      _ = try? FileManager.default.removeItem(atPath: temporary)
    }
    Interruption.cleanUp(cleanUp)
    defer { cleanUp() }
    let machine = Machine(core: Affinity.cores.last ?? 0)
    print(machine.hardware)
    print(
      "Linux \(machine.kernel), load \(machine.load) at the start; \(machine.cores) cores for all; "
        + "\(rounds) rounds of \(seconds) s, \(streams) connection\(streams == 1 ? "" : "s")")
    let wanted = only?.split(separator: ",").map(String.init)
    let contestants = IperfContestant.all(spurline: spurline, temporary: temporary).filter {
      contestant in
      contestant.name == IperfContestant.linux
        || wanted?.contains { contestant.name.contains($0) } ?? true
    }
    let measurement = IperfMeasurement(
      wire: wire, temporary: temporary, seconds: seconds, streams: streams)
    var report = IperfReport(order: contestants.map(\.name))
    for _ in 0..<rounds {
      for contestant in contestants where report.failures[contestant.name] == nil {
        do {
          let end = try contestant.start(wire)
          defer { end() }
          report.figures[contestant.name, default: []].append(try measurement.run())
        } catch {
          wire.unplug()
          report.failures[contestant.name] = "\(error)"
        }
      }
    }
    print("\n\(report.text)\n\n\(report.bars)")
  }
}
