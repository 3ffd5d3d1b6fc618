import Glibc

/// Two guests and a router between them, each a network namespace. A guest's `eth0` is the same whoever forwards: its
/// addresses, its MAC and its MTU; only its other end differs.
final class IperfWire {
  static let prefix = "spl-ip-"

  struct Guest {
    var namespace: String
    var address: String
    var gateway: String
    var mac: String
    /// The router's end of a veth pair.
    var routerDevice: String
  }

  let router: String
  let client: Guest
  let server: Guest

  init() throws {
    Namespaces.removeStale(prefix: Self.prefix)
    let id = getpid()
    router = "\(Self.prefix)r-\(id)"
    let guest = { (letter: String, number: Int) in
      Guest(
        namespace: "\(Self.prefix)\(letter)-\(id)", address: "10.0.\(number).4",
        gateway: "10.0.\(number).1", mac: "02:00:0a:00:0\(number):04",
        routerDevice: "r\(number)")
    }
    client = guest("c", 1)
    server = guest("s", 2)
    for name in names { try Namespaces.make(name) }
  }

  deinit { remove() }

  private var guests: [Guest] { [client, server] }
  private var names: [String] { [router] + guests.map(\.namespace) }

  func remove() { Namespaces.remove(names) }

  /// Plugs the guests into the router by veth pairs.
  func plugVeth() throws {
    for guest in guests {
      try Command.run(
        "ip", "-n", guest.namespace, "link", "add", "eth0", "type", "veth", "peer", "name",
        guest.routerDevice, "netns", router)
      try Command.run("ip", "-n", router, "link", "set", guest.routerDevice, "up")
      try configure(guest)
    }
  }

  /// Gives the guests TAPs, which the dataplane opens.
  func plugTAP() throws {
    for guest in guests {
      try Command.run(
        "ip", "-n", guest.namespace, "tuntap", "add", "dev", "eth0", "mode", "tap")
      try configure(guest)
    }
  }

  func unplug() {
    for guest in guests { _ = try? Command.run("ip", "-n", guest.namespace, "link", "del", "eth0") }
  }

  private func configure(_ guest: Guest) throws {
    for words in [
      ["link", "set", "eth0", "address", guest.mac, "up"],
      ["addr", "add", "\(guest.address)/24", "dev", "eth0"],
      ["route", "add", "default", "via", guest.gateway],
    ] { try Command.run(["ip", "-n", guest.namespace] + words) }
  }
}
