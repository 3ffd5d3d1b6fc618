import Foundation
import Testing

/// The built program, and what a test may run.
enum Program {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Set by `scripts/test`; without it, the release build.
  static var binary: String {
    ProcessInfo.processInfo.environment["SPURLINE_BINARY"]
      ?? root.appendingPathComponent(".build/release/spurline").path
  }

  /// A thread of Swift's concurrency pool blocks SIGTERM, and a child inherits that: `env` undoes it, or nothing
  /// that a script starts could be ended by it.
  static let unblockingSignals = ["--default-signal"]

  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a command to its end. Output goes through files, so that no pipe can fill up.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil
  ) throws -> Result {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = unblockingSignals + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = directory ?? root
    let (out, err) = (folder.file("out"), folder.file("err"))
    for file in [out, err] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: out), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: err), as: UTF8.self))
  }

  static func spurline(_ arguments: String...) throws -> Result {
    try run([binary] + arguments)
  }

  static func firstFile(below folder: URL) throws -> URL? {
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let file = folder.appendingPathComponent(path)
      let kind = try FileManager.default.attributesOfItem(atPath: file.path)[.type]
      if kind as? FileAttributeType == .typeRegular { return file }
    }
    return nil
  }

  /// Namespaces can be made here: needed by all tests of this target. Said visibly where it is not so, and a
  /// failure in CI.
  static let hasNamespaces: Bool = {
    let name = "spl-probe-\(ProcessInfo.processInfo.processIdentifier)"
    guard let made = try? run(["ip", "netns", "add", name]), made.status == 0 else {
      if ProcessInfo.processInfo.environment["CI"] != nil {
        Issue.record("network namespaces cannot be made here, and in CI they must")
      } else {
        print("SKIPPED: end-to-end tests need root and network namespaces")
      }
      return false
    }
    _ = try? run(["ip", "netns", "del", name])
    return true
  }()
}

/// A folder that goes with its owner.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "spurline-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: file(name))
    return file(name).path
  }
}
