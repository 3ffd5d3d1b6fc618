import Wire

/// The rules of a group in one direction, compiled so that a decision costs little however many rules and prefixes there
/// are (N1, docs/security-groups.md).
///
/// Each field of a packet gives the set of the rules that are for it: addresses and ports by `RuleIntervals`, and for
/// what is not known when the group is compiled (is the address in the virtual network, which application
/// security groups has it) sets of their own. The first rule that is in all of them decides.
struct CompiledRules: Sendable {
  /// The rules in the order in which they are asked.
  let rules: [SecurityRule]
  private let sets: RuleSets
  private let sources: Side
  private let destinations: Side
  private let sourcePorts: RuleIntervals<UInt16>
  private let destinationPorts: RuleIntervals<UInt16>
  /// Rules for every port: they alone are for packets without ports.
  private let portless: UInt32
  /// By `SecurityRule.Transport`: the rules for it and for any.
  private let transports: [UInt32]

  /// What stands at one end of a packet.
  fileprivate struct Side {
    var v4: RuleIntervals<UInt32>
    var v6: RuleIntervals<UInt128>
    var virtualNetwork: UInt32
    var internet: UInt32
    /// By index into `Topology.applicationSecurityGroups`.
    var applicationGroups: [UInt32]
  }

  /// - Precondition: at most `RuleSets.maximum` rules; every tag is in `tags`, every application security group below
  ///   `applicationGroups`.
  init(_ rules: [SecurityRule], tags: ServiceTags, applicationGroups: Int) {
    self.rules = rules
    var builder = RuleSets.Builder()
    func side(_ addresses: KeyPath<SecurityRule, [SecurityRule.Address]>) -> Side {
      let written = rules.map { $0[keyPath: addresses] }
      let prefixes = written.map { $0.flatMap { $0.prefixes(tags) } }
      func set(_ address: SecurityRule.Address) -> UInt32 {
        builder.number(
          written.indices.filter { written[$0].contains(address) }, of: written.count)
      }
      return Side(
        v4: RuleIntervals(prefixes.map { $0.compactMap(\.v4Range) }, into: &builder),
        v6: RuleIntervals(prefixes.map { $0.compactMap(\.v6Range) }, into: &builder),
        virtualNetwork: set(.virtualNetwork), internet: set(.internet),
        applicationGroups: (0..<applicationGroups).map { set(.applicationSecurityGroup($0)) })
    }
    sources = side(\.sources)
    destinations = side(\.destinations)
    sourcePorts = RuleIntervals(rules.map(\.sourcePorts), into: &builder)
    destinationPorts = RuleIntervals(rules.map(\.destinationPorts), into: &builder)
    let isForEveryPort = { (ports: [ClosedRange<UInt16>]) in
      RuleIntervals.joined(ports) == [SecurityRule.anyPort]
    }
    portless = builder.number(
      rules.indices.filter {
        isForEveryPort(rules[$0].sourcePorts) && isForEveryPort(rules[$0].destinationPorts)
      }, of: rules.count)
    transports = SecurityRule.Transport.allCases.map { transport in
      builder.number(
        rules.indices.filter { rules[$0].transport == .any || rules[$0].transport == transport },
        of: rules.count)
    }
    sets = builder.sets
  }

  /// The place of the rule that decides; nil if none matches, which the default rules leave to no packet.
  func decide(_ packet: SecurityPacket) -> Int? {
    let transport = transports[packet.transportIndex]
    let sourcePort = packet.hasPorts ? sourcePorts.set(of: packet.sourcePort) : portless
    let destinationPort =
      packet.hasPorts ? destinationPorts.set(of: packet.destinationPort) : portless
    let from = sources.sets(of: packet.source)
    let to = destinations.sets(of: packet.destination)
    var words =
      sets.presence(transport) & sets.presence(sourcePort) & sets.presence(destinationPort)
      & presence(from, packet.source, sources) & presence(to, packet.destination, destinations)
    while words != 0 {
      let word = words.trailingZeroBitCount
      let rules =
        sets.word(word, of: transport) & sets.word(word, of: sourcePort)
        & sets.word(word, of: destinationPort)
        & rulesOf(word, from, packet.source, sources)
        & rulesOf(word, to, packet.destination, destinations)
      if rules != 0 { return word * 64 + rules.trailingZeroBitCount }
      words &= words - 1
    }
    return nil
  }

  @inline(__always)
  private func presence(
    _ found: (UInt32, UInt32), _ end: SecurityPacket.End, _ side: Side
  ) -> UInt64 {
    var all = sets.presence(found.0) | sets.presence(found.1)
    for group in end.applicationGroups { all |= sets.presence(side.applicationGroups[group]) }
    return all
  }

  @inline(__always)
  private func rulesOf(
    _ word: Int, _ found: (UInt32, UInt32), _ end: SecurityPacket.End, _ side: Side
  ) -> UInt64 {
    var all = sets.word(word, of: found.0) | sets.word(word, of: found.1)
    for group in end.applicationGroups {
      all |= sets.word(word, of: side.applicationGroups[group])
    }
    return all
  }

  /// In bytes, without the rules as written.
  var memory: Int {
    sets.memory + sources.memory + destinations.memory + sourcePorts.memory
      + destinationPorts.memory
  }

  /// Intervals of IPv4 addresses, source and destination together: what a search goes through.
  var intervalCount: Int { sources.v4.count + destinations.v4.count }
}

extension CompiledRules.Side {
  /// The rules that name the address, and those that name where it is.
  @inline(__always)
  fileprivate func sets(of end: SecurityPacket.End) -> (UInt32, UInt32) {
    let named =
      switch end.address {
      case .v4(let address): v4.set(of: address.bits)
      case .v6(let address): v6.set(of: address.bits)
      }
    return (named, end.isInVirtualNetwork ? virtualNetwork : internet)
  }

  fileprivate var memory: Int { v4.memory + v6.memory + applicationGroups.count * 4 }
}

/// What rules ask of a flow's first packet.
public struct SecurityPacket: Sendable {
  /// One end: an address as the NIC's machine knows it, and what is known of it.
  public struct End: Sendable {
    public var address: IPAddress
    /// Whether the tag `VirtualNetwork` of the NIC's network holds it.
    public var isInVirtualNetwork: Bool
    /// Indices into `Topology.applicationSecurityGroups`.
    public var applicationGroups: [Int]

    public init(_ address: IPAddress, isInVirtualNetwork: Bool, applicationGroups: [Int] = []) {
      self.address = address
      self.isInVirtualNetwork = isInVirtualNetwork
      self.applicationGroups = applicationGroups
    }
  }

  /// The number of IP's protocol field.
  public var transport: UInt8
  public var source: End
  public var destination: End
  public var sourcePort: UInt16
  public var destinationPort: UInt16

  public init(
    transport: UInt8, source: End, sourcePort: UInt16, destination: End, destinationPort: UInt16
  ) {
    self.transport = transport
    self.source = source
    self.sourcePort = sourcePort
    self.destination = destination
    self.destinationPort = destinationPort
  }

  /// TCP, UDP, SCTP, DCCP, UDP-Lite.
  public var hasPorts: Bool {
    switch transport {
    case 6, 17, 132, 33, 136: true
    default: false
    }
  }

  /// What a rule calls its protocol.
  public var ruleTransport: SecurityRule.Transport {
    switch transport {
    case 6: .tcp
    case 17: .udp
    case 1, 58: .icmp
    case 50: .esp
    case 51: .ah
    default: .any
    }
  }

  /// Into the list of all cases.
  fileprivate var transportIndex: Int {
    switch ruleTransport {
    case .any: 0
    case .tcp: 1
    case .udp: 2
    case .icmp: 3
    case .esp: 4
    case .ah: 5
    }
  }
}

extension SecurityRule.Address {
  /// The address that load balancers' probes come from, and the platform's services; of IPv6 the link-local one.
  static let platform = [
    IPPrefix(host: .v4(IPv4Address(168, 63, 129, 16))),
    IPPrefix(host: .v6(IPv6Address(0xfe80 << 112 | 0x1234_5678_9abc))),
  ]

  /// What it holds, as far as that is known before there is a packet.
  func prefixes(_ tags: ServiceTags) -> [IPPrefix] {
    switch self {
    case .any: [.anyIPv4, .anyIPv6]
    case .prefix(let prefix): [prefix]
    case .serviceTag(let name): tags[name]?.prefixes ?? []
    case .azureLoadBalancer: Self.platform
    case .virtualNetwork, .internet, .applicationSecurityGroup: []
    }
  }
}

extension IPPrefix {
  fileprivate var v4Range: ClosedRange<UInt32>? {
    guard case .v4(let first) = address, case .v4(let last) = last else { return nil }
    return first.bits...last.bits
  }

  fileprivate var v6Range: ClosedRange<UInt128>? {
    guard case .v6(let first) = address, case .v6(let last) = last else { return nil }
    return first.bits...last.bits
  }
}
