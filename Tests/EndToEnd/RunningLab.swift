import Foundation
import Testing

/// A lab that is up, with the dataplane running in it; everything goes when it is closed, or with it.
final class RunningLab {
  let name: String
  let config: String
  let folder: TemporaryFolder
  private var processes: [(name: String, process: Process)] = []
  private var isClosed = false
  private var dataplane: Process?
  private var edge: Process?

  /// An example under another name, with changes.
  /// - Parameters:
  ///   - io: how interfaces are opened; nil: as the program chooses.
  ///   - workers: how many threads forward; nil: as the program chooses.
  init(
    name: String, example: String = "forced-tunnel", io: String? = nil, workers: Int? = nil,
    change: (String) -> String = { $0 }
  ) throws {
    self.name = name
    folder = try TemporaryFolder()
    let text = try String(
      contentsOf: Program.root.appendingPathComponent("examples/\(example).yaml"),
      encoding: .utf8)
    let own = example.split(separator: "/").last ?? ""
    config = try folder.write(
      change(text.replacingOccurrences(of: "name: \(own)\n", with: "name: \(name)\n")),
      to: "config.yaml")
    // One that a killed run has left would be found as it was.
    _ = try Program.spurline("lab", "down", config)
    let up = try Program.spurline("lab", "up", config)
    guard up.status == 0 else { throw Failure(text: "lab up: \(up.output)\(up.errors)") }
    dataplane = try start(
      "dataplane",
      [Program.binary, "run", config] + (io.map { ["--io", $0] } ?? [])
        + (workers.map { ["--workers", "\($0)"] } ?? []))
    try wait("the dataplane") {
      try Program.spurline("counters", "--config", config).status == 0
    }
  }

  /// The service's side, of an example that has one (I2).
  func startEdge() throws {
    edge = try start("edge", [Program.binary, "run", "--role", "edge", config])
    try wait("the edge") {
      try Program.spurline("diagnostics", "--config", config).status == 0
    }
  }

  /// Has the edge read its configuration again.
  func reloadEdge() { if let edge { kill(edge.processIdentifier, SIGHUP) } }

  struct Failure: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
  }

  deinit { close() }

  /// Ends what this object started, the dataplane last of all, and removes the lab.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    for entry in processes.reversed() where entry.process.isRunning {
      entry.process.terminate()
      // A test must end, whatever a program makes of that.
      let deadline = Date().addingTimeInterval(2)
      while entry.process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
      if entry.process.isRunning { kill(entry.process.processIdentifier, SIGKILL) }
      entry.process.waitUntilExit()
    }
    _ = try? Program.spurline("lab", "down", config)
  }

  /// Has the dataplane read its configuration again.
  func reload() { if let dataplane { kill(dataplane.processIdentifier, SIGHUP) } }

  /// Ends the dataplane.
  /// - Returns: its status, and the sums that it printed.
  func stop() -> (status: Int32, sums: String) {
    guard let dataplane else { return (-1, "") }
    dataplane.terminate()
    dataplane.waitUntilExit()
    return (dataplane.terminationStatus, log("dataplane"))
  }

  /// `ip` in the dataplane's namespace.
  func fabric(_ arguments: String...) throws {
    let result = try Program.run(["ip", "-n", namespace("fabric")] + arguments)
    guard result.status == 0 else { throw Failure(text: result.errors) }
  }

  func namespace(_ name: String) -> String { "spl-\(self.name)-\(name)" }

  /// Runs a command in a namespace, to its end.
  func run(_ namespace: String, _ arguments: String...) throws -> Program.Result {
    try Program.run(["ip", "netns", "exec", self.namespace(namespace)] + arguments)
  }

  /// Starts a command in a namespace; its output goes to a file of that name.
  @discardableResult
  func start(_ name: String, in namespace: String, _ arguments: String...) throws -> Process {
    try start(name, in: namespace, arguments)
  }

  @discardableResult
  func start(_ name: String, in namespace: String, _ arguments: [String]) throws -> Process {
    try start(name, ["ip", "netns", "exec", self.namespace(namespace)] + arguments)
  }

  @discardableResult
  func start(_ name: String, _ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = Program.unblockingSignals + arguments
    let log = folder.file("\(name).log")
    try Data().write(to: log)
    let handle = try FileHandle(forWritingTo: log)
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
    processes.append((name, process))
    return process
  }

  func log(_ name: String) -> String {
    (try? String(contentsOf: folder.file("\(name).log"), encoding: .utf8)) ?? ""
  }

  func wait(
    _ what: String, seconds: Double = 15, until condition: () throws -> Bool
  ) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
      if try condition() { return }
      Thread.sleep(forTimeInterval: 0.1)
    }
    throw Failure(text: "waited \(seconds) s in vain for \(what)\n\(log("dataplane"))")
  }

  /// A web server that says who asks, keeps what is uploaded to /put, and serves its folder, slowly where `?rate=100k` says
  /// so. That is the server's to do: a client that limits itself takes what has piled up for it at once.
  func startWebServer(_ name: String, in namespace: String, address: String) throws {
    let root = folder.file(name).path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let text = """
      user root; worker_processes 1; daemon off; pid \(root).pid; error_log \(root)-error.log;
      events {}
      http {
        access_log \(root)-access.log;
        client_body_temp_path \(root)/body; proxy_temp_path \(root)/proxy;
        fastcgi_temp_path \(root)/fastcgi; uwsgi_temp_path \(root)/uwsgi;
        scgi_temp_path \(root)/scgi;
        map $arg_rate $rate { "" 0; default $arg_rate; }
        server {
          listen \(address):80;
          limit_rate $rate;
          root \(root);
          location = /whoami { default_type text/plain; return 200 "$remote_addr\\n"; }
          location = /put {
            client_max_body_size 0; client_body_in_file_only on;
            proxy_pass http://\(address):80/whoami; proxy_pass_request_body off;
            proxy_set_header Content-Length ""; proxy_method GET;
          }
        }
      }
      """
    try start(name, in: namespace, "nginx", "-c", try folder.write(text, to: "\(name).conf"))
    try wait("the web server \(name)") {
      try run(namespace, "curl", "-s", "--max-time", "1", "http://\(address)/whoami").status == 0
    }
  }

  /// Starts a download that takes a while, from a server of `startWebServer`, and waits until it has begun.
  /// - Parameters:
  ///   - rate: bytes a second, as nginx writes them.
  ///   - options: further ones of curl.
  /// - Returns: the process, whose status is curl's, and the copy's path.
  func download(
    _ name: String, in namespace: String, _ url: String, rate: String, _ options: [String] = []
  ) throws -> (process: Process, copy: String) {
    let copy = folder.file("\(name).copy").path
    let process = try start(
      name, in: namespace,
      ["curl", "-sS", "--max-time", "30"] + options + ["-o", copy, "\(url)?rate=\(rate)"])
    try wait("the download \(name)") {
      (try? FileManager.default.attributesOfItem(atPath: copy)[.size] as? Int) ?? 0 > 0
    }
    return (process, copy)
  }

  struct Counters: Decodable {
    struct Inner: Decodable {
      struct Traffic: Decodable {
        var packets: UInt64
      }
      var received: [String: Traffic]
      var transmitted: [String: Traffic]
      var forwarded: UInt64
      var answered: [String: UInt64]
      var dropped: [String: UInt64]
      var byService: [String: UInt64]
      var flowsEvicted: UInt64
      var securityRules: [String: UInt64]

      /// Received = forwarded + answered + dropped.
      var isBalanced: Bool {
        received.values.reduce(0) { $0 + $1.packets }
          == forwarded + answered.values.reduce(0, +) + dropped.values.reduce(0, +)
      }
    }
    var counters: Inner
  }

  func counters() throws -> Counters.Inner {
    let result = try Program.spurline("counters", "--config", config, "--output", "json")
    return try JSONDecoder().decode(Counters.self, from: Data(result.output.utf8)).counters
  }
}
