import Foundation
import Model
import TestSupport
import Wire

/// `SharedData`, as the model takes it.
enum PublishedData {
  static func json<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    var data = try Data(contentsOf: URL(filePath: SharedData.path(name)))
    if data.starts(with: [0xef, 0xbb, 0xbf]) { data.removeFirst(3) }
    return try JSONDecoder().decode(type, from: Data(data))
  }

  private struct TagFile: Decodable {
    struct Tag: Decodable {
      struct Properties: Decodable {
        var region: String
        var systemService: String
        var addressPrefixes: [String]
        var networkFeatures: [String]?
      }
      var name: String
      var properties: Properties
    }
    var changeNumber: Int
    var values: [Tag]
  }

  /// The tags of a published file whose names begin with one of these.
  static func tags(_ name: String, of services: [String]) throws -> ServiceTags {
    let file = try json("service-tags/\(name)", as: TagFile.self)
    return ServiceTags(
      source: name, changeNumber: file.changeNumber,
      tags: file.values.filter { services.contains(ServiceTag.topLevelName(of: $0.name)) }.map {
        ServiceTag(
          name: $0.name, region: $0.properties.region.isEmpty ? nil : Region($0.properties.region),
          systemService: $0.properties.systemService,
          networkFeatures: $0.properties.networkFeatures,
          prefixes: $0.properties.addressPrefixes.compactMap { IPPrefix(lenient: $0) })
      })
  }

  /// The prefixes of a full BGP table.
  static func fullTable() throws -> [IPPrefix] {
    try SharedData.fullTable.get().map {
      let address =
        $0.isIPv4
        ? IPAddress.v4(IPv4Address(UInt32(truncatingIfNeeded: $0.bits)))
        : .v6(IPv6Address($0.bits))
      return IPPrefix(address, length: $0.length)
    }
  }
}
