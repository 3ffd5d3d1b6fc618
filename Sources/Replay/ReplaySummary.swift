import Dataplane
import Model

/// What a replay came to, in numbers: packets by verdict and by why.
public struct ReplaySummary: Sendable, Codable, Equatable {
  public struct Count: Sendable, Codable, Equatable {
    public var name: String
    public var packets: Int
  }

  public var configuration: String
  public var capture: String
  /// The precedence model that routes were chosen by (R6).
  public var model: PrecedenceModel
  public var packets = 0
  public var forwarded = 0
  public var answered = 0
  public var dropped = 0
  /// Each ordered by number of packets, the most first, then by name.
  public var byPort: [Count] = []
  public var byEgress: [Count] = []
  public var byNextHopType: [Count] = []
  public var byService: [Count] = []
  public var byAnswer: [Count] = []
  public var byDropReason: [Count] = []
  /// Why the capture could not be read to its end.
  public var captureError: String?
  /// What the configuration may have meant otherwise.
  public var hints: [String] = []

  /// Received = forwarded + answered + dropped.
  public var isBalanced: Bool { packets == forwarded + answered + dropped }
}

/// Counts packets by name, and puts the counts in order.
struct Tally {
  private var counts: [String: Int] = [:]

  mutating func add(_ name: String) { counts[name, default: 0] += 1 }

  var ordered: [ReplaySummary.Count] {
    counts.map { ReplaySummary.Count(name: $0.key, packets: $0.value) }
      .sorted { ($1.packets, $0.name) < ($0.packets, $1.name) }
  }
}

/// Makes the summary, packet by packet.
struct SummaryCount {
  private let snapshot: Snapshot
  private var summary: ReplaySummary
  private var ports = Tally()
  private var egress = Tally()
  private var hops = Tally()
  private var services = Tally()
  private var answers = Tally()
  private var reasons = Tally()
  /// Packets that were dropped as spoofed because they carry the public address of their own NIC.
  private var publicSources = Tally()
  private var unknownPorts = 0
  private var firstUnknown: String?

  init(snapshot: Snapshot, configuration: String, capture: String) {
    self.snapshot = snapshot
    summary = ReplaySummary(
      configuration: configuration, capture: capture, model: snapshot.topology.precedence)
  }

  mutating func add(_ packet: ReplayedPacket) {
    summary.packets += 1
    ports.add(packet.port.map(name(of:)) ?? "none")
    switch packet.verdict {
    case .forwarded(let port):
      summary.forwarded += 1
      egress.add(name(of: port))
      if let route = packet.detail.route {
        hops.add(route.nextHopType.rawValue)
        if let service = route.service {
          services.add(snapshot.topology.services.services[service].name)
        }
      }
    case .answered(let answer):
      summary.answered += 1
      answers.add(answer.rawValue)
    case .dropped(let reason):
      summary.dropped += 1
      reasons.add(reason.rawValue)
      if reason == .spoofedSource, case .port(let port, .publicSource) = packet.arrival {
        publicSources.add(name(of: port))
      }
      if reason == .unknownPort {
        unknownPorts += 1
        if firstUnknown == nil {
          firstUnknown = "packet \(packet.number): \(packet.sentence ?? "")"
        }
      }
    }
  }

  func summary(captureError: String?) -> ReplaySummary {
    var summary = summary
    summary.byPort = ports.ordered
    summary.byEgress = egress.ordered
    summary.byNextHopType = hops.ordered
    summary.byService = services.ordered
    summary.byAnswer = answers.ordered
    summary.byDropReason = reasons.ordered
    summary.captureError = captureError
    summary.hints = hints
    return summary
  }

  private var hints: [String] {
    var hints = publicSources.ordered.map { count in
      "\(count.packets) packets carry the public address of \(count.name) and were dropped, because "
        + "its guest uses the private one; for a capture taken where sources are public, set "
        + "guestAddress: public on \(count.name)."
    }
    if let firstUnknown {
      hints.append("\(unknownPorts) packets belong to no port; the first, \(firstUnknown)")
    }
    return hints
  }

  private func name(of port: PortID) -> String { snapshot.ports[Int(port.index)].name }
}
