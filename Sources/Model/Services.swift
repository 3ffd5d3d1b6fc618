import Wire

/// One service tag of the published file.
public struct ServiceTag: Hashable, Sendable {
  /// `Storage`, `Storage.WestEurope`.
  public var name: String
  /// Nil for a tag of every region. The published value, not the name's suffix: they differ.
  public var region: Region?
  public var systemService: String
  /// What the tag may be used for (`NSG`, `UDR`, `VSE` for service endpoints); nil where the file has
  /// none: the file of 2019 and half the tags of later ones.
  public var networkFeatures: [String]?
  public var prefixes: [IPPrefix]

  public init(
    name: String, region: Region? = nil, systemService: String = "",
    networkFeatures: [String]? = nil, prefixes: [IPPrefix]
  ) {
    self.name = name
    self.region = region
    self.systemService = systemService
    self.networkFeatures = networkFeatures
    self.prefixes = prefixes
  }
}

extension ServiceTag {
  /// `Storage` of `Storage.WestEurope`, and of `Storage`.
  public static func topLevelName(of name: String) -> String {
    name.firstIndex(of: ".").map { String(name[..<$0]) } ?? name
  }
}

/// The service tags in force, by name without regard to case.
public struct ServiceTags: Sendable {
  /// Where they came from, for messages: a path, or `built in`.
  public var source: String
  public var changeNumber: Int
  /// Whether the file says of any tag what it may be used for; that of 2019 does not.
  public let marksEndpoints: Bool
  private let byName: [String: ServiceTag]
  /// By the top-level name in lower case: the tags of its regions.
  private let regional: [String: [ServiceTag]]

  public init(source: String = "none", changeNumber: Int = 0, tags: [ServiceTag] = []) {
    self.source = source
    self.changeNumber = changeNumber
    byName = Dictionary(
      tags.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { _, last in last })
    marksEndpoints = tags.contains { $0.networkFeatures != nil }
    regional = Dictionary(
      grouping: byName.values.filter { $0.region != nil && $0.name.contains(".") }
        .sorted { $0.name < $1.name },
      by: { ServiceTag.topLevelName(of: $0.name).lowercased() })
  }

  /// The tags of a service's regions, by the top-level tag's name, ordered by name.
  public func regionalTags(of name: String) -> [ServiceTag] { regional[name.lowercased()] ?? [] }

  public subscript(name: String) -> ServiceTag? { byName[name.lowercased()] }

  /// Whether both have the same tags, wherever they came from.
  func hasSameTags(as other: ServiceTags) -> Bool { byName == other.byName }

  /// All of them, ordered by name.
  public var all: [ServiceTag] { byName.values.sorted { $0.name < $1.name } }
}

/// Which services have endpoints, which tags give their prefixes, how far an endpoint reaches (R7):
/// data, replaceable by a file.
public struct ServiceCatalogue: Hashable, Sendable {
  public struct Service: Hashable, Sendable {
    public enum Scope: String, CaseIterable, Sendable, Codable {
      /// The network's own region.
      case region
      /// That and its paired region.
      case regionAndPair
      case everyRegion
    }

    /// `Microsoft.Storage`.
    public var name: String
    /// The service tag that gives its prefixes: `Storage`.
    public var tag: String
    public var scope: Scope
    /// A subnet may have only one service of a group: `Microsoft.Storage` or `.Storage.Global`.
    public var exclusiveGroup: String?
    /// The document lists it as a preview.
    public var preview: Bool
    /// What holds for the firewalls of its resources (I3).
    public var resources: ResourceRules

    public init(
      name: String, tag: String, scope: Scope, exclusiveGroup: String? = nil, preview: Bool = false,
      resources: ResourceRules = ResourceRules()
    ) {
      self.name = name
      self.tag = tag
      self.scope = scope
      self.exclusiveGroup = exclusiveGroup
      self.preview = preview
      self.resources = resources
    }
  }

  /// What holds for the firewalls of a service's resources (I3, I4); data.
  public struct ResourceRules: Hashable, Sendable {
    /// `Microsoft.Storage/storageAccounts`.
    public var type: String?
    /// How many virtual-network rules a resource can have; nil where no limit is known.
    public var maximumVirtualNetworkRules: Int?
    public var maximumIPRules: Int?
    /// A rule with `ignoreMissingVnetServiceEndpoint` may be written before the subnet has the endpoint.
    public var allowsRuleBeforeEndpoint: Bool
    /// IP rules have no effect on callers in the resource's own region: storage.
    public var ignoresIPRulesInRegion: Bool
    /// Its callers' networks are known by tokens and not by packets: Data Lake Gen1 (I7).
    public var isTokenBased: Bool

    public init(
      type: String? = nil, maximumVirtualNetworkRules: Int? = nil, maximumIPRules: Int? = nil,
      allowsRuleBeforeEndpoint: Bool = false, ignoresIPRulesInRegion: Bool = false,
      isTokenBased: Bool = false
    ) {
      self.type = type
      self.maximumVirtualNetworkRules = maximumVirtualNetworkRules
      self.maximumIPRules = maximumIPRules
      self.allowsRuleBeforeEndpoint = allowsRuleBeforeEndpoint
      self.ignoresIPRulesInRegion = ignoresIPRulesInRegion
      self.isTokenBased = isTokenBased
    }
  }

  public var services: [Service]
  /// Each region's pair; not always mutual.
  public var pairs: [Region: Region]

  public init(services: [Service] = [], pairs: [Region: Region] = [:]) {
    self.services = services
    self.pairs = pairs
  }

  /// By name, without regard to case.
  public func index(named name: String) -> Int? {
    services.firstIndex { $0.name.lowercased() == name.lowercased() }
  }

  /// What holds for the resources of a service; of an unknown one, nothing.
  public func resourceRules(of service: String) -> ResourceRules {
    index(named: service).map { services[$0].resources } ?? ResourceRules()
  }
}
