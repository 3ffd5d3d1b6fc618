import Foundation

/// Programs, run to their end.
enum Shell {
  struct Failure: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
  }

  /// - Returns: what it printed.
  @discardableResult
  static func run(_ arguments: String...) throws -> String { try run(arguments) }

  @discardableResult
  static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(message: "\(arguments.joined(separator: " ")): \(text)")
    }
    return text
  }
}

/// A file of one test, removed with it.
final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8] = [], name: String = "capture") throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("spl-io-\(UUID().uuidString)-\(name)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var bytes: [UInt8] {
    get throws { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
  }
}
