import ArgumentParser
import Foundation
import Glibc

extension Load.Generator: ExpressibleByArgument {}

struct ForwardingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forwarding",
    abstract: "Live forwarding between veth pairs, beside what people would use instead.",
    discussion: """
      Three network namespaces in a row. The generator and the sink share the first core, the router has the last.
      Needs root; the programs that it starts are named in the environment by scripts/bench.
      """)

  @Option(help: "Bytes of a frame, without its checksum; several with commas.")
  var sizes = "64,1500"

  @Option(help: "Flows; several with commas.")
  var flows = "256,16384,1048576"

  @Option(help: "Rounds; medians count.")
  var rounds = 3

  @Option(help: "Seconds of one run.")
  var seconds = 1.0

  @Option(help: "Only those whose names contain one of these, with commas.")
  var only: String?

  @Option(
    help: "Numbers of our workers, with commas: each above one is a case by xdp and one by ring.")
  var workers = "1"

  @Option(
    help:
      "By what load is offered where no rate is asked for: AF_XDP, sendmmsg, or XDP live frames.")
  var generator = Load.Generator.xdp

  @Option(help: "Draws the rates into this file, as SVG.")
  var plot: String?

  @Flag(
    help: """
      Also the highest rate with loss under 0.1 %, latencies at half of it, and at 100 packets a second, where whoever \
      forwards sleeps in between.
      """)
  var lossless = false

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    guard let folder = environment["SPURLINE_FORWARDING"],
      let spurline = environment["SPURLINE_BINARY"]
    else { throw ValidationError("run it by scripts/bench, which builds what it needs") }
    guard getuid() == 0 else {
      throw ValidationError("it makes network namespaces, and needs root")
    }
    let cores = Affinity.cores
    guard cores.count > 1 else { throw ValidationError("it needs two cores") }
    guard let sizes = numbers(sizes), let flows = numbers(flows),
      let workers = numbers(workers)
    else {
      throw ValidationError("--sizes, --flows and --workers are numbers with commas between them")
    }
    let temporary = NSTemporaryDirectory() + "spurline-forwarding-\(getpid())"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    let wire = try ForwardingWire()
    if generator == .live { try wire.useNAPI() }
    let cleanUp = {
      wire.remove()
      _ = try? FileManager.default.removeItem(atPath: temporary)
    }
    Interruption.cleanUp(cleanUp)
    defer { cleanUp() }
    let machine = Machine(core: cores.last!)
    print(machine.hardware)
    print(
      "Linux \(machine.kernel), load \(machine.load) at the start; generator (\(generator.rawValue)) and sink on core "
        + "\(cores[0]), router on core \(cores.last!); \(rounds) rounds of \(seconds) s")
    let forwarders = Forwarders(
      folder: folder, spurline: spurline, core: cores.last!, controlCore: cores[0],
      workers: workers, temporary: temporary
    ).all
    let wanted = only?.split(separator: ",").map(String.init)
    var present: [Forwarder] = []
    for forwarder in forwarders {
      guard wanted?.contains(where: { forwarder.name.contains($0) }) ?? true else { continue }
      if let missing = forwarder.missing {
        print("\(forwarder.name): left out: \(missing)")
      } else {
        present.append(forwarder)
      }
    }
    let load = Load(wire: wire, folder: folder, core: cores[0], generator: generator)
    var report = ForwardingReport()
    for size in sizes {
      for flows in flows {
        report.scenarios.append(try measure(present, load, size: size, flows: flows))
        print("\n" + report.scenarios.last!.text)
        // Seen when it is done, in a file, too.
        fflush(nil)
      }
    }
    print("\n" + report.bars)
    if let plot {
      try ForwardingPlot(scenarios: report.scenarios).svg.write(
        toFile: plot, atomically: true, encoding: .utf8)
    }
  }

  private func measure(
    _ forwarders: [Forwarder], _ load: Load, size: Int, flows: Int
  ) throws -> ForwardingScenario {
    var scenario = ForwardingScenario(size: size, flows: flows)
    for round in 0..<rounds {
      for forwarder in forwarders where scenario.absences[forwarder.name] == nil {
        do {
          let running = try forwarder.start(load.wire)
          defer { running.end() }
          if let most = running.maximumFlows, flows > most {
            scenario.absences[forwarder.name] =
              "left out: it tracks no more than \(most) flows here"
            continue
          }
          try measure(forwarder, running, load, round, &scenario)
        } catch {
          scenario.absences[forwarder.name] = "FAILED: \(error)"
        }
      }
    }
    scenario.order = forwarders.map { ($0.name, $0.ceiling) }
    return scenario
  }

  private func measure(
    _ forwarder: Forwarder, _ running: Forwarder.Running, _ load: Load, _ round: Int,
    _ scenario: inout ForwardingScenario
  ) throws {
    let (size, flows) = (scenario.size, scenario.flows)
    if round == 0, forwarder.rewrites {
      let (seen, right) = try load.check(size: size, flows: min(flows, 4_096))
      guard seen > 4_000, right == seen else {
        throw BenchmarkError("of \(seen) frames \(right) were right")
      }
    }
    let sink = try CountingSink(load.wire, folder: load.folder, core: load.core)
    let attempt = { (rate: Double?) in
      try load.run(
        size: size, flows: flows, rate: rate, seconds: seconds, sink: sink,
        processes: running.processes)
    }
    // The first packets of flows, and caches.
    _ = try load.run(
      size: size, flows: flows, rate: 300_000, seconds: max(0.2, Double(flows) / 300_000),
      sink: sink,
      processes: [])
    let answers = try running.controlSocket.map {
      try ControlAnswers(socket: $0, core: load.core)
    }
    let figures = try attempt(nil)
    if let answers { scenario.answers[forwarder.name, default: []] += try answers.end() }
    if forwarder.rewrites, figures.rewritten < 1 {
      throw BenchmarkError("only \(figures.rewritten) of the packets had another source")
    }
    scenario.overload[forwarder.name, default: []].append(figures)
    guard lossless else { return }
    // The generator that is paced is slower than the one that is not.
    var (low, high) = (0.0, min(figures.received * 1.2, 800_000))
    for _ in 0..<5 {
      let rate = (low + high) / 2
      let paced = try attempt(rate)
      // A generator that does not keep up says nothing about loss at this rate.
      if paced.loss < 0.001, paced.sent > 0.97 * rate { low = rate } else { high = rate }
    }
    scenario.lossless[forwarder.name, default: []].append(low)
    if low > 0 {
      try load.recordLatencies(
        size: size, flows: flows, rate: low / 2, seconds: seconds, stamps: 16,
        into: &scenario.latencies[forwarder.name, default: Load.noLatencies])
    }
    try load.recordLatencies(
      size: size, flows: flows, rate: 100, seconds: 3, stamps: 1,
      into: &scenario.idleLatencies[forwarder.name, default: Load.noLatencies])
  }
}
