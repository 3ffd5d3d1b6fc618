import Foundation
import Testing

/// Real inputs that others published and that are not part of the project: `../shared/data` from its root, or
/// the folder that SPURLINE_DATA names. Tests without them are listed as skipped; in CI they fail.
enum SharedData {
  static let folder: URL? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["SPURLINE_DATA"].map(URL.init(fileURLWithPath:))
    let places = [root.appendingPathComponent("../shared/data"), named].compactMap(\.self)
    return places.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  static let isCI = ProcessInfo.processInfo.environment["CI"] != nil

  static func path(_ name: String) throws -> String {
    try #require(folder, "shared/data is absent").appendingPathComponent(name).path
  }
}

extension Trait where Self == ConditionTrait {
  static var needsSharedData: Self {
    .enabled(if: SharedData.folder != nil || SharedData.isCI, "shared/data is absent")
  }

  static var needsNamespaces: Self {
    .enabled(
      if: TestNamespace.canBeMade || SharedData.isCI, "network namespaces cannot be made; root can")
  }

  static func needs(_ program: String) -> Self {
    let folders = ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"]
    let isThere = folders.contains { FileManager.default.isExecutableFile(atPath: $0 + program) }
    return .enabled(if: isThere || SharedData.isCI, "\(program) is not installed")
  }
}
