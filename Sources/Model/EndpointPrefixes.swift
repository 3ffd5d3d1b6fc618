import Lookup
import Wire

/// What an endpoint covers (R5, R7). The rule, written here and nowhere else:
///
/// 1. The *scope* of a service (`ServiceCatalogue.Service.Scope`) gives the regions: the network's own, that and
///    its pair, or every region. `locations` of an endpoint restrict them; one outside the scope is refused
///    (`ServiceCatalogue.problems`), not ignored.
///    An endpoint policy on the subnet widens storage to every region, whatever `locations` say.
/// 2. With every region and no `locations`, an endpoint covers the IPv4 prefixes of the service's top-level
///    tag as they stand.
/// 3. Otherwise it covers what both the top-level tag and a regional tag of one of the regions hold: each
///    prefix of the one cut to each of the other. Storage's regional prefixes are mostly finer than its
///    top-level ones, so these are mostly the regional ones.
/// 4. A service whose tag has no regional tags at all (AzureActiveDirectory) has the same addresses in every
///    region: its top-level prefixes are taken whole.
///
/// A regional tag of `Storage` is one called `Storage.…` that has a region; the region is the published value and
/// not the rest of the name, for they differ (`Storage.FranceCentral` has `centralfrance`). A network's
/// region is found under either (`ServiceTags.publishedRegions`).
extension ServiceCatalogue {
  /// The regions that an endpoint reaches; nil for every one.
  public func regions(of endpoint: ServiceEndpoint, inRegion region: Region) -> [Region]? {
    guard let index = index(named: endpoint.service) else { return [] }
    let scope: [Region]? =
      switch services[index].scope {
      case .region: [region]
      case .regionAndPair: [region] + (pairs[region].map { [$0] } ?? [])
      case .everyRegion: nil
      }
    guard let locations = endpoint.locations else { return scope }
    return scope.map { $0.filter(locations.contains) } ?? locations
  }

  /// The IPv4 prefixes that an endpoint covers, in order; none of a service that the catalogue or the tags
  /// do not have.
  /// - Parameter reachesEveryRegion: the subnet has a policy for the service (R7).
  public func prefixes(
    of endpoint: ServiceEndpoint, inRegion region: Region, tags: ServiceTags,
    reachesEveryRegion: Bool = false
  ) -> [IPPrefix] {
    guard let index = index(named: endpoint.service), let tag = tags[services[index].tag] else {
      return []
    }
    let whole = tag.prefixes.filter(\.isIPv4)
    let regional = tags.regionalTags(of: tag.name)
    guard !reachesEveryRegion, let regions = regions(of: endpoint, inRegion: region),
      !regional.isEmpty
    else {
      return Set(whole).sorted()
    }
    var topLevel = DualTable()
    for prefix in whole { topLevel.insert(prefix, 0) }
    var cut: Set<IPPrefix> = []
    let published = Set(regions.flatMap { tags.publishedRegions(of: $0, for: tag.name) })
    for tag in regional {
      guard let region = tag.region, published.contains(region) else { continue }
      for prefix in tag.prefixes where prefix.isIPv4 {
        if topLevel.longest(holding: prefix) != nil { cut.insert(prefix) }
        cut.formUnion(topLevel.prefixes(inside: prefix))
      }
    }
    return cut.sorted()
  }
}

extension ServiceTags {
  /// The values by which the tags may call a region. Most are the programmatic name; some are not, and there
  /// the name of a tag leads to it: `Storage.FranceCentral` or `AzureCloud.francecentral`.
  public func publishedRegions(of region: Region, for tag: String) -> Set<Region> {
    var published: Set<Region> = [region]
    for name in ["\(tag).\(region.name)", "AzureCloud.\(region.name)"] {
      if let alias = self[name]?.region { published.insert(alias) }
    }
    return published
  }
}
