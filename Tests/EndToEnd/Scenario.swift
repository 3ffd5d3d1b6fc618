import Foundation

/// One of `examples/scenarios` with fabric, edge, and a server at every resource: over HTTP, and one that is not HTTP, as SQL
/// and Key Vault are not. Each says whom it sees.
final class Scenario {
  let lab: RunningLab

  /// - Parameter files: what the web server has, by name and size in MiB.
  init(_ example: String, files: [String: Int] = [:]) throws {
    lab = try RunningLab(name: "e2e-\(example)", example: "scenarios/\(example)")
    try lab.startEdge()
    try lab.startWebServer("resources", in: "services", address: "0.0.0.0")
    try lab.start(
      "sql", in: "services", "socat", "TCP-LISTEN:1433,fork,reuseaddr",
      "SYSTEM:echo $SOCAT_PEERADDR")
    for (name, size) in files {
      let path = lab.folder.file("resources/\(name)").path
      let made = try Program.run(["truncate", "-s", "\(size)M", path])
      guard made.status == 0 else { throw RunningLab.Failure(text: made.errors) }
    }
    try lab.wait("the server that is not HTTP") {
      try lab.run("services", "socat", "-T", "1", "-", "TCP:127.0.0.1:1433").output != ""
    }
  }

  func close() { lab.close() }

  /// Whom an HTTP server sees; its status where that is not 200; `curl` and its status where no answer comes.
  func http(_ namespace: String, _ address: String, _ options: String...) throws -> String {
    let result = try Program.run(
      ["ip", "netns", "exec", lab.namespace(namespace), "curl", "-sS", "--max-time", "2"] + options
        + ["-w", "%{http_code}", "http://\(address)/whoami"])
    guard result.status == 0 else { return "curl \(result.status)" }
    let lines = result.output.split(separator: "\n").map(String.init)
    return lines.last == "200" ? lines[0] : String(result.output.suffix(3))
  }

  /// Whom the server that is not HTTP sees; what is wrong where it sees nobody.
  func sql(_ namespace: String, _ address: String) throws -> String {
    let result = try lab.run(
      namespace, "socat", "-T", "2", "-", "TCP:\(address):1433,connect-timeout=2")
    let seen = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    guard seen.isEmpty else { return seen }
    for problem in ["refused", "reset", "timed out"] where result.errors.contains(problem) {
      return problem
    }
    return result.errors
  }

  func endpoint(_ action: String, _ subnet: String, _ service: String) throws {
    let result = try Program.spurline("endpoint", action, subnet, service, "--config", lab.config)
    guard result.status == 0 else { throw RunningLab.Failure(text: result.errors) }
  }

  /// A download that takes a while; its status is curl's.
  func download(
    _ name: String, in namespace: String, _ address: String, _ options: String...
  ) throws -> Process {
    try lab.download(name, in: namespace, "http://\(address)/file", rate: "1m", options).process
  }

  /// What the edge has decided, oldest first (I6).
  func diagnostics() throws -> [Connection] {
    let result = try Program.spurline("diagnostics", "--config", lab.config, "--output", "json")
    struct Line: Decodable { var connection: Connection }
    return try result.output.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8)).connection
    }
  }

  struct Connection: Decodable {
    var source: String
    var resource: String?
    var subnet: String?
    var location: String?
    var viaEndpoint: Bool
    var isAdmitted: Bool
    var rule: String?
  }

  /// The last of those from an address.
  func last(from source: String) throws -> Connection? {
    try diagnostics().last { $0.source.hasPrefix("\(source):") }
  }

  /// Replaces a piece of the configuration, which must be there.
  func change(_ old: String, to new: String) throws {
    let text = try String(contentsOfFile: lab.config, encoding: .utf8)
    guard text.contains(old) else { throw RunningLab.Failure(text: "no `\(old)` to change") }
    try text.replacingOccurrences(of: old, with: new)
      .write(toFile: lab.config, atomically: true, encoding: .utf8)
  }

  func isBalanced() throws -> Bool { try lab.counters().isBalanced }
}
