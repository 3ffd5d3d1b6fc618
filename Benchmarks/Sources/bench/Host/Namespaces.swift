import Foundation
import Glibc

/// Network namespaces of benchmarks. The last part of a name is the process that made it.
enum Namespaces {
  /// Without IPv6: nothing is to be sent there but what is measured.
  static func make(_ name: String) throws {
    try Command.run("ip", "netns", "add", name)
    for scope in ["all", "default"] {
      try Command.run(
        "ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.\(scope).disable_ipv6=1")
    }
  }

  static func remove(_ names: [String]) {
    for name in names { _ = try? Command.run("ip", "netns", "del", name) }
  }

  /// Those of a benchmark that were left by runs that were killed.
  static func removeStale(prefix: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
    remove(
      names.filter { name in
        guard name.hasPrefix(prefix), let process = name.split(separator: "-").last,
          let id = pid_t(process)
        else { return false }
        return kill(id, 0) != 0 && errno == ESRCH
      })
  }
}
