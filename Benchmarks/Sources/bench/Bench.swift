import ArgumentParser
import Glibc

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures parts of Spurline; prints medians of several runs, and asserts nothing.",
    subcommands: [
      LookupCommand.self, OverlayCommand.self, PipelineCommand.self, ForwardingCommand.self,
      IperfCommand.self, ReplayCommand.self, GroupsCommand.self,
    ])
}

/// Numbers above 0 with commas between them; nil where it is anything else.
func numbers(_ text: String) -> [Int]? {
  let numbers = text.split(separator: ",").map { Int($0) ?? 0 }
  return numbers.isEmpty || numbers.contains { $0 < 1 } ? nil : numbers
}

/// The median of some runs' seconds, and their range: these machines are shared and noisy.
struct Timing {
  var median: Double
  var least: Double
  var most: Double

  static func measure(runs: Int, _ body: () -> Void) -> Timing {
    let seconds = (0..<runs).map { _ in secondsTaken(body) }
    return Timing(median: seconds.median, least: seconds.min()!, most: seconds.max()!)
  }

  func line(_ name: String, count: Int, unit: String) -> String {
    let rate = { (seconds: Double) in
      let million = Double(count) / seconds / 1e6
      return "\((million * 100).rounded() / 100)"
    }
    return "\(name): \(rate(median)) M \(unit)/s (\(rate(most)) to \(rate(least)))"
  }
}

/// Nanoseconds since some moment; costs a few dozen of them.
@inline(__always)
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// How long a call takes.
func secondsTaken(_ body: () throws -> Void) rethrows -> Double {
  let start = monotonicNanoseconds()
  try body()
  return Double(monotonicNanoseconds() - start) / 1e9
}

extension Collection<Double> {
  /// The middle one, of an even number the upper one of the two; 0 of none.
  var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}

/// A small generator with a seed: every run measures the same.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
