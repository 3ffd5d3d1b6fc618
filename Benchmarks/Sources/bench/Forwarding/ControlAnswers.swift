import Foundation

/// Asks a running dataplane for its counters while it is under load.
final class ControlAnswers {
  private let process = Process()
  private let output = Pipe()

  /// - Parameters:
  ///   - socket: its control socket.
  ///   - core: that the questions are asked from.
  init(socket: String, core: Int) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // Each question by a connection of its own, as commands do; ten a second.
    process.arguments =
      Command.untilThisEnds + [
        "taskset", "-c", "\(core)", "sh", "-c",
        "while sleep 0.1; do curl -s --max-time 5 --unix-socket \(socket) -o /dev/null "
          + "-w '%{http_code} %{time_total}\\n' http://localhost/v1/counters || echo 0 5; done",
      ]
    process.standardOutput = output
    try process.run()
  }

  /// Ends asking.
  /// - Returns: milliseconds until each answer was there.
  func end() throws -> [Double] {
    process.terminate()
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return try text.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] == "200", let seconds = Double(words[1]) else {
        throw BenchmarkError("a question at full load was answered with: \(line)")
      }
      return seconds * 1_000
    }
  }
}
