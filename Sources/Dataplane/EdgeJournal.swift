import Model
import Wire

/// I6: what a service edge has decided about connections, until somebody asks. Bounded: the oldest go first, and are
/// counted.
struct EdgeJournal {
  struct Entry {
    /// Nanoseconds since 1970.
    var time: UInt64
    var key: FlowKey
    var judgment: Judgment
    /// The source that the servers see, where it is not the caller's own.
    var translated: UInt128?
    var hostName: String?
    /// Why no resource was found.
    var problem: String?
  }

  static let capacity = 16_384

  private var entries: [Entry] = []
  /// Of another snapshot, already in words.
  private var records: [ConnectionRecord] = []
  private(set) var lost: UInt64 = 0

  mutating func append(_ entry: Entry) {
    if entries.count == Self.capacity {
      // Half at a time, so that each append costs the same on average.
      entries.removeFirst(Self.capacity / 2)
      lost += UInt64(Self.capacity / 2)
    }
    entries.append(entry)
  }

  /// Puts into words what names resources and subnets by their places in a snapshot, before another takes over.
  mutating func settle(_ snapshot: Snapshot) {
    records += entries.map { ConnectionRecord($0, snapshot) }
    entries = []
    guard records.count > Self.capacity else { return }
    lost += UInt64(records.count - Self.capacity)
    records.removeFirst(records.count - Self.capacity)
  }

  mutating func take(_ snapshot: Snapshot) -> [ConnectionRecord] {
    settle(snapshot)
    defer { records = [] }
    return records
  }
}

/// One new connection at a service edge, and what was decided about it.
public struct ConnectionRecord: Sendable, Codable, Equatable {
  /// Nanoseconds since 1970, UTC.
  public var time: UInt64
  public var proto: String
  /// `address:port`, as the caller has it: private over an endpoint.
  public var source: String
  /// As the servers see it, where that is another: two callers looked alike.
  public var translatedSource: String?
  public var destination: String
  /// Where it decided which resource was meant.
  public var hostName: String?
  /// Nil where none was found.
  public var resource: String?
  public var resourceID: String?
  public var service: String?
  /// `primary` or `secondary`.
  public var location: String?
  public var virtualNetwork: String?
  public var subnet: String?
  public var viaEndpoint: Bool
  public var isAdmitted: Bool
  /// The rule that decided, such as `virtualNetworkRules[0] vnet1/app`.
  public var rule: String?
  /// What was decided and why, in words.
  public var sentence: String

  init(_ entry: EdgeJournal.Entry, _ snapshot: Snapshot) {
    let (key, caller, topology) = (entry.key, entry.judgment.caller, snapshot.topology)
    time = entry.time
    proto = transportName(key.transport)
    source = endpoint(key.sourceAddress, key.sourcePort)
    translatedSource = entry.translated.map { endpoint(key.address($0), key.sourcePort) }
    destination = endpoint(key.destinationAddress, key.destinationPort)
    hostName = entry.hostName
    virtualNetwork = caller.virtualNetwork.map { topology.virtualNetworks[$0].name }
    subnet = caller.subnet.map { topology.qualifiedName(ofSubnet: $0) }
    viaEndpoint = caller.viaEndpoint
    isAdmitted = false
    sentence = "denied: \(entry.problem ?? "no resource")"
    guard let match = entry.judgment.match, let verdict = entry.judgment.verdict else { return }
    let resource = topology.resources[match.resource]
    self.resource = resource.name
    resourceID = resource.id.description
    service = resource.service
    location = match.location.rawValue
    isAdmitted = verdict.isAdmitted
    rule = resource.firewall.name(of: verdict.deciding)
    sentence = resource.firewall.sentence(for: verdict)
  }
}

/// How often the rules of resources have decided, by resource and rule. Only first packets come here.
struct FirewallHits {
  private var counts: [Int: FirewallCounters] = [:]
  private var earlier: [String: UInt64] = [:]
  private let firewalls: [CompiledFirewall]

  init(_ snapshot: Snapshot) { firewalls = snapshot.edge?.resources.firewalls ?? [] }

  mutating func count(_ verdict: FirewallVerdict, resource: Int) {
    counts[resource, default: FirewallCounters(firewalls[resource].firewall)].count(verdict)
  }

  /// By `RESOURCE: RULE`; those that have decided on some.
  func sums(_ snapshot: Snapshot) -> [String: UInt64] {
    var sums = earlier
    for (resource, counters) in counts {
      let (name, firewall) = (
        snapshot.topology.resources[resource].name, firewalls[resource].firewall
      )
      let add = { (deciding: FirewallVerdict.Deciding, count: UInt64) in
        guard count > 0 else { return }
        sums["\(name): \(firewall.name(of: deciding))", default: 0] += count
      }
      for (index, count) in counters.virtualNetworkRules.enumerated() {
        add(.virtualNetworkRule(index), count)
      }
      for (index, count) in counters.ipRules.enumerated() { add(.ipRule(index), count) }
      add(.defaultAction, counters.defaultAction)
      add(.publicNetworkAccess, counters.publicNetworkAccess)
      add(.platform, counters.platform)
      add(.token, counters.token)
    }
    return sums
  }

  /// After a reload rules may stand in other places, or be gone: each keeps its count by name.
  mutating func move(from old: Snapshot, to new: Snapshot) {
    let sums = sums(old)
    self = FirewallHits(new)
    earlier = sums
  }
}
