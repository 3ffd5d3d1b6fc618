import Foundation

/// A file of one test, removed with it.
final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8] = [], name: String = "capture") throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("spl-io-\(UUID().uuidString)-\(name)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var bytes: [UInt8] {
    get throws { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
  }
}
