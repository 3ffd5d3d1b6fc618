import Foundation
import Model
import Testing
import Wire

/// The data that others published, outside the project.
enum PublishedData {
  static let directory: URL = {
    if let path = ProcessInfo.processInfo.environment["SPURLINE_DATA"] {
      return URL(filePath: path)
    }
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return root.appending(path: "../shared/data")
  }()

  /// A file's path; nil, said visibly, where it is absent, which CI does not allow.
  static func path(_ name: String) -> String? {
    let path = directory.appending(path: name).path(percentEncoded: false)
    if FileManager.default.fileExists(atPath: path) { return path }
    print("SKIPPED: no \(path)")
    #expect(ProcessInfo.processInfo.environment["CI"] == nil, "the data must be there in CI")
    return nil
  }

  static func json<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
    guard let path = path(name) else { return nil }
    var data = try Data(contentsOf: URL(filePath: path))
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
  static func tags(_ name: String, of services: [String]) throws -> ServiceTags? {
    guard let file = try json("service-tags/\(name)", as: TagFile.self) else { return nil }
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

  private static let readFullTable = Result { try readTable() }

  /// The prefixes of a full BGP table, read once; nil where the data is absent.
  static func fullTable() throws -> [IPPrefix]? { try readFullTable.get() }

  private static func readTable() throws -> [IPPrefix]? {
    guard let path = path("bgp/full-table-prefixes.txt.gz") else { return nil }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    var prefixes: [IPPrefix] = []
    for line in text.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
      let parts = line.split(separator: UInt8(ascii: "/"))
      let address = String(decoding: parts[0], as: UTF8.self)
      let length = try #require(Int(String(decoding: parts[1], as: UTF8.self)))
      var bytes = [UInt8](repeating: 0, count: 16)
      if inet_pton(AF_INET, address, &bytes) == 1 {
        let bits = bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) }
        prefixes.append(IPPrefix(.v4(IPv4Address(bits)), length: length))
      } else {
        try #require(inet_pton(AF_INET6, address, &bytes) == 1)
        let bits = bytes.reduce(0) { $0 << 8 | UInt128($1) }
        prefixes.append(IPPrefix(.v6(IPv6Address(bits)), length: length))
      }
    }
    return prefixes
  }
}
