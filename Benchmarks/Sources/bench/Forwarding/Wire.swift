import Foundation
import Glibc

/// Three network namespaces in a row, source, router and sink, joined by veth pairs `s0`-`r0` and `r1`-`d0`. They go when
/// it does.
final class ForwardingWire {
  static let prefix = "spl-fw-"
  static let routerMAC = "12:34:56:78:9a:bc"
  static let outMAC = "02:00:00:00:01:01"
  static let sinkMAC = "02:00:00:00:01:02"

  let source: String
  let router: String
  let sink: String

  init() throws {
    Namespaces.removeStale(prefix: Self.prefix)
    let id = getpid()
    source = "\(Self.prefix)s-\(id)"
    router = "\(Self.prefix)r-\(id)"
    sink = "\(Self.prefix)d-\(id)"
    for name in [source, router, sink] { try Namespaces.make(name) }
    try Command.run(
      "ip", "link", "add", "s0", "netns", source, "type", "veth", "peer", "name", "r0", "netns",
      router)
    try Command.run(
      "ip", "link", "add", "r1", "netns", router, "type", "veth", "peer", "name", "d0", "netns",
      sink)
    for (name, device, mac) in [
      (source, "s0", "02:00:0a:00:01:04"), (router, "r0", Self.routerMAC),
      (router, "r1", Self.outMAC),
      (sink, "d0", Self.sinkMAC),
    ] {
      try Command.run("ip", "-n", name, "link", "set", device, "address", mac, "up")
    }
  }

  /// Whether both ends of the first wire take frames that the kernel made without a socket buffer.
  private(set) var usesNAPI = false

  func useNAPI() throws {
    usesNAPI = true
    for (name, device) in [(source, "s0"), (router, "r0")] {
      try Command.run("ip", "netns", "exec", name, "ethtool", "-K", device, "gro", "on")
    }
  }

  deinit { remove() }

  func remove() { Namespaces.remove([source, router, sink]) }
}
