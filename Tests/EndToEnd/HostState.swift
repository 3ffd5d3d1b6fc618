import Foundation

/// What a lab must leave as it was.
struct HostState: Equatable {
  var namespaces: String
  var links: String
  var addresses: String
  var routes: String
  var sysctls: String

  static func now() throws -> HostState {
    func text(_ arguments: String...) throws -> String { try Program.run(arguments).output }
    return HostState(
      namespaces: try text("ip", "netns", "list"), links: try text("ip", "-o", "link"),
      addresses: try text("ip", "-o", "address"),
      routes: try text("ip", "route", "show", "table", "all"),
      sysctls: try text(
        "sysctl", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding",
        "net.ipv4.conf.all.rp_filter", "net.core.rmem_max", "net.core.rmem_default"))
  }
}
