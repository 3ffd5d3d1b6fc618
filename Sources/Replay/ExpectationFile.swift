import ConfigurationFile
import Dataplane
import Foundation
import Model
import Wire

/// The file of `--expect`: a list of expectations in YAML or JSON (docs/replay.md).
///
/// Every error names file, line and field; all are reported at once. Names of ports and services are held
/// against the configuration, so that a mistyped one is an error and not a failure of every packet.
public struct ExpectationFile {
  private let snapshot: Snapshot
  private let problems: NodeProblems

  /// - Throws: `ConfigurationErrors` with everything that is wrong, an unreadable file too.
  public static func load(
    path: String, snapshot: Snapshot
  ) throws(ConfigurationErrors) -> [Expectation] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ConfigurationErrors(problems: [
        ConfigurationProblem(
          path: path, line: 0, column: 0, field: "",
          message: FileManager.default.fileExists(atPath: path)
            ? "cannot be read as UTF-8 text" : "there is no such file")
      ])
    }
    return try parse(text, path: path, snapshot: snapshot)
  }

  /// - Parameter path: for messages.
  public static func parse(
    _ text: String, path: String, snapshot: Snapshot
  ) throws(ConfigurationErrors) -> [Expectation] {
    let problems = NodeProblems(path: path)
    let file = ExpectationFile(snapshot: snapshot, problems: problems)
    let root = problems.compose(text)
    let expectations = root.map(file.read) ?? []
    guard problems.all.isEmpty else { throw ConfigurationErrors(problems: problems.all) }
    return expectations
  }

  private func read(_ root: NodeValue) -> [Expectation] {
    var root = root
    if root.isMapping {
      let fields = root.fields(known: ["expectations"])
      guard let list = fields["expectations"] else {
        if problems.all.isEmpty {
          root.report("must be a list of expectations, or a mapping with the key `expectations`")
        }
        return []
      }
      root = list
    }
    let elements = root.elements("a list of expectations")
    if elements.isEmpty, problems.all.isEmpty {
      root.report("expects nothing; write at least one expectation")
    }
    return elements.compactMap(readExpectation)
  }

  private func readExpectation(_ value: NodeValue) -> Expectation? {
    let fields = value.fields(known: ["name", "match", "expect"])
    guard !fields.isEmpty else { return nil }
    guard let expect = fields["expect"] else {
      value.report(
        "has no `expect`: say what must be true of the packets, such as `expect: { verdict: dropped }`"
      )
      return nil
    }
    let match = fields["match"].map(readMatch) ?? Expectation.Match()
    let outcome = readOutcome(expect)
    return Expectation(
      name: fields["name"]?.text() ?? "expectation in line \(value.line)", line: value.line,
      match: match, outcome: outcome)
  }

  private func readMatch(_ value: NodeValue) -> Expectation.Match {
    let fields = value.fields(
      known: [
        "packet", "packets", "source", "destination", "protocol", "sourcePort", "destinationPort",
      ])
    var match = Expectation.Match()
    if let packet = fields["packet"] {
      match.packets = packet.number(1...Int.max).map { [$0] }
      if fields["packets"] != nil { packet.report("stands beside `packets`; write one of the two") }
    } else if let packets = fields["packets"] {
      match.packets = packets.elements("a list of packet numbers").compactMap {
        $0.number(1...Int.max)
      }
      if match.packets == [] { packets.report("is empty; name packets by number, from 1") }
    }
    match.source = fields["source"].flatMap(readPrefix)
    match.destination = fields["destination"].flatMap(readPrefix)
    match.transport = fields["protocol"]?.parsed(
      "a protocol: `tcp`, `udp`, `icmp`, `arp` or a number to 255", TransportProtocol.init)
    match.sourcePort = fields["sourcePort"]?.number(0...65_535).map { UInt16($0) }
    match.destinationPort = fields["destinationPort"]?.number(0...65_535).map { UInt16($0) }
    if let transport = match.transport, !transport.hasPorts {
      for key in ["sourcePort", "destinationPort"] {
        fields[key]?.report("cannot match: \(transport) has no ports")
      }
    }
    return match
  }

  private func readOutcome(_ value: NodeValue) -> Expectation.Outcome {
    let fields = value.fields(
      known: [
        "verdict", "port", "nextHopType", "nextHop", "source", "destination", "dropReason",
        "answer",
        "service", "only",
      ])
    var outcome = Expectation.Outcome()
    outcome.verdict = fields["verdict"]?.choice(Expectation.Outcome.Verdict.self)
    outcome.port = fields["port"]?.choice(
      among: snapshot.ports.map(\.name), "a port of the configuration")
    outcome.nextHopType = fields["nextHopType"]?.choice(NextHopType.self)
    outcome.nextHop = fields["nextHop"]?.parsed("an address such as 10.0.100.4", IPAddress.init)
    outcome.source = fields["source"]?.parsed("an address such as 10.0.1.4", IPAddress.init)
    outcome.destination = fields["destination"]?.parsed(
      "an address such as 10.0.1.4", IPAddress.init)
    outcome.dropReason = fields["dropReason"]?.choice(DropReason.self)
    outcome.answer = fields["answer"]?.choice(Answer.self)
    outcome.service = fields["service"]?.choice(
      among: snapshot.topology.services.services.map(\.name), "a service of the catalogue")
    outcome.only = fields["only"]?.boolean() ?? false
    if fields.isEmpty, value.isMapping {
      value.report("is empty; say what must be true, such as `verdict: forwarded`")
    }
    reportContradictions(outcome, fields, value)
    return outcome
  }

  /// What no packet can be, and what would quietly mean nothing.
  private func reportContradictions(
    _ outcome: Expectation.Outcome, _ fields: [String: NodeValue], _ value: NodeValue
  ) {
    let ofForwarded = ["port", "nextHopType", "nextHop", "source", "destination", "service"]
    if let verdict = outcome.verdict, verdict != .forwarded {
      for key in ofForwarded {
        fields[key]?.report(
          "cannot be: a packet that is \(verdict.rawValue) does not leave by a route")
      }
    }
    for (key, verdict) in [
      ("dropReason", Expectation.Outcome.Verdict.dropped), ("answer", .answered),
    ] {
      guard let field = fields[key] else { continue }
      if let expected = outcome.verdict, expected != verdict {
        field.report("cannot be: `verdict` is \(expected.rawValue); this needs \(verdict.rawValue)")
      } else if ofForwarded.contains(where: { fields[$0] != nil }) {
        field.report("cannot be: only a packet that is forwarded leaves by a route")
      }
    }
    if outcome.only, fields["port"] == nil, outcome.verdict != .dropped, outcome.dropReason == nil {
      fields["only"]?.report("needs `port`: the one port that the packets may leave by")
    }
  }

  private func readPrefix(_ value: NodeValue) -> IPPrefix? {
    guard let text = value.text() else { return nil }
    if let prefix = IPPrefix(text) { return prefix }
    if let prefix = IPPrefix(lenient: text) {
      value.report("`\(text)` has bits set behind its length; write \(prefix)")
    } else {
      value.report("`\(text)` is not an address or a prefix such as 10.0.1.4 or 10.0.1.0/24")
    }
    return nil
  }
}
