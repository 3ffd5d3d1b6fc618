import Dataplane
import Foundation
import Model
import Wire

/// What a client of an instance meets.
public enum ControlClientError: Error, Sendable, Equatable, CustomStringConvertible {
  case notRunning(socket: String, reason: String)
  /// The instance refused: its words.
  case refused(ErrorReport)
  case badAnswer(socket: String, reason: String)

  public var description: String {
    switch self {
    case .notRunning(let socket, let reason):
      "no instance answers on \(socket) (\(reason)); start one with `spurline run`"
    case .refused(let report):
      ([report.error] + report.problems.map { "  \($0)" }).joined(separator: "\n")
    case .badAnswer(let socket, let reason): "\(socket) gave an answer that is none: \(reason)"
    }
  }
}

/// The other end of the control socket: one request a connection, waiting for the answer.
public struct ControlClient: Sendable {
  /// Seconds until an instance that accepts a connection counts as hung: a reload with a large table of
  /// routes takes several.
  public static let patience = 120

  private let socket: String
  private let timeout: Int

  /// - Parameter timeout: seconds that each step of a request may take: to be written, and to be answered.
  public init(socket: String, timeout: Int = patience) {
    self.socket = socket
    self.timeout = timeout
  }

  public func status() throws -> InstanceStatus { try get("/v1/status") }
  public func endpoints() throws -> EndpointList { try get("/v1/endpoints") }
  public func flows() throws -> FlowList { try get("/v1/flows") }
  public func counters() throws -> CountersReport { try get("/v1/counters") }
  public func diagnostics(after sequence: UInt64) throws -> DiagnosticsList {
    try get("/v1/diagnostics/\(sequence)")
  }
  /// Whose TCP connection it is, at a service edge.
  /// - Parameter ends: from the caller's to the server's, as the server sees them.
  /// - Throws: `ControlClientError`; `.refused` where the edge does not know the connection.
  public func caller(of ends: ConnectionEnds) throws -> ConnectionCaller {
    try get("/v1/connections/\(escape("\(ends.source)"))/\(escape("\(ends.destination)"))")
  }
  public func reload() throws -> ReloadReport { try exchange("POST", "/v1/reload", body: Data()) }

  public func routes(of networkInterface: String) throws -> EffectiveRouteTable {
    try get("/v1/routes/\(escape(networkInterface))")
  }

  public func securityGroups(
    of networkInterface: String
  ) throws -> EffectiveSecurityGroupList {
    try get("/v1/security-rules/\(escape(networkInterface))")
  }

  public func comparison(of networkInterface: String, with model: String) throws -> ModelComparison
  {
    try get("/v1/routes/\(escape(networkInterface))/comparison/\(escape(model))")
  }

  public func switchEndpoint(_ request: EndpointRequest) throws -> EndpointSwitchReport {
    try exchange("POST", "/v1/endpoints", body: try JSON.encode(request))
  }

  public func forecast(_ request: EndpointRequest) throws -> Forecast {
    try exchange("POST", "/v1/forecast", body: try JSON.encode(request))
  }

  public func explain(_ request: ExplainRequest) throws -> Explanation {
    try exchange("POST", "/v1/explain", body: try JSON.encode(request))
  }

  private func get<Answer: Decodable>(_ path: String) throws -> Answer {
    try exchange("GET", path, body: nil)
  }

  private func escape(_ name: String) -> String {
    name.addingPercentEncoding(
      withAllowedCharacters: .urlPathAllowed.subtracting(CharacterSet(charactersIn: "/"))) ?? name
  }

  /// - Throws: `ControlClientError`.
  func exchange<Answer: Decodable>(_ method: String, _ path: String, body: Data?) throws -> Answer {
    let (status, data) = try HTTPAnswer.parse(try send(method, path, body: body)) {
      ControlClientError.badAnswer(socket: socket, reason: $0)
    }
    do {
      guard status == 200 else {
        throw ControlClientError.refused(try JSONDecoder().decode(ErrorReport.self, from: data))
      }
      return try JSONDecoder().decode(Answer.self, from: data)
    } catch let error as DecodingError {
      throw ControlClientError.badAnswer(socket: socket, reason: "status \(status), \(error)")
    }
  }

  /// One request on a connection of its own, and everything that comes back until it is closed.
  private func send(_ method: String, _ path: String, body: Data?) throws -> Data {
    let descriptor = try connect()
    defer { close(descriptor) }
    var timeout = timeval(tv_sec: timeout, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
    var head = "\(method) \(path) HTTP/1.1\r\nHost: spurline\r\nConnection: close\r\n"
    if let body {
      head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n"
    }
    try write(Data((head + "\r\n").utf8) + (body ?? Data()), to: descriptor)
    return try readAll(from: descriptor)
  }

  private func connect() throws -> Int32 {
    do {
      return try ControlSocket(path: socket).connect()
    } catch {
      guard case .failed(_, _, let reason) = error else { throw error }
      throw ControlClientError.notRunning(socket: socket, reason: reason)
    }
  }

  private func write(_ data: Data, to descriptor: Int32) throws {
    var rest = data[...]
    while !rest.isEmpty {
      // A peer that has gone is an error here, not a signal.
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw interrupted() }
      rest = rest.dropFirst(count)
    }
  }

  private func readAll(from descriptor: Int32) throws -> Data {
    var answer = Data()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw interrupted() }
      if count == 0 { return answer }
      answer.append(contentsOf: buffer[..<count])
    }
  }

  private func interrupted() -> ControlClientError {
    .badAnswer(socket: socket, reason: String(cString: strerror(errno)))
  }
}
