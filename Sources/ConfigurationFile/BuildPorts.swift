import Model
import Wire

/// Ports: the kernel interfaces under NICs, and those towards the world.
extension BuildConfiguration {
  /// The device of a NIC's port; by default an interface of the NIC's name.
  mutating func device(_ draft: DeviceDraft?, of nic: InterfaceDraft, role: String) -> Device {
    let name = nic.name.value
    let derived = DeviceName.derived(from: role == "port" ? name : "\(name)-\(role)")
    let device = Device(
      kind: draft?.kind ?? .interface, name: draft?.name?.value ?? derived,
      namespace: draft?.namespace, mtu: draft?.mtu ?? ReadNetworkInterfaces.defaultMTU)
    claim(device, for: "the NIC `\(name)`", at: draft?.name?.place ?? nic.place.key(role))
    return device
  }

  private mutating func claim(_ device: Device, for owner: String, at place: Place) {
    let key = [device.namespace, device.name].compactMap { $0 }.joined(separator: "/")
    // Two NICs of one name have been reported as such.
    if let other = devices.updateValue(owner, forKey: key), other != owner {
      findings.error(place, "the interface `\(device.name)` is that of \(other) too")
    }
  }

  /// `ports`: those that are written. Without the section there are `internet` and `backbone`, so that
  /// routes and replays need none.
  mutating func buildWorldPorts() {
    guard let value = document.ports else {
      for kind in [WorldPort.Kind.internet, .backbone] {
        topology.worldPorts.append(worldPort(kind, nil, place: document.place.key("ports")))
      }
      return
    }
    guard let section = value.section("internet: {device: internet}") else { return }
    for kind in WorldPort.Kind.allCases where kind != .services {
      guard let written = section.written(kind.rawValue) else { continue }
      if kind == .gateway, case .list = written.node.content {
        for element in written.list(of: "gateways") { appendPort(kind, element) }
      } else {
        appendPort(kind, written)
      }
    }
    section.finish()
    warnOfMissingPorts(at: value.place)
    let gateways = topology.worldPorts.filter { $0.kind == .gateway }.compactMap(\.virtualNetwork)
    for network in Set(gateways) where gateways.count(where: { $0 == network }) > 1 {
      findings.error(
        value.place.key("gateway"),
        "the network `\(topology.virtualNetworks[network].name)` has two gateways; it can have one")
    }
  }

  private func warnOfMissingPorts(at place: Place) {
    let kinds = Set(topology.worldPorts.map(\.kind))
    if !kinds.contains(.internet) {
      findings.warning(place.key("internet"), "is missing: what goes to the Internet is dropped")
    }
    if !kinds.contains(.backbone),
      topology.subnets.contains(where: { !$0.serviceEndpoints.isEmpty })
    {
      findings.warning(
        place.key("backbone"), "is missing: what goes to service endpoints is dropped")
    }
  }

  private mutating func appendPort(_ kind: WorldPort.Kind, _ value: Value) {
    if case .null = value.node.content {
      if kind == .gateway { value.error("needs `virtualNetwork`, the network whose gateway it is") }
      topology.worldPorts.append(worldPort(kind, nil, place: value.place))
      return
    }
    guard let section = value.section("device: \(kind.rawValue)") else { return }
    var port = worldPort(kind, section, place: value.place)
    if kind == .gateway {
      port.virtualNetwork = section.required("virtualNetwork", "the network whose gateway it is")
        .flatMap(network(named:))
    } else if let network = section.peek("virtualNetwork") {
      network.error("only the gateway belongs to one network; remove it")
    }
    if kind == .backbone, let encapsulation = section["encapsulation"] {
      port.encapsulation = self.encapsulation(encapsulation, of: port)
    }
    section.finish()
    topology.worldPorts.append(port)
  }

  private mutating func worldPort(
    _ kind: WorldPort.Kind, _ section: Section?, place: Place
  ) -> WorldPort {
    let name = section?["device"]?.deviceName()
    let mac = section?["macAddress"]?.macAddress()
    let peer = section?["peerMacAddress"]?.macAddress()
    let addresses =
      section?["addresses"]?.list(of: "IP addresses").compactMap { $0.address() } ?? []
    let device = Device(
      name: name?.value ?? kind.rawValue,
      mtu: section.map(ReadNetworkInterfaces.mtu) ?? ReadNetworkInterfaces.defaultMTU)
    claim(device, for: "the port `\(kind.rawValue)`", at: name?.place ?? place)
    let port = WorldPort(
      kind: kind, device: device,
      macAddress: mac?.value ?? Derived.macAddress(for: "port \(device.name)"),
      peerMACAddress: peer?.value ?? Derived.macAddress(for: "peer \(device.name)"),
      addresses: addresses.map(\.value))
    if port.macAddress == port.peerMACAddress, let peer {
      findings.error(
        peer.place, "`\(peer.value)` is the port's own address; the neighbour has another")
    }
    return port
  }
}
