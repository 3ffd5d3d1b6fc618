import ArgumentParser
import Dataplane

struct PipelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline",
    abstract: "The packet path from a vector of frames to a vector of frames, without I/O.",
    discussion: """
      UDP packets of 64 bytes from a NIC to the Internet, source rewritten, through the whole path; beside it a
      minimal loop in C that parses, looks up in a flat table, rewrites and updates checksums. Both take
      turns in each round, and must come to the same bytes. Frames of known flows stand in memory as a ring
      has them, and vectors of them are made beforehand, as C's array of pointers is; what restores them between
      passes is not timed.
      """)

  enum Part: String, ExpressibleByArgument, CaseIterable {
    case known, new, workers
  }

  @Option(help: "Measure known flows, new flows, or two workers; otherwise all.")
  var only: Part?

  @Option(help: "Known flows; several with commas.")
  var flows = "1,256,16384,1048576"

  @Option(help: "Packets of one run, about.")
  var packets = 1 << 21

  @Option(help: "Rounds; medians count.")
  var rounds = 7

  @Option(help: "The core to run on; otherwise the last one.")
  var core: Int?

  func validate() throws {
    guard packets > 0, rounds > 0 else {
      throw ValidationError("--packets and --rounds are at least 1")
    }
    guard numbers(flows) != nil else {
      throw ValidationError("--flows are numbers with commas between them")
    }
  }

  func run() throws {
    // Before this thread is pinned.
    let cores = Affinity.cores
    guard let core = core ?? cores.last, Affinity.pin(to: core) else {
      throw ValidationError("no core \(self.core ?? 0) to run on; there are \(cores)")
    }
    let machine = Machine(core: core)
    print(machine.hardware)
    print(
      "Linux \(machine.kernel), transparent huge pages: \(machine.transparentHugePages), "
        + "load \(machine.load) at the start; \(rounds) rounds on core \(core) of \(machine.cores)")
    var report = PipelineReport()
    if only == nil || only == .known {
      report.known = try (numbers(flows) ?? []).map {
        try KnownFlows(flows: $0, packets: packets, rounds: rounds)
      }
    }
    if only == nil || only == .new {
      report.new = try [1 << 16, 1 << 20].map { try NewFlows(flows: $0, rounds: rounds) }
    }
    if only == nil || only == .workers {
      if cores.count > 1 {
        report.workers = [256, 16_384, 1 << 20].map {
          TwoWorkers(flows: $0, packets: packets, rounds: rounds, cores: Array(cores.suffix(2)))
        }
      } else {
        print("Two workers: there is one core only; left out")
      }
    }
    print("\n" + report.text)
  }
}
