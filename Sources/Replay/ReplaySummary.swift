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

/// Makes the summary, batch by batch.
struct SummaryCount {
  private let snapshot: Snapshot
  private var summary: ReplaySummary
  /// By port, and at the end those that arrived nowhere.
  private var ports: [Int]
  private var egress: [Int]
  private var hops = CaseTally<NextHopType>()
  private var services: [Int]
  private var answers = CaseTally<Answer>()
  private var reasons = CaseTally<DropReason>()
  /// By port: packets that were dropped as spoofed because they carry the public address of their own NIC.
  private var publicSources: [Int]
  private var unknownPorts = 0
  private var firstUnknown: String?

  init(snapshot: Snapshot, configuration: String, capture: String) {
    self.snapshot = snapshot
    summary = ReplaySummary(
      configuration: configuration, capture: capture, model: snapshot.topology.precedence)
    let none = Array(repeating: 0, count: snapshot.ports.count + 1)
    ports = none
    egress = none
    publicSources = none
    services = Array(repeating: 0, count: snapshot.topology.services.services.count)
  }

  mutating func add(_ batch: ReplayedBatch) {
    summary.packets += batch.count
    ports[batch.port.map { Int($0.index) } ?? snapshot.ports.count] += batch.count
    for index in 0..<batch.count {
      switch batch.verdicts[index] {
      case .forwarded(let port):
        summary.forwarded += 1
        egress[Int(port.index)] &+= 1
        let outline = batch.outlines.baseAddress.unsafelyUnwrapped + index
        if let hop = outline.pointee.nextHopType {
          hops.add(hop)
          if let service = outline.pointee.service { services[service] &+= 1 }
        }
      case .answered(let answer):
        summary.answered += 1
        answers.add(answer)
      case .dropped(let reason):
        summary.dropped += 1
        reasons.add(reason)
        noteDrop(reason, batch, index)
      }
    }
  }

  private mutating func noteDrop(_ reason: DropReason, _ batch: ReplayedBatch, _ index: Int) {
    if reason == .spoofedSource, case .port(let port, .publicSource) = batch.arrival(index) {
      publicSources[Int(port.index)] += 1
    }
    guard reason == .unknownPort else { return }
    unknownPorts += 1
    if firstUnknown == nil {
      let packet = batch[index]
      firstUnknown = "packet \(packet.number): \(packet.sentence ?? "")"
    }
  }

  func summary(captureError: String?) -> ReplaySummary {
    var summary = summary
    summary.byPort = byPort(ports)
    summary.byEgress = byPort(egress)
    summary.byNextHopType = hops.ordered
    summary.byService =
      Tally(
        zip(services, snapshot.topology.services.services).map { (count: $0, name: $1.name) }
      ).ordered
    summary.byAnswer = answers.ordered
    summary.byDropReason = reasons.ordered
    summary.captureError = captureError
    summary.hints = hints
    return summary
  }

  private var hints: [String] {
    var hints = byPort(publicSources).map { count in
      "\(count.packets) packets carry the public address of \(count.name) and were dropped, because "
        + "its guest uses the private one; for a capture taken where sources are public, set "
        + "guestAddress: public on \(count.name)."
    }
    if let firstUnknown {
      hints.append("\(unknownPorts) packets belong to no port; the first, \(firstUnknown)")
    }
    return hints
  }

  private func byPort(_ counts: [Int]) -> [ReplaySummary.Count] {
    Tally(zip(counts, snapshot.ports.map(\.name) + ["none"]).map { (count: $0, name: $1) }).ordered
  }
}
