import Wire

/// R2: the routes of a route table, tags spelled out.
enum UserRoutes {
  /// The order of equal prefixes: the smaller wins.
  enum Rank: Int, Comparable {
    case writtenPrefix
    case regionalTag
    case topLevelTag
    case regionOfAzureCloud
    case azureCloud

    static func < (a: Rank, b: Rank) -> Bool { a.rawValue < b.rawValue }

    /// In words, for explanations.
    var name: String {
      switch self {
      case .writtenPrefix: "a written prefix"
      case .regionalTag: "a regional tag"
      case .topLevelTag: "a top-level tag"
      case .regionOfAzureCloud: "AzureCloud of a region"
      case .azureCloud: "AzureCloud"
      }
    }
  }

  static func rank(_ destination: UserRoute.Destination, tags: ServiceTags) -> Rank {
    guard case .serviceTag(let name) = destination else { return .writtenPrefix }
    let isCloud = ServiceTag.topLevelName(of: name).lowercased() == "azurecloud"
    let isRegional = tags[name]?.region != nil
    return switch (isCloud, isRegional) {
    case (true, true): .regionOfAzureCloud
    case (true, false): .azureCloud
    case (false, true): .regionalTag
    case (false, false): .topLevelTag
    }
  }

  /// Of equal prefixes the better rank comes first, then the order of the file.
  static func routes(of table: RouteTable, tags: ServiceTags) -> [LayerRoute] {
    let order = table.routes.indices
      .map { (rank: rank(table.routes[$0].destination, tags: tags), index: $0) }
      .sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }
    return order.flatMap { _, index in
      let route = table.routes[index]
      return prefixes(of: route.destination, tags: tags).map {
        LayerRoute(
          prefix: $0, nextHopType: route.nextHopType, nextHop: route.nextHopIPAddress,
          source: index)
      }
    }
  }

  /// Both address families; none of a tag that the tags do not have (the configuration refuses it).
  static func prefixes(of destination: UserRoute.Destination, tags: ServiceTags) -> [IPPrefix] {
    switch destination {
    case .prefix(let prefix): [prefix]
    case .serviceTag(let name): tags[name]?.prefixes ?? []
    }
  }
}
