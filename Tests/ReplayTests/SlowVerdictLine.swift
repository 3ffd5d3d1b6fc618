import Dataplane
import Foundation
import Model

@testable import Replay

/// A verdict line field by field, as strings: what `VerdictLines` is held against.
struct SlowVerdictLine {
  private let snapshot: Snapshot

  init(snapshot: Snapshot) { self.snapshot = snapshot }

  /// The line, without its line feed.
  func text(_ packet: ReplayedPacket) -> String {
    var line = JSONLine()
    line.add("packet", packet.number)
    line.add("time", CaptureTime.text(packet.timestamp))
    line.add("length", packet.length)
    addArrival(packet, to: &line)
    addAddresses(packet, to: &line)
    addVerdict(packet, to: &line)
    return line.text
  }

  private func addArrival(_ packet: ReplayedPacket, to line: inout JSONLine) {
    guard let port = packet.port else { return }
    let record = snapshot.ports[Int(port.index)]
    line.add("port", record.name)
    switch packet.arrival {
    case .port(_, let basis): line.add("portBasis", basis.rawValue)
    case .reply: line.add("portBasis", PortAssignment.Basis.reply.rawValue)
    case .unassigned: break
    }
    if let network = record.virtualNetwork {
      line.add("virtualNetwork", snapshot.topology.virtualNetworks[network].name)
    }
  }

  private func addAddresses(_ packet: ReplayedPacket, to line: inout JSONLine) {
    guard let tuple = packet.tuple else { return }
    line.add("protocol", "\(tuple.transport)")
    line.add("source", "\(tuple.source)")
    if let port = tuple.sourcePort { line.add("sourcePort", Int(port)) }
    line.add("destination", "\(tuple.destination)")
    if let port = tuple.destinationPort { line.add("destinationPort", Int(port)) }
    if case .reply(_, let destination?) = packet.arrival {
      line.add("arrivalDestination", "\(destination)")
    }
  }

  private func addVerdict(_ packet: ReplayedPacket, to line: inout JSONLine) {
    line.add("verdict", packet.verdict.word)
    switch packet.verdict {
    case .forwarded(let port): line.add("egress", snapshot.ports[Int(port.index)].name)
    case .answered(let answer): line.add("answer", answer.rawValue)
    case .dropped(let reason): line.add("dropReason", reason.rawValue)
    }
    if let sentence = packet.sentence { line.add("sentence", sentence) }
    if let rule = packet.detail.securityRule {
      line.add("securityGroup", snapshot.topology.securityGroups[Int(rule.group)].name)
      line.add("securityRule", snapshot.securityGroups.rule(rule).name)
    }
    if let route = packet.detail.route, case .forwarded = packet.verdict {
      line.add("nextHopType", route.nextHopType.rawValue)
      if let hop = route.nextHop { line.add("nextHop", "\(hop)") }
      line.add("routePrefix", "\(route.prefix)")
      line.add("routeOrigin", route.origin.rawValue)
      if let service = route.service {
        line.add("service", snapshot.topology.services.services[service].name)
      }
    }
    if let sent = packet.sentTuple {
      line.add("translatedSource", "\(sent.source)")
      line.add("translatedDestination", "\(sent.destination)")
    }
    addResource(packet, to: &line)
    line.add("model", snapshot.topology.precedence.rawValue)
  }

  private func addResource(_ packet: ReplayedPacket, to line: inout JSONLine) {
    guard case .forwarded(let egress) = packet.verdict, let sent = packet.sentTuple,
      let ingress = packet.port
    else { return }
    let answers = snapshot.serviceAnswers(
      from: sent.source, to: sent.destination, ingress: ingress, egress: egress,
      service: packet.detail.route?.service)
    if answers.isEmpty { return }
    guard answers.count == 1, answers[0].hostNames.isEmpty else {
      line.add("resourceVerdict", "host-name-decides")
      return
    }
    line.add("resource", answers[0].resource)
    line.add("resourceVerdict", answers[0].isAdmitted ? "admitted" : "denied")
    if let rule = answers[0].rule { line.add("resourceRule", rule) }
    line.add("resourceSentence", answers[0].sentence)
  }
}

/// A JSON object on one line, with its keys in the order in which they are added.
private struct JSONLine {
  private var body = "{"

  var text: String { body + "}" }

  mutating func add(_ key: String, _ value: Int) { append(key, "\(value)") }

  /// Foundation quotes: an opinion of its own.
  mutating func add(_ key: String, _ value: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    append(key, String(decoding: try! encoder.encode(value), as: UTF8.self))
  }

  private mutating func append(_ key: String, _ value: String) {
    if body.utf8.count > 1 { body += "," }
    body += "\"\(key)\":"
    body += value
  }
}
