import Foundation
import Glibc

/// Other programs.
enum Command {
  /// - Returns: what it wrote to standard output.
  @discardableResult
  static func run(_ words: String...) throws -> String { try run(words) }

  @discardableResult
  static func run(_ words: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = untilThisEnds + words
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchmarkError(
        "`\(words.joined(separator: " "))`: "
          + String(decoding: complaint, as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Has the system end a program when this process does, however that ends.
  static let untilThisEnds = ["setpriv", "--pdeathsig", "KILL"]

  /// Where a program of the system is.
  static func find(_ name: String) -> String? {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return folders.split(separator: ":").map { "\($0)/\(name)" }.first {
      access($0, X_OK) == 0
    }
  }

  /// Starts one that runs until it is ended; what it writes goes to a file.
  static func start(_ words: [String], log: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = untilThisEnds + words
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let file = FileHandle(forWritingAtPath: log)
    process.standardOutput = file
    process.standardError = file
    // testpmd ends when its input does.
    process.standardInput = Pipe()
    try process.run()
    return process
  }

  static func end(_ process: Process) {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }
}
