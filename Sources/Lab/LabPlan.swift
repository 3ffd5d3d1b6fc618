import ConfigurationFile
import Model
import Wire

/// What a lab consists of: a pure function of the configuration, in iproute2's terms.
struct LabPlan: Sendable, Equatable {
  /// One network namespace.
  struct Namespace: Sendable, Equatable {
    /// In the configuration: `vm1`; or `fabric`, in which the dataplane runs.
    var name: String
    /// For the kernel: `spl-LAB-vm1`.
    var netns: String
    var ipForwarding: Bool
    var loopbackAddresses: [LabTopology.InterfaceAddress]
    var devices: [Device] = []
    var routes: [Route] = []
  }

  struct Device: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
      case veth
      case tap
    }

    var name: String
    var kind: Kind
    var macAddress: MACAddress?
    /// In bytes; nil leaves the kernel's.
    var mtu: Int?
    var addresses: [LabTopology.InterfaceAddress] = []
    /// An end that the dataplane reads: the kernel's own IP stack keeps out of it.
    var isDataplanePort = false
  }

  struct Route: Sendable, Equatable {
    var destination: IPPrefix
    var via: IPAddress?
    var device: String?
    /// The next hop is on the link although no prefix of the interface says so.
    var onlink = false
  }

  /// A veth pair: which device of which namespace is joined to which.
  struct Cable: Sendable, Equatable {
    struct End: Sendable, Equatable {
      /// Index into `namespaces`.
      var namespace: Int
      var device: String
    }

    var first: End
    var second: End
  }

  var lab: String
  /// `fabric` first, then in the order of the file.
  private(set) var namespaces: [Namespace] = []
  private(set) var cables: [Cable] = []

  static let fabric = "fabric"
  /// The interface that leads a guest or a router to the dataplane.
  static let guestDevice = "eth0"

  static func prefix(ofLab lab: String) -> String { "spl-\(lab)-" }

  /// - Throws: `LabError.noLabSection` or `.impossible`.
  init(_ configuration: Configuration) throws(LabError) {
    guard let topology = configuration.lab else {
      throw .noLabSection(path: configuration.path)
    }
    lab = configuration.topology.name
    add(LabTopology.Namespace(name: Self.fabric))
    for namespace in topology.namespaces { add(namespace) }
    var problems: [String] = []
    for (index, namespace) in topology.namespaces.enumerated() {
      switch namespace.attachment {
      case .networkInterface(let nic):
        attach(nic, of: configuration.topology, to: index + 1, namespace.addresses, &problems)
      case .worldPort(let port):
        attach(
          configuration.topology.worldPorts[port], to: index + 1, namespace.addresses, &problems)
      case nil:
        if !namespace.addresses.isEmpty {
          problems.append(
            "namespace \(namespace.name) has addresses but neither networkInterface nor port")
        }
      }
    }
    for link in topology.links { connect(link, &problems) }
    if let edge = configuration.topology.edge,
      let index = topology.namespaces.firstIndex(where: \.isEdge)
    {
      makeEdge(edge, in: index + 1, &problems)
    }
    problems += contradictions()
    guard problems.isEmpty else { throw .impossible(problems: problems) }
  }

  /// By the configuration's name, or the kernel's.
  func namespace(named name: String) -> Namespace? {
    namespaces.first { $0.name == name } ?? namespaces.first { $0.netns == name }
  }

  private mutating func add(_ namespace: LabTopology.Namespace) {
    namespaces.append(
      Namespace(
        name: namespace.name, netns: Self.prefix(ofLab: lab) + namespace.name,
        ipForwarding: namespace.ipForwarding, loopbackAddresses: namespace.loopbackAddresses,
        routes: namespace.routes.map {
          // A NIC's platform device has no address of its own that a next hop would be beside.
          Route(
            destination: $0.destination, via: $0.via, device: $0.device,
            onlink: $0.via != nil && $0.device != nil)
        }))
  }

  /// A NIC's guest: its MAC, its addresses, and the subnet's gateway as its only way out.
  private mutating func attach(
    _ index: Int, of topology: Topology, to namespace: Int,
    _ further: [LabTopology.InterfaceAddress], _ problems: inout [String]
  ) {
    let nic = topology.networkInterfaces[index]
    let subnet = topology.subnets[nic.subnet]
    let addresses = nic.ipConfigurations.map { configuration in
      Self.guestAddress(of: configuration, in: subnet, nic.guestAddress)
    }
    let device = join(
      nic.device, what: "network interface \(nic.name)", to: namespace, mac: nic.macAddress,
      addresses: addresses + further, portMAC: nil, &problems)
    // A route that the file gives for the same destination takes the place of the default.
    for isIPv4 in [true, false]
    where addresses.contains(where: { $0.address.isIPv4 == isIPv4 }) {
      let everything = isIPv4 ? IPPrefix.anyIPv4 : .anyIPv6
      guard let gateway = subnet.gatewayAddress(ipv4: isIPv4),
        !namespaces[namespace].routes.contains(where: { $0.destination == everything })
      else { continue }
      namespaces[namespace].routes.insert(
        Route(destination: everything, via: gateway, device: device, onlink: true), at: 0)
    }
    if let platform = nic.platformDevice {
      join(
        platform, what: "platform port of \(nic.name)", to: namespace, as: "platform",
        mac: nic.macAddress, addresses: [], portMAC: nil, &problems)
    }
  }

  /// The length is the subnet's where the guest has its private address: the fabric answers ARP for the whole
  /// subnet. A public address has no neighbours on its link.
  private static func guestAddress(
    of configuration: NetworkInterface.IPConfiguration, in subnet: Subnet, _ kind: GuestAddress
  ) -> LabTopology.InterfaceAddress {
    if kind == .public, let address = configuration.publicAddress {
      return LabTopology.InterfaceAddress(address: address, prefixLength: address.width)
    }
    let address = configuration.privateAddress
    let prefix = subnet.addressPrefixes.first { $0.contains(address) }
    return LabTopology.InterfaceAddress(
      address: address, prefixLength: prefix?.length ?? address.width)
  }

  /// The far side of a port towards the world.
  private mutating func attach(
    _ port: WorldPort, to namespace: Int, _ addresses: [LabTopology.InterfaceAddress],
    _ problems: inout [String]
  ) {
    join(
      port.device, what: "port \(port.kind.rawValue)", to: namespace, mac: port.peerMACAddress,
      addresses: addresses, portMAC: port.macAddress, &problems)
  }

  /// Joins a namespace to a port of the dataplane: by a veth pair, or by a TAP that the dataplane opens.
  /// - Returns: the name of the device in the namespace.
  @discardableResult
  private mutating func join(
    _ device: Model.Device, what: String, to namespace: Int,
    as guestDevice: String = Self.guestDevice,
    mac: MACAddress, addresses: [LabTopology.InterfaceAddress], portMAC: MACAddress?,
    _ problems: inout [String]
  ) -> String {
    switch device.kind {
    case .interface:
      namespaces[namespace].devices.append(
        Device(
          name: guestDevice, kind: .veth, macAddress: mac, mtu: device.mtu, addresses: addresses))
      namespaces[0].devices.append(
        Device(
          name: device.name, kind: .veth, macAddress: portMAC, mtu: device.mtu,
          isDataplanePort: true))
      cables.append(
        Cable(
          first: Cable.End(namespace: 0, device: device.name),
          second: Cable.End(namespace: namespace, device: guestDevice)))
      return guestDevice
    case .tap:
      let netns = namespaces[namespace].netns
      if device.namespace != netns {
        problems.append(
          "the TAP of \(what) must stand in its guest's namespace: write `namespace: \(netns)`")
      }
      namespaces[namespace].devices.append(
        Device(
          name: device.name, kind: .tap, macAddress: mac, mtu: device.mtu, addresses: addresses))
      return device.name
    }
  }

  /// A link beside the dataplane.
  private mutating func connect(_ link: LabTopology.Link, _ problems: inout [String]) {
    var ends: [Cable.End] = []
    for end in [link.first, link.second] {
      guard let index = namespaces.firstIndex(where: { $0.name == end.namespace }) else {
        problems.append("a link ends in `\(end.namespace)`, which is no namespace of the lab")
        continue
      }
      namespaces[index].devices.append(
        Device(name: end.device, kind: .veth, addresses: end.addresses))
      ends.append(Cable.End(namespace: index, device: end.device))
    }
    if ends.count == 2 { cables.append(Cable(first: ends[0], second: ends[1])) }
  }

  /// The interfaces of the edge's namespace are its ports, with their MAC addresses at both ends.
  private mutating func makeEdge(
    _ edge: ServiceEdge, in namespace: Int, _ problems: inout [String]
  ) {
    for port in edge.ports {
      guard
        let device = namespaces[namespace].devices.firstIndex(where: {
          $0.name == port.device.name
        })
      else {
        problems.append(
          "the edge's port \(port.kind.rawValue) is `\(port.device.name)`, and the namespace "
            + "\(namespaces[namespace].name) has no such interface")
        continue
      }
      namespaces[namespace].devices[device].macAddress = port.macAddress
      namespaces[namespace].devices[device].mtu = port.device.mtu
      namespaces[namespace].devices[device].isDataplanePort = true
      let end = Cable.End(namespace: namespace, device: port.device.name)
      guard let cable = cables.first(where: { $0.first == end || $0.second == end }) else {
        continue
      }
      let other = cable.first == end ? cable.second : cable.first
      let far = namespaces[other.namespace].devices.firstIndex { $0.name == other.device }!
      if !namespaces[other.namespace].devices[far].isDataplanePort {
        namespaces[other.namespace].devices[far].macAddress = port.peerMACAddress
        namespaces[other.namespace].devices[far].mtu = port.device.mtu
      }
    }
  }

  private func contradictions() -> [String] {
    var problems: [String] = []
    if lab.isEmpty || lab.contains("/") {
      problems.append("the configuration needs a `name` without `/`: namespaces are called by it")
    }
    for namespace in namespaces {
      if namespaces.filter({ $0.name == namespace.name }).count > 1 {
        problems.append("two namespaces are called \(namespace.name)")
      }
      var seen: Set<String> = ["lo"]
      for device in namespace.devices {
        if !seen.insert(device.name).inserted {
          problems.append("namespace \(namespace.name) has two devices called \(device.name)")
        }
        // IFNAMSIZ is 16, with the zero byte.
        if !(1...15).contains(device.name.utf8.count) || device.name.contains("/") {
          problems.append(
            "`\(device.name)` cannot be the name of a device: 1 to 15 characters, no `/`")
        }
      }
    }
    return problems
  }
}
