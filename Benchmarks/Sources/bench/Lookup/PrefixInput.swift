import ArgumentParser
import Foundation
import Lookup
import Wire

/// The prefixes that a benchmark is made from: one a line, in any order; blank lines are skipped.
struct PrefixInput {
  private(set) var v4: [PrefixTable<UInt32>.Element] = []
  private(set) var v6: [PrefixTable<UInt128>.Element] = []

  /// - Parameter path: A file, unpacked by gzip when its name ends in ".gz"; standard input without.
  init(path: String?) throws {
    let name = path ?? "standard input"
    let bytes = try path.map(Self.read(file:)) ?? Self.readStandardInput()
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let text = Self.trim(line)
      guard !text.isEmpty else { continue }
      guard let prefix = IPPrefix(lenient: text) else {
        throw ValidationError("\(name), line \(number): not a prefix: \(text)")
      }
      switch prefix.address {
      case .v4(let address):
        v4.append(.init(key: address.bits, length: prefix.length, value: 0))
      case .v6(let address):
        v6.append(.init(key: address.bits, length: prefix.length, value: 0))
      }
    }
    guard !v4.isEmpty || !v6.isEmpty else { throw ValidationError("\(name) has no prefixes") }
  }

  private static func trim(_ line: ArraySlice<UInt8>) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0d }
    var line = line.drop(while: isSpace)
    while let last = line.last, isSpace(last) { line.removeLast() }
    return String(decoding: line, as: UTF8.self)
  }

  private static func readStandardInput() throws -> [UInt8] {
    guard isatty(0) == 0 else {
      throw ValidationError(
        """
        a list of prefixes, one a line, is needed: as a file (plain, or .gz) or on standard input, as in
          scripts/bench lookup prefixes.txt.gz
        """)
    }
    return try readAll(0, "standard input")
  }

  private static func read(file path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw ValidationError("\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    guard path.hasSuffix(".gz") else { return try readAll(file, path) }

    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc"]
    gzip.standardInput = FileHandle(fileDescriptor: file)
    let output = Pipe()
    gzip.standardOutput = output
    try gzip.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    gzip.waitUntilExit()
    guard gzip.terminationStatus == 0 else {
      throw ValidationError("\(path): gzip cannot unpack it")
    }
    return [UInt8](bytes)
  }

  private static func readAll(_ file: Int32, _ name: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &part, part.count)
      if count == 0 { return bytes }
      if count > 0 {
        bytes += part[..<count]
      } else if errno != EINTR {
        throw ValidationError("\(name): \(String(cString: strerror(errno)))")
      }
    }
  }
}
