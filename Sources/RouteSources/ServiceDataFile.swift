import Foundation
import Model

/// The data of R7: which services have endpoints, the service tag that gives each its prefixes, how far an
/// endpoint reaches, and the regions' pairs. A JSON file, so that it can be replaced without a new program:
///
/// ```json
/// { "services": [
///     { "name": "Microsoft.Storage", "tag": "Storage", "scope": "regionAndPair",
///       "exclusiveGroup": "storage", "preview": false,
///       "resources": { "type": "Microsoft.Storage/storageAccounts", "virtualNetworkRules": 400, "ipRules": 400,
///         "ruleBeforeEndpoint": false, "ipRulesInRegion": false, "byToken": false } } ],
///   "pairs": { "westeurope": "northeurope" } }
/// ```
///
/// `scope` is `region`, `regionAndPair` or `everyRegion`; `exclusiveGroup`, `preview` and `resources`, and
/// each key of the latter, may be absent.
public enum ServiceDataFile {
  /// Reads and checks a whole file.
  /// - Throws: `RouteSourceError` with every problem, each with its service and field.
  public static func read(path: String) throws(RouteSourceError) -> ServiceCatalogue {
    try parse(JSONFile.bytes(ofFile: path), source: path)
  }

  /// - Parameter source: what messages call it.
  public static func parse(
    _ data: Data, source: String
  ) throws(RouteSourceError) -> ServiceCatalogue {
    let document = try JSONFile.decode(ServiceData.self, from: data, source: source)
    var problems = document.problems
    var services: [ServiceCatalogue.Service] = []
    for (index, entry) in document.services.enumerated() {
      let place = "services[\(index)]" + (entry.name.map { " (\($0))" } ?? "")
      problems += entry.problems.map {
        RouteSourceError.Problem(field: "\(place): \($0.field)", sentence: $0.sentence)
      }
      guard let service = entry.service else { continue }
      if services.contains(where: { $0.name.lowercased() == service.name.lowercased() }) {
        problems.append(
          RouteSourceError.Problem(
            field: "\(place): name", sentence: "a service of this name is already listed"))
      }
      services.append(service)
    }
    guard problems.isEmpty else { throw .invalid(file: source, problems: problems) }
    let pairs = document.pairs.map { (Region($0.key), Region($0.value)) }
    return ServiceCatalogue(
      services: services, pairs: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
  }
}

/// The file's outermost object.
private struct ServiceData: Decodable {
  enum Key: String, CodingKey, CaseIterable { case services, pairs }

  var services: [ServiceEntry]
  var pairs: [String: String]
  var problems: [RouteSourceError.Problem]

  init(from decoder: any Decoder) {
    var fields = Fields<Key>(decoder, place: "")
    services = fields.required(.services, [ServiceEntry].self) ?? []
    pairs = fields.optional(.pairs, [String: String].self) ?? [:]
    fields.refuseUnknownKeys(decoder, known: Key.allCases)
    for (region, pair) in pairs.sorted(by: { $0.key < $1.key })
    where Region(region) == Region(pair) {
      fields.report(.pairs, "`\(region)` is its own pair")
    }
    problems = fields.problems
  }
}

/// One element of `services`: never fails to decode, but holds its problems.
private struct ServiceEntry: Decodable {
  enum Key: String, CodingKey, CaseIterable {
    case name, tag, scope, exclusiveGroup, preview, resources
  }

  var name: String?
  var service: ServiceCatalogue.Service?
  var problems: [RouteSourceError.Problem]

  init(from decoder: any Decoder) {
    var fields = Fields<Key>(decoder, place: "")
    name = fields.required(.name, String.self)
    let tag = fields.required(.tag, String.self)
    let scopeName = fields.required(.scope, String.self)
    let group = fields.optional(.exclusiveGroup, String.self)
    let preview = fields.optional(.preview, Bool.self) ?? false
    let resources = fields.optional(.resources, ResourcesEntry.self)
    fields.refuseUnknownKeys(decoder, known: Key.allCases)
    let scope = scopeName.flatMap(ServiceCatalogue.Service.Scope.init(rawValue:))
    if let scopeName, scope == nil {
      let known = ServiceCatalogue.Service.Scope.allCases.map { "`\($0.rawValue)`" }
      fields.report(.scope, "`\(scopeName)` is none of \(known.joined(separator: ", "))")
    }
    problems =
      fields.problems
      + (resources?.problems ?? []).map {
        RouteSourceError.Problem(field: "resources.\($0.field)", sentence: $0.sentence)
      }
    if let name, let tag, let scope, problems.isEmpty {
      service = ServiceCatalogue.Service(
        name: name, tag: tag, scope: scope, exclusiveGroup: group, preview: preview,
        resources: resources?.rules ?? ServiceCatalogue.ResourceRules())
    }
  }
}

/// What holds for the firewalls of a service's resources (I3): never fails to decode, but holds its problems.
private struct ResourcesEntry: Decodable {
  enum Key: String, CodingKey, CaseIterable {
    case type, virtualNetworkRules, ipRules, ruleBeforeEndpoint, ipRulesInRegion, byToken
  }

  var rules = ServiceCatalogue.ResourceRules()
  var problems: [RouteSourceError.Problem]

  init(from decoder: any Decoder) {
    var fields = Fields<Key>(decoder, place: "")
    rules.type = fields.optional(.type, String.self)
    rules.maximumVirtualNetworkRules = fields.optional(.virtualNetworkRules, Int.self)
    rules.maximumIPRules = fields.optional(.ipRules, Int.self)
    rules.allowsRuleBeforeEndpoint = fields.optional(.ruleBeforeEndpoint, Bool.self) ?? false
    rules.ignoresIPRulesInRegion = !(fields.optional(.ipRulesInRegion, Bool.self) ?? true)
    rules.isTokenBased = fields.optional(.byToken, Bool.self) ?? false
    fields.refuseUnknownKeys(decoder, known: Key.allCases)
    for (key, limit) in [
      (Key.virtualNetworkRules, rules.maximumVirtualNetworkRules),
      (.ipRules, rules.maximumIPRules),
    ] {
      if let limit, limit < 0 { fields.report(key, "must not be negative") }
    }
    problems = fields.problems
  }
}
