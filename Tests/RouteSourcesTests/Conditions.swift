import Foundation
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
  static var needsRoot: Self {
    .enabled(if: geteuid() == 0 || SharedData.isCI, "network namespaces need root")
  }
}
