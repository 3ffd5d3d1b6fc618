import Foundation
import Glibc

@testable import Lab

/// What a lab must leave as it was: the host's interfaces, addresses, routes, rules, and settings.
struct HostState: Equatable {
  var links: String
  var addresses: String
  var routes: String
  var rules: String
  var settings: [String: String]

  init() throws {
    links = try IPRoute2.run(["-o", "link", "show"])
    // Lifetimes count down.
    addresses = try IPRoute2.run(["-o", "address", "show"])
      .replacing(#/valid_lft \w+ preferred_lft \w+/#, with: "")
    routes =
      try IPRoute2.run(["-4", "route", "show", "table", "all"])
      + IPRoute2.run(["-6", "route", "show", "table", "all"]).replacing(#/expires \w+/#, with: "")
    rules = try IPRoute2.run(["rule"]) + IPRoute2.run(["-6", "rule"])
    settings = [:]
    for folder in ["ipv4/conf", "ipv6/conf", "ipv4/neigh", "ipv6/neigh"] {
      let root = "/proc/sys/net/\(folder)"
      for path in FileManager.default.enumerator(atPath: root).map(Array.init) ?? [] {
        guard let path = path as? String else { continue }
        settings["\(root)/\(path)"] = try? String(
          contentsOfFile: "\(root)/\(path)", encoding: .utf8)
      }
    }
    for name in ["ipv4/ip_forward", "core/rmem_max", "ipv4/ip_default_ttl"] {
      let path = "/proc/sys/net/\(name)"
      settings[path] = try? String(contentsOfFile: path, encoding: .utf8)
    }
  }
}
