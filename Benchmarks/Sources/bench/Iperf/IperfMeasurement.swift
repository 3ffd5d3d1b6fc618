import Foundation
import Glibc

/// What one run of iperf3 says.
struct IperfFigures {
  /// Bits a second that the server received.
  var rate: Double
  /// TCP segments that were sent again.
  var retransmits: Int
}

/// iperf3 from one guest to the other.
struct IperfMeasurement {
  var wire: IperfWire
  var temporary: String
  var seconds: Int
  var streams: Int

  func run() throws -> IperfFigures {
    let log = "\(temporary)/server.log"
    let server = try Command.start(
      inside(wire.server) + ["iperf3", "-s", "-1", "--forceflush", "-B", wire.server.address],
      log: log)
    defer { Command.end(server) }
    let deadline = monotonicNanoseconds() + 10_000_000_000
    while !((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").contains("listening") {
      guard server.isRunning, monotonicNanoseconds() < deadline else {
        throw BenchmarkError("iperf3 does not listen")
      }
      usleep(20_000)
    }
    // The first second is TCP finding out how much fits.
    let text = try Command.run(
      inside(wire.client) + [
        "timeout", "\(seconds + 20)", "iperf3", "-c", wire.server.address, "-J", "-t",
        "\(seconds)", "-O", "1", "-P", "\(streams)",
      ])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let end = try decoder.decode(Report.self, from: Data(text.utf8)).end
    return IperfFigures(
      rate: end.sumReceived.bitsPerSecond, retransmits: end.sumSent.retransmits ?? 0)
  }

  private func inside(_ guest: IperfWire.Guest) -> [String] {
    ["ip", "netns", "exec", guest.namespace]
  }

  /// Keys as iperf3 writes them.
  private struct Report: Decodable {
    struct End: Decodable {
      struct Sum: Decodable {
        var bitsPerSecond: Double
        var retransmits: Int?
      }
      var sumSent: Sum
      var sumReceived: Sum
    }
    var end: End
  }
}

/// All that was measured, by name, one of each round.
struct IperfReport {
  var order: [String] = []
  var figures: [String: [IperfFigures]] = [:]
  var failures: [String: String] = [:]

  /// Of one to the kernel, round by round.
  func ratios(_ name: String) -> [Double] {
    guard let these = figures[name], let those = figures[IperfContestant.linux],
      these.count == those.count
    else { return [] }
    return zip(these, those).map { $0.rate / $1.rate }
  }

  var text: String {
    var rows = [["TCP between two guests", "Gbit/s", "sent again", "to Linux"]]
    for name in order {
      guard let runs = figures[name], !runs.isEmpty else { continue }
      let rates = runs.map { $0.rate / 1e9 }
      let ratios = ratios(name)
      rows.append([
        "  " + name, "\(fixed(rates.median, 2)) \(range(rates, 2))",
        "\(fixed(runs.map { Double($0.retransmits) }.median, 0))",
        ratios.isEmpty ? "" : "\(fixed(ratios.median, 2)) \(range(ratios, 2))",
      ])
    }
    let remarks = order.compactMap { name in failures[name].map { "  \(name): FAILED: \($0)" } }
    return (Columns.aligned(rows, left: 1) + remarks).joined(separator: "\n")
  }

  var bars: String {
    let bars = order.filter { $0 != IperfContestant.linux }.compactMap { name -> Bar? in
      let ratios = ratios(name)
      guard !ratios.isEmpty else { return nil }
      return Bar("\(name), beside Linux forwarding", ratios.median, "times", atLeast: 0.5)
    }
    return Bar.lines(bars).joined(separator: "\n")
  }
}
