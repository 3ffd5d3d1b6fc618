import Foundation

/// iproute2, as far as a lab needs it.
enum IPRoute2 {
  /// Runs `ip`.
  /// - Returns: what it printed.
  @discardableResult
  static func run(_ arguments: [String]) throws(LabError) -> String {
    let command = Command(words: ["ip"] + arguments)
    let outcome = try command.run()
    guard outcome.status == 0 else {
      throw .commandFailed(command: command.text, reason: reason(outcome))
    }
    return outcome.output
  }

  /// Runs many `ip` commands inside one namespace, in one process; it stops at the first that fails.
  static func batch(_ lines: [String], in netns: String) throws(LabError) {
    guard !lines.isEmpty else { return }
    let command = Command(
      words: ["ip", "-n", netns, "-batch", "-"], input: lines.joined(separator: "\n") + "\n")
    let outcome = try command.run()
    guard outcome.status == 0 else {
      // "Command failed -:3"
      let number = outcome.errors.split(separator: "\n").last?.split(separator: ":").last
      let line = number.flatMap { Int($0) }.flatMap {
        lines.indices.contains($0 - 1) ? lines[$0 - 1] : nil
      }
      throw .commandFailed(
        command: "ip -n \(netns) \(line ?? lines[0] + " ...")", reason: reason(outcome))
    }
  }

  /// Runs a shell script inside a namespace.
  static func shell(_ script: String, in netns: String) throws(LabError) -> String {
    let command = Command(
      words: ["ip", "netns", "exec", netns, "sh", "-e"], input: script + "\n")
    let outcome = try command.run()
    guard outcome.status == 0 else {
      throw .commandFailed(command: "ip netns exec \(netns) sh", reason: reason(outcome))
    }
    return outcome.output
  }

  /// What `ip -json` prints inside a namespace. An empty list is printed as nothing at all.
  static func query<Element: Decodable>(
    _ arguments: [String], in netns: String, as type: [Element].Type
  ) throws(LabError) -> [Element] {
    let arguments = ["-json", "-details", "-n", netns] + arguments
    let output = try run(arguments)
    if output.allSatisfy(\.isWhitespace) { return [] }
    do {
      return try JSONDecoder().decode(type, from: Data(output.utf8))
    } catch {
      throw .commandFailed(
        command: "ip \(arguments.joined(separator: " "))", reason: "cannot read its JSON: \(error)")
    }
  }

  private static func reason(_ outcome: Command.Outcome) -> String {
    let lines = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("Command failed") }
    return lines.isEmpty ? "exit status \(outcome.status)" : lines.joined(separator: "; ")
  }
}
