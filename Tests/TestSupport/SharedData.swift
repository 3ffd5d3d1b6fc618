import Foundation
import Testing

/// Real inputs that others published and that are not part of the project: `../shared/data` from its root, or
/// the folder that SPURLINE_DATA names. Tests without them are listed as skipped; in CI they fail.
public enum SharedData {
  public static let folder: URL? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["SPURLINE_DATA"].map(URL.init(fileURLWithPath:))
    let places = [root.appendingPathComponent("../shared/data"), named].compactMap(\.self)
    return places.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  public static let isCI = ProcessInfo.processInfo.environment["CI"] != nil

  public static func path(_ name: String) throws -> String {
    try #require(folder, "shared/data is absent").appendingPathComponent(name).path
  }
}

extension Trait where Self == ConditionTrait {
  public static var needsSharedData: Self {
    .enabled(if: SharedData.folder != nil || SharedData.isCI, "shared/data is absent")
  }
}
