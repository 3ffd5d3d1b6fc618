import Foundation
import Testing

/// Captures that others published, beside the checkout. The project works without them; in CI they are there.
enum SharedData {
  static let folder: URL? = {
    let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
      path.deletingLastPathComponent()
    }
    let places =
      [root.appendingPathComponent("../shared/data").standardized]
      + [ProcessInfo.processInfo.environment["SPURLINE_DATA"]].compactMap {
        $0.map { URL(fileURLWithPath: $0) }
      }
    return places.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// Tests that need the folder are skipped without it, but run, and fail, in CI.
  static let isExpected = folder != nil || ProcessInfo.processInfo.environment["CI"] != nil

  /// All files under a folder, in the order of their names.
  static func files(_ name: String) throws -> [URL] {
    let folder = try #require(folder, "../shared/data is missing").appendingPathComponent(name)
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    return paths.map { folder.appendingPathComponent($0) }.filter { file in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }
  }
}

/// The frames of an Ethernet capture in the old format; empty for any other. Simple, and for tests only: the
/// program reads captures through libpcap.
func capturedFrames(_ file: URL) throws -> [(bytes: [UInt8], wireLength: Int)] {
  let data = [UInt8](try Data(contentsOf: file))
  guard data.count >= 24 else { return [] }
  let magic = number(data[0..<4])
  let isBigEndian = magic == 0xa1b2_c3d4 || magic == 0xa1b2_3c4d
  guard isBigEndian || magic == 0xd4c3_b2a1 || magic == 0x4d3c_b2a1 else { return [] }
  func field(_ offset: Int) -> Int {
    let bytes = data[offset..<offset + 4]
    return Int(isBigEndian ? number(bytes) : number(bytes.reversed()))
  }
  guard field(20) & 0xffff == 1 else { return [] }
  var frames: [(bytes: [UInt8], wireLength: Int)] = []
  var offset = 24
  while offset + 16 <= data.count {
    let length = field(offset + 8)
    let wireLength = field(offset + 12)
    offset += 16
    guard length <= 1 << 18, offset + length <= data.count else { break }
    frames.append((Array(data[offset..<offset + length]), max(length, wireLength)))
    offset += length
  }
  return frames
}
