import Model
import Wire

/// `ports.backbone.encapsulation`: how the identity of networks travels (I1).
extension BuildConfiguration {
  /// A mapping, or one of its types by itself. Nil where packets go as they are, or something is wrong.
  mutating func encapsulation(
    _ value: Value, of port: WorldPort
  ) -> BackboneEncapsulation? {
    if case .scalar = value.node.content {
      guard let kind = value.choice(of: BackboneEncapsulation.Kind.self) else { return nil }
      return finished(BackboneEncapsulation(kind: kind.value), of: port, at: value.place, nil)
    }
    guard let section = value.section("type: service-tunnel") else { return nil }
    let kinds = Spelling.choice(BackboneEncapsulation.Kind.allCases.map(\.rawValue))
    guard
      let kind = section.required("type", kinds)?.choice(of: BackboneEncapsulation.Kind.self)?.value
    else { return nil }
    var encapsulation = BackboneEncapsulation(
      kind: kind, outer: kind == .vxlan ? .vxlan : .none,
      local: section["localAddress"].flatMap(underlayAddress),
      remote: section["remoteAddress"].flatMap(underlayAddress),
      remoteMACAddress: section["remoteMacAddress"]?.macAddress()?.value)
    if let port = section["udpPort"]?.integer(1...65_535) {
      encapsulation.port = UInt16(port.value)
    }
    if kind == .serviceTunnel {
      if let outer = section["outer"]?.choice(of: BackboneEncapsulation.Outer.self) {
        encapsulation.outer = outer.value
      }
      if let prefix = section["servicePrefix"].flatMap(overlayPrefix) {
        encapsulation.servicePrefix = prefix.value
      }
      if let prefixes = section["prefixes"] { encapsulation.prefixes = subnetPrefixes(prefixes) }
    } else {
      for key in ["outer", "servicePrefix", "prefixes"] {
        section.peek(key)?.error("belongs to a `service-tunnel`; remove it")
      }
    }
    section.finish()
    return finished(encapsulation, of: port, at: value.place, section)
  }

  /// What belongs together is there.
  private func finished(
    _ encapsulation: BackboneEncapsulation, of port: WorldPort, at place: Place, _ section: Section?
  ) -> BackboneEncapsulation? {
    guard encapsulation.kind != .none else { return nil }
    var encapsulation = encapsulation
    if let format = encapsulation.format {
      if encapsulation.local == nil {
        encapsulation.local =
          port.addresses.lazy.compactMap {
            if case .v4(let address) = $0 { address } else { nil }
          }.first
      }
      if encapsulation.local == nil {
        findings.error(
          place.key("localAddress"),
          "is missing; it must be our IPv4 address on the backbone, unless `addresses` has one")
      }
      if encapsulation.kind == .vxlan, encapsulation.remote == nil {
        findings.error(
          place.key("remoteAddress"),
          "is missing; it must be the IPv4 address of the far end, such as `169.254.3.2`")
      }
      if let local = encapsulation.local, local == encapsulation.remote {
        findings.error(
          section?["remoteAddress"]?.place ?? place, "`\(local)` is our own address on the backbone"
        )
      }
      if format == .nvgre, let written = section?["udpPort"] {
        written.error("belongs to VXLAN; NVGRE has no UDP port")
      }
    } else {
      for key in ["localAddress", "remoteAddress", "remoteMacAddress", "udpPort"] {
        section?[key]?.error("belongs to an outer header; write `outer: nvgre` or `outer: vxlan`")
      }
    }
    checkNumbers(encapsulation, at: place)
    let rest = port.device.mtu - 28 - (encapsulation.format?.headerLength ?? 0)
    if rest < 576 {
      findings.error(
        place,
        "leaves \(rest) of the backbone's \(port.device.mtu) bytes; every IPv4 link carries 576")
    }
    return encapsulation
  }

  /// Each subnet has an identity of its own; subnets of one network may share a prefix that is written.
  private func checkNumbers(_ encapsulation: BackboneEncapsulation, at place: Place) {
    var owners: [OverlayPrefix: Int] = [:]
    for (index, identity) in topology.identities.enumerated() {
      let prefix = encapsulation.prefixes[index] ?? identity.prefix
      let name = topology.qualifiedName(ofSubnet: index)
      let number = subnetDrafts[index].number
      if encapsulation.isServiceTunnel, prefix == encapsulation.servicePrefix {
        findings.error(
          place.key("prefixes"), "\(prefix) of the subnet `\(name)` is the services' prefix too")
      }
      guard let other = owners.updateValue(index, forKey: prefix) else { continue }
      let isShared =
        encapsulation.prefixes[index] != nil && encapsulation.prefixes[other] != nil
        && topology.subnets[index].virtualNetwork == topology.subnets[other].virtualNetwork
      guard !isShared else { continue }
      findings.error(
        number?.place ?? subnetDrafts[index].place.key("number"),
        "the subnets `\(topology.qualifiedName(ofSubnet: other))` and `\(name)` have one identity, "
          + "\(prefix); write another `number`")
    }
  }

  private func underlayAddress(_ value: Value) -> IPv4Address? {
    guard let address = value.address() else { return nil }
    guard case .v4(let underlay) = address.value, underlay.bits >> 24 != 0,
      underlay.bits >> 28 < 0xe
    else {
      value.error("`\(address.value)` is not the IPv4 address of one host on the backbone")
      return nil
    }
    return underlay
  }

  private func overlayPrefix(_ value: Value) -> Located<OverlayPrefix>? {
    guard let prefix = value.prefix() else { return nil }
    guard let overlay = OverlayPrefix(prefix.value) else {
      value.error(
        "`\(prefix.value)` must be an IPv6 prefix of 96 bits: an IPv4 address stands behind it")
      return nil
    }
    return Located(value: overlay, place: prefix.place)
  }

  /// `network/subnet`, or a network for all its subnets, and a prefix each. A subnet's own wins.
  private func subnetPrefixes(_ value: Value) -> [Int: OverlayPrefix] {
    guard let section = value.section("vnet1/app: fd00:1:2:3:4:5::/96") else { return [:] }
    var ofSubnets: [Int: OverlayPrefix] = [:]
    var ofNetworks: [Int: OverlayPrefix] = [:]
    for key in section.keys {
      guard let written = section[key] else { continue }
      let prefix = overlayPrefix(written)?.value
      if key.contains("/") {
        guard let subnet = topology.subnet(named: key) else {
          written.error("there is no subnet `\(key)`")
          continue
        }
        ofSubnets[subnet] = prefix
      } else {
        guard
          let network = topology.virtualNetworks.firstIndex(where: {
            $0.name.lowercased() == key.lowercased()
          })
        else {
          written.error(
            "there is no virtual network `\(key)`; a subnet is written `network/subnet`")
          continue
        }
        ofNetworks[network] = prefix
      }
    }
    for (index, subnet) in topology.subnets.enumerated() where ofSubnets[index] == nil {
      ofSubnets[index] = ofNetworks[subnet.virtualNetwork]
    }
    return ofSubnets
  }
}
