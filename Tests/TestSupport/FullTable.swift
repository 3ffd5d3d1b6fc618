import Foundation
import Testing

/// A prefix of the published full BGP table, as plain numbers.
public struct TablePrefix: Sendable {
  public let isIPv4: Bool
  /// In host order, IPv4 in the low 32 bits.
  public let bits: UInt128
  public let length: Int
}

extension SharedData {
  /// The prefixes of a full BGP table, read once.
  public static let fullTable = Result { try readFullTable() }

  private static func readFullTable() throws -> [TablePrefix] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", try path("bgp/full-table-prefixes.txt.gz")]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try text.split(whereSeparator: { $0 == 10 || $0 == 13 }).map { line in
      let parts = line.split(separator: UInt8(ascii: "/"))
      let address = String(decoding: parts[0], as: UTF8.self)
      let length = try #require(Int(String(decoding: parts[1], as: UTF8.self)))
      var bytes = [UInt8](repeating: 0, count: 16)
      let isIPv4 = inet_pton(AF_INET, address, &bytes) == 1
      if !isIPv4 { try #require(inet_pton(AF_INET6, address, &bytes) == 1) }
      let bits = bytes[..<(isIPv4 ? 4 : 16)].reduce(0) { $0 << 8 | UInt128($1) }
      return TablePrefix(isIPv4: isIPv4, bits: bits, length: length)
    }
  }
}
