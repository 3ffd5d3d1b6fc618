import Wire

/// Finds the resource that a request is for (I2): by destination address, and by host name where several share one.
///
/// A host name is a resource's where it is one of its names or below one; the longest decides. Resources that have
/// names and no address are found by name at any address that is no resource's own.
public struct ResourceTable: Sendable {
  public struct Match: Hashable, Sendable {
    /// Index of the resource.
    public var resource: Int
    public var location: Resource.Location

    public init(resource: Int, location: Resource.Location) {
      self.resource = resource
      self.location = location
    }
  }

  public enum Answer: Hashable, Sendable {
    case resource(Match)
    /// Several have the address: the TLS server name or the HTTP host decides, `match(hostName:at:)`.
    case needsHostName
    case none
  }

  public let firewalls: [CompiledFirewall]
  /// Which of them decide by what packets do not carry (I7).
  private let isTokenBased: [Bool]
  private let byAddress: [IPAddress: [Match]]
  private let byHostName: [String: [Match]]
  /// Those that can be found by name alone.
  private let withoutAddress: Set<Match>

  public init(_ topology: Topology) {
    firewalls = topology.resources.map { CompiledFirewall($0, in: topology.services) }
    isTokenBased = topology.resources.map {
      topology.services.resourceRules(of: $0.service).isTokenBased
    }
    var (byAddress, byHostName): ([IPAddress: [Match]], [String: [Match]]) = ([:], [:])
    var withoutAddress: Set<Match> = []
    for (index, resource) in topology.resources.enumerated() {
      for location in [Resource.Location.primary, .secondary] {
        let match = Match(resource: index, location: location)
        let addresses = resource.addresses(at: location)
        let names = resource.hostNames(at: location)
        for address in Set(addresses) { byAddress[address, default: []].append(match) }
        for name in Set(names.map(Self.canonical)) { byHostName[name, default: []].append(match) }
        if addresses.isEmpty, !names.isEmpty { withoutAddress.insert(match) }
      }
    }
    self.byAddress = byAddress
    self.byHostName = byHostName
    self.withoutAddress = withoutAddress
  }

  /// What the destination address alone says.
  public func find(_ destination: IPAddress) -> Answer {
    guard let matches = byAddress[destination] else {
      return withoutAddress.isEmpty ? .none : .needsHostName
    }
    return matches.count == 1 ? .resource(matches[0]) : .needsHostName
  }

  /// Those that have the address, in the order of the file.
  public func matches(at destination: IPAddress) -> [Match] { byAddress[destination] ?? [] }

  /// Those that can be found by name alone, in the order of the file.
  public var matchesByName: [Match] {
    withoutAddress.sorted {
      ($0.resource, $0.location.rawValue) < ($1.resource, $1.location.rawValue)
    }
  }

  /// The resource of this name, of those that have the address; nil where none has, or two have the same name.
  /// - Parameter hostName: in any case, with a dot at the end or without.
  public func match(hostName: String, at destination: IPAddress) -> Match? {
    let sharing = byAddress[destination]
    var name = Substring(Self.canonical(hostName))
    while !name.isEmpty {
      let named = byHostName[String(name), default: []].filter {
        sharing?.contains($0) ?? withoutAddress.contains($0)
      }
      if !named.isEmpty { return named.count == 1 ? named[0] : nil }
      guard let dot = name.firstIndex(of: ".") else { return nil }
      name = name[name.index(after: dot)...]
    }
    return nil
  }

  /// Whether the request is admitted by what its packets tell, and by what. Where the service decides by tokens, packets
  /// pass: `firewalls` is what it decides by.
  public func verdict(for caller: Caller, at match: Match) -> FirewallVerdict {
    guard !isTokenBased[match.resource] else {
      return FirewallVerdict(isAdmitted: true, deciding: .token)
    }
    return firewalls[match.resource].verdict(for: caller, at: match.location)
  }

  /// As names are compared: in lower case, without the dot that ends a name at the root.
  static func canonical(_ hostName: String) -> String {
    let name = hostName.lowercased()
    return name.last == "." ? String(name.dropLast()) : name
  }
}
