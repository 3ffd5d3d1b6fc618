import Foundation

/// Programs, run to their end.
public enum Shell {
  public struct Failure: Error, CustomStringConvertible {
    public var message: String
    public var description: String { message }

    public init(message: String) { self.message = message }
  }

  /// - Returns: what it printed.
  @discardableResult
  public static func run(_ arguments: String...) throws -> String { try run(arguments) }

  @discardableResult
  public static func run(_ arguments: [String]) throws -> String {
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
