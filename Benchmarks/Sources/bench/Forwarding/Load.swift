import Foundation
import Glibc
import Histogram

/// What one run came to.
struct LoadFigures: Encodable {
  /// Packets a second.
  var sent: Double
  var received: Double
  /// Of those received, with the source rewritten.
  var rewritten: Double
  /// Seconds of processor time a second.
  var cpu: Double

  var loss: Double { sent > 0 ? max(0, 1 - received / sent) : 1 }
}

/// Offers load at the source, and counts at the sink.
struct Load {
  var wire: ForwardingWire
  /// Of the programs that `Forwarding/build` makes.
  var folder: String
  /// The generator's core, and the sink's.
  var core: Int
  var generator: Generator

  /// By what as many packets as possible are offered; a rate is always kept by `sendmmsg`.
  enum Generator: String, CaseIterable {
    /// An AF_XDP socket.
    case xdp
    /// A packet socket and `sendmmsg`.
    case packet
    /// XDP live frames (`bpf_prog_test_run`): the kernel sends by itself.
    case live
  }

  /// - Parameter rate: packets a second; nil: as many as it can.
  func run(
    size: Int, flows: Int, rate: Double?, seconds: Double, sink: CountingSink, processes: [pid_t]
  ) throws -> LoadFigures {
    let before = try sink.counts()
    let cpuBefore = processes.map(Self.cpuSeconds).reduce(0, +)
    let answer = try generate(size, flows, rate, seconds, stamps: nil)
    let cpu = processes.map(Self.cpuSeconds).reduce(0, +) - cpuBefore
    // What is on its way.
    usleep(150_000)
    let after = try sink.counts()
    return LoadFigures(
      sent: answer.packets / answer.seconds,
      received: Double(after.all - before.all) / answer.seconds,
      rewritten: after.all > before.all
        ? Double(after.rewritten - before.rewritten) / Double(after.all - before.all) : 0,
      cpu: cpu / answer.seconds)
  }

  /// For nanoseconds, to three digits.
  static let noLatencies = Histogram<UInt32>(highestTrackableValue: UInt64(UInt32.max))

  /// Nanoseconds from before the packet is sent until the sink's kernel has it.
  /// - Parameter stamps: of so many packets one says.
  func recordLatencies(
    size: Int, flows: Int, rate: Double, seconds: Double, stamps: Int,
    into latencies: inout Histogram<UInt32>
  ) throws {
    let reader = try LineReader(
      [
        "taskset", "-c", "\(core)", "ip", "netns", "exec", wire.sink, "\(folder)/sink", "d0",
        "check", "\(seconds + 1)",
      ])
    _ = try reader.line()
    _ = try generate(size, flows, rate, seconds, stamps: stamps)
    _ = try reader.line()
    while let line = reader.lineIfAny() {
      if let value = UInt64(line) { latencies.record(value) }
    }
  }

  /// Sends slowly and reads every frame at the sink.
  /// - Returns: how many came, and how many had both checksums right and the source rewritten.
  func check(size: Int, flows: Int) throws -> (seen: Int, right: Int) {
    let reader = try LineReader(
      [
        "taskset", "-c", "\(core)", "ip", "netns", "exec", wire.sink, "\(folder)/sink", "d0",
        "check", "1.0",
      ])
    _ = try reader.line()
    _ = try generate(size, flows, 10_000, 0.5, stamps: nil)
    let numbers = try reader.line().split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else { throw BenchmarkError("the sink said nothing") }
    return (numbers[0], numbers[1])
  }

  private func generate(
    _ size: Int, _ flows: Int, _ rate: Double?, _ seconds: Double, stamps: Int?
  ) throws -> (packets: Double, seconds: Double) {
    let output = try Command.run(
      [
        "taskset", "-c", "\(core)", "ip", "netns", "exec", wire.source, "\(folder)/generator", "s0",
        ForwardingWire.routerMAC, "\(size)", "\(flows)", "\(Int(rate ?? 0))", "\(seconds)",
        (rate == nil ? generator : .packet).rawValue,
      ] + (stamps.map { ["\($0)"] } ?? [])
        + (rate == nil && generator == .live ? ["\(folder)/generator.bpf.o"] : []))
    let numbers = output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard numbers.count == 2 else { throw BenchmarkError("the generator said: \(output)") }
    return (numbers[0], numbers[1])
  }

  /// User and system time.
  private static func cpuSeconds(_ process: pid_t) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return 0 }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[11]), let system = Double(fields[12]) else {
      return 0
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}

/// A program whose lines are read one by one.
final class LineReader {
  private let process = Process()
  private let output = Pipe()
  private let input = Pipe()
  private var rest: [UInt8] = []

  init(_ words: [String]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = Command.untilThisEnds + words
    process.standardOutput = output
    process.standardInput = input
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func write(_ text: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
  }

  func line() throws -> String {
    guard let line = lineIfAny() else { throw BenchmarkError("the sink ended") }
    return line
  }

  func lineIfAny() -> String? {
    while true {
      if let end = rest.firstIndex(of: 10) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeSubrange(...end)
        return line
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      rest += more
    }
  }
}

/// Counts at the sink's interface, in the kernel, until it is let go.
final class CountingSink {
  private let reader: LineReader

  init(_ wire: ForwardingWire, folder: String, core: Int) throws {
    reader = try LineReader([
      "taskset", "-c", "\(core)", "ip", "netns", "exec", wire.sink, "\(folder)/sink", "d0",
      "\(folder)/sink.bpf.o",
    ])
    _ = try reader.line()
  }

  func counts() throws -> (all: Int, rewritten: Int) {
    try reader.write("\n")
    let numbers = try reader.line().split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else { throw BenchmarkError("the sink said nothing") }
    return (numbers[0], numbers[1])
  }
}
