import ArgumentParser
import Foundation
import Glibc

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract:
      "spurline replay on a capture, beside tcprewrite, editcap, scapy and a loop on libpcap.",
    discussion: """
      Makes a capture, with a fixed seed, and a configuration for it, in memory where there is /dev/shm, and \
      removes both at the end. Every program is measured as a whole process, one after the other in each round. \
      The environment names spurline in SPURLINE_BINARY and the libpcap loop in SPURLINE_CAPTURE_LOOP; \
      scripts/bench builds both.
      """)

  @Option(help: "Packets of the capture.")
  var packets = 1_000_000

  @Option(help: "Flows of the capture.")
  var flows = 16_384

  @Option(help: "Of a hundred packets of a flow that has begun, so many are replies.")
  var replies = 0

  @Option(help: "Rounds; medians count.")
  var rounds = 7

  @Option(name: .customLong("scapy-packets"), help: "Packets that scapy takes.")
  var scapyPackets = 2_000

  @Option(help: "Only write the capture and its configuration into this folder.")
  var keep: String?

  func validate() throws {
    guard packets > 0, rounds > 0 else {
      throw ValidationError("--packets and --rounds are at least 1")
    }
    guard (1...49_152).contains(flows) else { throw ValidationError("--flows is 1 to 49152") }
    guard (0...100).contains(replies) else { throw ValidationError("--replies is 0 to 100") }
    guard scapyPackets > 0 else { throw ValidationError("--scapy-packets is at least 1") }
  }

  func run() throws {
    if let keep {
      try write(to: keep)
      return
    }
    let environment = ProcessInfo.processInfo.environment
    guard let spurline = environment["SPURLINE_BINARY"], access(spurline, X_OK) == 0 else {
      throw ValidationError(
        "SPURLINE_BINARY names no program: run scripts/bench replay, which builds it")
    }
    let folder = try Self.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write(to: folder)
    let contest = ReplayContest(
      spurline: spurline, loop: environment["SPURLINE_CAPTURE_LOOP"],
      capture: "\(folder)/capture.pcap", configuration: "\(folder)/capture.yaml", folder: folder,
      packets: packets, scapyPackets: min(scapyPackets, packets))
    var report = ReplayBenchReport(
      machine: Machine(core: Affinity.cores.last ?? 0), packets: packets, flows: flows,
      replies: replies, rounds: rounds, size: Self.size("\(folder)/capture.pcap"),
      remarks: contest.remarks)
    report.measure(contest.contestants)
    print(report.text)
  }

  private func write(to folder: String) throws {
    var capture = GeneratedCapture(flows: flows, replies: replies)
    try capture.write(packets, to: "\(folder)/capture.pcap")
    try GeneratedCapture.configuration.write(
      toFile: "\(folder)/capture.yaml", atomically: false, encoding: .utf8)
  }

  /// In memory, so that no disk is measured, where there is such a place.
  private static func temporaryFolder() throws -> String {
    let shared = "/dev/shm"
    let parent =
      access(shared, W_OK) == 0 ? shared : FileManager.default.temporaryDirectory.path
    var template = Array("\(parent)/spurline-bench.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ValidationError("cannot make a folder in \(parent)")
    }
    return template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  private static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
