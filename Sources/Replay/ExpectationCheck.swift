import Dataplane
import Model
import Wire

/// Holds expectations against packets as they come.
public struct ExpectationCheck {
  private let snapshot: Snapshot
  private let expectations: [Expectation]
  private var results: [ExpectationResult]

  /// - Parameter file: where the expectations stand, for messages.
  public init(_ expectations: [Expectation], file: String, snapshot: Snapshot) {
    self.snapshot = snapshot
    self.expectations = expectations
    results = expectations.map {
      ExpectationResult(
        name: $0.name, file: file, line: $0.line, matched: 0, failed: 0, mismatches: [],
        furtherPackets: [])
    }
  }

  /// - Parameter sent: the ports of the frames that the packet led to, in order.
  public mutating func add(_ packet: ReplayedPacket, sent: [PortID]) {
    for (index, expectation) in expectations.enumerated() {
      let match = expectation.match
      let isMeant =
        (match.packets.map { $0.contains(packet.number) } ?? true) && match.holds(packet.tuple)
      var differences: [ExpectationResult.Difference] = []
      if isMeant {
        results[index].matched += 1
        differences = self.differences(packet, expectation.outcome)
      }
      // Also what only looks like it once its addresses are translated must not leave elsewhere.
      let looksMeant = match.packets == nil && packet.sentTuple.map { match.holds($0) } ?? false
      // Where the packet itself went astray, its other differences say so.
      if expectation.outcome.only, isMeant || looksMeant, differences.isEmpty {
        differences = strays(sent, expectation.outcome)
      }
      if !differences.isEmpty { note(packet, differences, in: &results[index]) }
    }
  }

  /// In the order of the file.
  public func finished() -> [ExpectationResult] {
    results.map { result in
      var result = result
      result.holds = result.matched > 0 && result.failed == 0
      return result
    }
  }

  private func note(
    _ packet: ReplayedPacket, _ differences: [ExpectationResult.Difference],
    in result: inout ExpectationResult
  ) {
    result.failed += 1
    if result.mismatches.count < ExpectationResult.detailedMismatches {
      result.mismatches.append(
        ExpectationResult.Mismatch(
          packet: packet.number, addresses: packet.tuple?.description, differences: differences))
    } else if result.furtherPackets.count < ExpectationResult.listedMismatches {
      result.furtherPackets.append(packet.number)
    }
  }

  private func differences(
    _ packet: ReplayedPacket, _ expected: Expectation.Outcome
  ) -> [ExpectationResult.Difference] {
    var differences: [ExpectationResult.Difference] = []
    func compare(_ field: String, _ expected: String?, _ got: String?) {
      guard let expected, expected != got else { return }
      differences.append(
        ExpectationResult.Difference(
          field: field, expected: expected, got: got ?? instead(packet)))
    }
    let isForwarded = if case .forwarded = packet.verdict { true } else { false }
    let route = isForwarded ? packet.detail.route : nil
    let sent = packet.sentTuple
    compare("verdict", expected.verdict?.rawValue, described(packet.verdict, expected.verdict))
    compare("port", expected.port, egress(packet))
    compare("nextHopType", expected.nextHopType?.rawValue, route?.nextHopType.rawValue)
    compare("nextHop", expected.nextHop?.description, route?.nextHop?.description)
    compare(
      "service", expected.service,
      route?.service.map { snapshot.topology.services.services[$0].name })
    compare("source", expected.source?.description, sent?.source.description)
    compare("destination", expected.destination?.description, sent?.destination.description)
    if let answer = expected.answer {
      if case .answered(let got) = packet.verdict {
        compare("answer", answer.rawValue, got.rawValue)
      } else {
        compare("answer", answer.rawValue, nil)
      }
    }
    if let reason = expected.dropReason {
      if case .dropped(let got) = packet.verdict {
        compare("dropReason", reason.rawValue, got.rawValue)
      } else {
        compare("dropReason", reason.rawValue, nil)
      }
    }
    return differences
  }

  /// The frames that left elsewhere, one difference for each such port.
  private func strays(
    _ sent: [PortID], _ expected: Expectation.Outcome
  ) -> [ExpectationResult.Difference] {
    let elsewhere = Set(sent.map(name(of:))).filter { $0 != expected.port }.sorted()
    return elsewhere.map { port in
      ExpectationResult.Difference(
        field: "only", expected: expected.port.map { "nothing but by \($0)" } ?? "nothing to leave",
        got: "a frame by \(port)")
    }
  }

  private func egress(_ packet: ReplayedPacket) -> String? {
    guard case .forwarded(let port) = packet.verdict else { return nil }
    return name(of: port)
  }

  /// The verdict, with its reason where it is not the expected one: that is what the reader asks next.
  private func described(
    _ verdict: Verdict, _ expected: Expectation.Outcome.Verdict?
  ) -> String {
    guard verdict.word != expected?.rawValue else { return verdict.word }
    return switch verdict {
    case .forwarded(let port): "forwarded by \(name(of: port))"
    case .answered(let answer): "answered (\(answer.rawValue))"
    case .dropped(let reason): "dropped (\(reason.rawValue))"
    }
  }

  /// What stands for a value that the packet does not have.
  private func instead(_ packet: ReplayedPacket) -> String {
    switch packet.verdict {
    case .forwarded: "none"
    case .answered(let answer): "none: it was answered (\(answer.rawValue))"
    case .dropped(let reason): "none: it was dropped (\(reason.rawValue))"
    }
  }

  private func name(of port: PortID) -> String { snapshot.ports[Int(port.index)].name }
}
