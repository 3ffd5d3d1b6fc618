import Foundation
import Model
import Wire

/// Azure's service-tag file, as published weekly (`ServiceTags_Public_*.json`) and as the Service Tag Discovery
/// API answers.
///
/// The traps: files of 2019 have neither `regionId` nor `networkFeatures`, later ones have
/// `networkFeatures: null` on half the tags; the `region` value is not the name's suffix
/// (`ActionGroup.FranceCentral` is in `centralfrance`); IPv6 prefixes stand among the IPv4 ones; copies have
/// CRLF or a byte order mark. Keys that are not known are left alone: Microsoft adds some now and then.
public enum ServiceTagFile {
  /// Reads and checks a whole file.
  /// - Throws: `RouteSourceError` with every problem, each with its tag and field.
  public static func read(path: String) throws(RouteSourceError) -> ServiceTags {
    try parse(JSONFile.bytes(ofFile: path), source: path)
  }

  /// - Parameter source: what messages call it: a path, or `built in`.
  public static func parse(_ data: Data, source: String) throws(RouteSourceError) -> ServiceTags {
    let document = try JSONFile.decode(PublishedFile.self, from: data, source: source)
    var problems: [RouteSourceError.Problem] = []
    var tags: [ServiceTag] = []
    var seen: [String: Int] = [:]
    for (index, entry) in document.values.enumerated() {
      let place = "values[\(index)]" + (entry.name.map { " (\($0))" } ?? "")
      problems += entry.problems.map {
        RouteSourceError.Problem(field: "\(place): \($0.field)", sentence: $0.sentence)
      }
      guard let tag = entry.tag else { continue }
      if let first = seen.updateValue(index, forKey: tag.name.lowercased()) {
        problems.append(
          RouteSourceError.Problem(
            field: "\(place): name",
            sentence: "values[\(first)] has the same name; a tag may be listed once"))
      }
      tags.append(tag)
    }
    guard problems.isEmpty else { throw .invalid(file: source, problems: problems) }
    return ServiceTags(source: source, changeNumber: document.changeNumber, tags: tags)
  }

  /// The same for bytes in an array.
  public static func parse(_ bytes: [UInt8], source: String) throws(RouteSourceError) -> ServiceTags
  {
    try parse(Data(bytes), source: source)
  }
}

/// The file's outermost object.
private struct PublishedFile: Decodable {
  var changeNumber: Int
  var values: [PublishedTag]
}

/// One element of `values`: never fails to decode, but holds its problems.
private struct PublishedTag: Decodable {
  enum Key: String, CodingKey { case name, properties }
  enum Property: String, CodingKey {
    case region, systemService, addressPrefixes, networkFeatures
  }

  var name: String?
  var tag: ServiceTag?
  var problems: [RouteSourceError.Problem]

  init(from decoder: any Decoder) {
    var fields = Fields<Key>(decoder, place: "")
    name = fields.required(.name, String.self)
    if name?.isEmpty == true { fields.report(.name, "is empty") }
    guard var properties = fields.object(.properties, keyedBy: Property.self) else {
      problems = fields.problems
      return
    }
    let region = properties.optional(.region, String.self) ?? ""
    let systemService = properties.optional(.systemService, String.self) ?? ""
    let features = properties.optional(.networkFeatures, [String].self)
    var prefixes: [IPPrefix] = []
    for (index, text) in (properties.required(.addressPrefixes, [String].self) ?? []).enumerated() {
      if let prefix = IPPrefix(text) {
        prefixes.append(prefix)
      } else if let meant = IPPrefix(lenient: text) {
        properties.report(
          .addressPrefixes, index: index, "`\(text)` has bits behind its length; `\(meant)` has not"
        )
      } else {
        properties.report(
          .addressPrefixes, index: index,
          "`\(text)` is not an address prefix such as `20.60.26.0/23` or `2603:1020::/48`")
      }
    }
    problems = fields.problems + properties.problems
    if let name, problems.isEmpty {
      tag = ServiceTag(
        name: name, region: region.isEmpty ? nil : Region(region), systemService: systemService,
        networkFeatures: features, prefixes: prefixes)
    }
  }
}
