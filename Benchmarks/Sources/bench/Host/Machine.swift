import Foundation
import Glibc

/// Where figures come from.
struct Machine: Encodable {
  var processor: String
  /// As in "L2 1024K".
  var caches: [String]
  var cores: Int
  var kernel: String
  /// Whether memory comes in huge pages without asking ("always"), on request ("madvise") or "never".
  var transparentHugePages: String
  /// As the kernel says, at the start: of 1, 5 and 15 minutes.
  var load: String
  /// The one that lookups ran on.
  var core: Int

  init(core: Int) {
    self.core = core
    cores = Affinity.cores.count
    let information = Self.text("/proc/cpuinfo").split(separator: "\n")
    let model = information.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    processor = model?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"
    caches = (0..<8).compactMap {
      Self.cache("/sys/devices/system/cpu/cpu\(core)/cache/index\($0)")
    }
    kernel = Self.text("/proc/sys/kernel/osrelease")
    let modes = Self.text("/sys/kernel/mm/transparent_hugepage/enabled")
    let mode = modes.split(separator: "[").last?.split(separator: "]").first
    transparentHugePages = mode.map(String.init) ?? "unknown"
    load = Self.text("/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " ")
  }

  /// The processor and its caches.
  var hardware: String { ([processor] + caches).joined(separator: ", ") }

  private static func cache(_ folder: String) -> String? {
    let level = text(folder + "/level")
    guard !level.isEmpty else { return nil }
    let suffix = ["Data": "d", "Instruction": "i"][text(folder + "/type")] ?? ""
    return "L\(level)\(suffix) \(text(folder + "/size"))"
  }

  /// Of a file, without the line's end; empty where there is none.
  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    // What these files say has no size beforehand.
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
