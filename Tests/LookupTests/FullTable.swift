import Foundation
import Lookup
import Testing

/// The prefixes of a full BGP table, from the published data set.
enum FullTable {
  static let path: String = {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent()
    let data =
      ProcessInfo.processInfo.environment["SPURLINE_DATA"]
      ?? root.appending(path: "../shared/data").path(percentEncoded: false)
    return data + "/bgp/full-table-prefixes.txt.gz"
  }()

  static var isPresent: Bool { FileManager.default.fileExists(atPath: path) }

  static func load() throws -> (
    v4: [PrefixTable<UInt32>.Element], v6: [PrefixTable<UInt128>.Element]
  ) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    var v4: [PrefixTable<UInt32>.Element] = []
    var v6: [PrefixTable<UInt128>.Element] = []
    for line in text.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
      let parts = line.split(separator: UInt8(ascii: "/"))
      let address = String(decoding: parts[0], as: UTF8.self)
      let length = try #require(Int(String(decoding: parts[1], as: UTF8.self)))
      var bytes = [UInt8](repeating: 0, count: 16)
      if inet_pton(AF_INET, address, &bytes) == 1 {
        let key = bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) }
        v4.append(.init(key: key, length: length, value: UInt32(v4.count)))
      } else {
        try #require(inet_pton(AF_INET6, address, &bytes) == 1)
        let key = bytes.reduce(0) { $0 << 8 | UInt128($1) }
        v6.append(.init(key: key, length: length, value: UInt32(v6.count)))
      }
    }
    return (v4, v6)
  }
}
