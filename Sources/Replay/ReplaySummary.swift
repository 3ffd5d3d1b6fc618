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

/// Makes the summary of what the path has counted, and of what it cannot know: packets without a port, and what the
/// configuration may have meant otherwise.
struct SummaryCount {
  private let snapshot: Snapshot
  /// Of packets that arrived nowhere.
  private var reasons: [DropReason: Int] = [:]
  /// By port: packets that were dropped as spoofed because they carry the public address of their own NIC.
  private var publicSources: [PortID: Int] = [:]
  private var firstUnknown: String?

  init(snapshot: Snapshot) { self.snapshot = snapshot }

  mutating func add(_ batch: ReplayedBatch) {
    for index in 0..<batch.verdicts.count {
      if case .dropped(let reason) = batch.verdicts[index] { noteDrop(reason, batch, index) }
    }
  }

  private mutating func noteDrop(_ reason: DropReason, _ batch: ReplayedBatch, _ index: Int) {
    if reason == .spoofedSource, case .port(let port, .publicSource) = batch.arrival(index) {
      publicSources[port, default: 0] += 1
    }
    guard batch.port == nil else { return }
    reasons[reason, default: 0] += 1
    if reason == .unknownPort, firstUnknown == nil {
      let packet = batch[index]
      firstUnknown = "packet \(packet.number): \(packet.sentence ?? "")"
    }
  }

  /// - Parameter counters: of the path that the packets with a port went through.
  func summary(
    _ counters: Counters, configuration: String, capture: String, captureError: String?
  ) -> ReplaySummary {
    var summary = ReplaySummary(
      configuration: configuration, capture: capture, model: snapshot.topology.precedence)
    let withoutPort = reasons.values.reduce(0, +)
    summary.forwarded = Int(counters.forwarded)
    summary.answered = Int(counters.totalAnswered)
    summary.dropped = Int(counters.totalDropped) + withoutPort
    summary.packets = Int(counters.totalReceived) + withoutPort
    var arrivals = counters.received.mapValues { Int($0.packets) }
    arrivals["none"] = withoutPort
    summary.byPort = ordered(arrivals)
    summary.byEgress = ordered(counters.byEgress.mapValues { Int($0) })
    summary.byNextHopType = ordered(counters.byNextHopType.mapValues { Int($0) })
    summary.byService = ordered(counters.byService.mapValues { Int($0) })
    summary.byAnswer = ordered(counters.answered.mapValues { Int($0) })
    summary.byDropReason = ordered(
      counters.dropped.mapValues { Int($0) }.merging(
        reasons.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: +))
    summary.captureError = captureError
    summary.hints = hints
    return summary
  }

  private var hints: [String] {
    let publicSources = publicSources.map { (snapshot.ports[Int($0.key.index)].name, $0.value) }
    var hints = ordered(Dictionary(uniqueKeysWithValues: publicSources)).map { count in
      "\(count.packets) packets carry the public address of \(count.name) and were dropped, because "
        + "its guest uses the private one; for a capture taken where sources are public, set "
        + "guestAddress: public on \(count.name)."
    }
    if let firstUnknown {
      hints.append(
        "\(reasons[.unknownPort, default: 0]) packets belong to no port; the first, \(firstUnknown)"
      )
    }
    return hints
  }

  /// The most first, then by name; those of nothing are left out.
  private func ordered(_ counts: [String: Int]) -> [ReplaySummary.Count] {
    counts.filter { $0.value > 0 }.map { ReplaySummary.Count(name: $0.key, packets: $0.value) }
      .sorted { ($1.packets, $0.name) < ($0.packets, $1.name) }
  }
}
