import Model
import Wire

/// `edge`: the service's side of the backbone, which another process of the program plays (I2).
extension BuildConfiguration {
  /// RFC 6598: no network of a customer and no public host has these.
  private static let defaultTranslation = IPPrefix("100.64.0.0/16")!

  mutating func buildEdge(_ value: Value) -> ServiceEdge? {
    guard let section = value.section("ports: {...}") else { return nil }
    let translation = translation(section["translation"], of: value.place)
    let ports = section.required("ports", "a mapping")?.section("services: {device: services}")
    section.finish()
    guard let ports else { return nil }
    var edge = ServiceEdge(ports: [], translation: translation)
    var devices: [String: WorldPort.Kind] = [:]
    for kind in [WorldPort.Kind.backbone, .internet, .services] {
      let written = ports[kind.rawValue]
      if written == nil, kind == .internet { continue }
      guard var port = edgePort(kind, written) else { continue }
      if kind == .backbone, !joinBackbone(&port, at: written?.place ?? value.place) { continue }
      if let other = devices.updateValue(kind, forKey: port.device.name) {
        findings.error(
          written?.place ?? value.place,
          "the interface `\(port.device.name)` is that of the edge's port `\(other.rawValue)` too")
      }
      edge.ports.append(port)
    }
    ports.finish()
    if topology.resources.isEmpty {
      findings.warning(
        value.place, "there are no `resources`: the edge refuses whatever arrives")
    }
    return edge
  }

  /// Servers must not see one of these addresses and mean somebody else.
  private func translation(_ written: Value?, of edge: Place) -> IPPrefix {
    let prefix: IPPrefix
    if let written {
      guard let read = written.prefix()?.value else { return Self.defaultTranslation }
      prefix = read
      if !prefix.isIPv4 || prefix.length > 30 {
        written.error("`\(prefix)` must be an IPv4 prefix of /30 or shorter")
        return prefix
      }
    } else {
      prefix = Self.defaultTranslation
    }
    let place = written?.place ?? edge.key("translation")
    for network in topology.virtualNetworks {
      for other in network.addressSpace where other.overlaps(prefix) {
        findings.error(
          place,
          "`\(prefix)` overlaps `\(other)` of the virtual network `\(network.name)`; write another")
      }
    }
    for resource in topology.resources {
      for address in resource.addresses + resource.secondaryAddresses
      where prefix.contains(address) {
        findings.error(
          place, "`\(prefix)` holds `\(address)` of the resource `\(resource.name)`; write another")
      }
    }
    return prefix
  }

  private mutating func edgePort(_ kind: WorldPort.Kind, _ value: Value?) -> WorldPort? {
    let name = kind == .backbone ? "eth0" : kind.rawValue
    var section: Section?
    if let value {
      guard let read = value.section("device: \(name)") else { return nil }
      section = read
    }
    let device = Device(
      name: section?["device"]?.deviceName()?.value ?? name,
      mtu: section.map(ReadNetworkInterfaces.mtu) ?? ReadNetworkInterfaces.defaultMTU)
    let (mac, peer) = (
      section?["macAddress"]?.macAddress(), section?["peerMacAddress"]?.macAddress()
    )
    let port = WorldPort(
      kind: kind, device: device,
      macAddress: mac?.value ?? Derived.macAddress(for: "edge port \(device.name)"),
      peerMACAddress: peer?.value ?? Derived.macAddress(for: "edge peer \(device.name)"),
      addresses: section?["addresses"]?.list(of: "IP addresses").compactMap { $0.address()?.value }
        ?? [])
    if kind == .backbone {
      for key in ["macAddress", "peerMacAddress", "mtu"] {
        section?.peek(key)?.error("is that of the other end, `ports.backbone`; remove it")
      }
    }
    section?.finish()
    if port.macAddress == port.peerMACAddress, let peer {
      findings.error(
        peer.place, "`\(peer.value)` is the port's own address; the neighbour has another")
    }
    return port
  }

  /// The other end of `ports.backbone`: what that says of the link holds here the other way round.
  private func joinBackbone(_ port: inout WorldPort, at place: Place) -> Bool {
    guard let near = topology.worldPorts.first(where: { $0.kind == .backbone }) else {
      findings.error(place, "is the other end of `ports.backbone`, which is missing")
      return false
    }
    port.device.mtu = near.device.mtu
    (port.macAddress, port.peerMACAddress) = (near.peerMACAddress, near.macAddress)
    port.encapsulation = near.encapsulation?.reversed
    if let encapsulation = near.encapsulation {
      if let format = encapsulation.format, encapsulation.remote == nil {
        findings.error(
          place,
          "needs `remoteAddress` in `ports.backbone.encapsulation`: the edge's address in the outer "
            + "header of \(format == .nvgre ? "NVGRE" : "VXLAN")")
      }
      if port.addresses.isEmpty, let remote = encapsulation.remote {
        port.addresses = [.v4(remote)]
      }
    }
    return true
  }
}
