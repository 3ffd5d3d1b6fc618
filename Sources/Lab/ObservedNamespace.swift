import Wire

/// What the kernel has in a namespace, as `ip -json` prints it.
struct ObservedNamespace {
  struct Device: Decodable {
    struct Address: Decodable {
      var local: String?
      var prefixlen: Int?
    }

    struct Details: Decodable {
      var kind: String?

      enum CodingKeys: String, CodingKey {
        case kind = "info_kind"
      }
    }

    var index: Int
    var name: String
    /// Of a veth: the index of its peer, which may stand in another namespace.
    var peerIndex: Int?
    /// Instead of the index where the peer stands in the same namespace.
    var peerName: String?
    var flags: [String]
    var mtu: Int
    var macAddress: String?
    var alias: String?
    var details: Details?
    var addresses: [Address]?

    enum CodingKeys: String, CodingKey {
      case index = "ifindex"
      case name = "ifname"
      case peerIndex = "link_index"
      case peerName = "link"
      case flags, mtu
      case macAddress = "address"
      case alias = "ifalias"
      case details = "linkinfo"
      case addresses = "addr_info"
    }
  }

  struct Route: Decodable {
    var destination: String
    var gateway: String?
    var device: String?

    enum CodingKeys: String, CodingKey {
      case destination = "dst"
      case gateway
      case device = "dev"
    }
  }

  var devices: [Device]
  var routes: [Route]
  var ipForwarding: Bool

  init(netns: String) throws(LabError) {
    devices = try IPRoute2.query(["address", "show"], in: netns, as: [Device].self)
    routes = try IPRoute2.query(["-4", "route", "show"], in: netns, as: [Route].self)
    routes += try IPRoute2.query(["-6", "route", "show"], in: netns, as: [Route].self)
    let forwarding = try IPRoute2.shell("cat /proc/sys/net/ipv4/ip_forward", in: netns)
    ipForwarding = forwarding.first == "1"
  }

  func device(named name: String) -> Device? { devices.first { $0.name == name } }

  /// The lab whose mark the namespace carries.
  static func owner(of netns: String) throws(LabError) -> String? {
    let loopback = try IPRoute2.query(["link", "show", "dev", "lo"], in: netns, as: [Device].self)
    guard let alias = loopback.first?.alias, alias.hasPrefix(mark(ofLab: "")) else { return nil }
    return String(alias.dropFirst(mark(ofLab: "").count))
  }

  /// The alias of a namespace's loopback interface: whose it is. Names alone do not tell: the namespace
  /// `b-c` of the lab `a` and `c` of the lab `a-b` are both called `spl-a-b-c`.
  static func mark(ofLab lab: String) -> String { "spurline lab \(lab)" }
}

extension ObservedNamespace.Route {
  /// `default` is printed for both versions.
  func goes(to prefix: IPPrefix) -> Bool {
    if destination == "default" {
      guard prefix.isDefault else { return false }
      guard let gateway = gateway.flatMap({ IPAddress($0) }) else { return true }
      return gateway.isIPv4 == prefix.isIPv4
    }
    return IPPrefix(destination) == prefix
  }
}

extension ObservedNamespace {
  /// Whether two devices are the ends of one veth pair: each holds the other's index.
  static func areJoined(_ first: Device?, _ second: Device?) -> Bool {
    guard let first, let second, first.details?.kind == "veth", second.details?.kind == "veth"
    else {
      return false
    }
    if first.peerName == second.name, second.peerName == first.name { return true }
    return first.peerIndex == second.index && second.peerIndex == first.index
  }
}
