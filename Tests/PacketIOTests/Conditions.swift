import Foundation
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
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
