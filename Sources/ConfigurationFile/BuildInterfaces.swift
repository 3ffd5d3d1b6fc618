import Model
import Wire

/// NICs: their subnet, their MAC, the port that they sit on; their addresses are in `BuildAddresses.swift`.
extension BuildConfiguration {
  mutating func buildInterfaces() {
    let drafts = document.drafts.interfaces
    refuseRepeated(drafts.map(\.name), what: "NIC")
    refuseRepeated(document.drafts.publicAddresses.map(\.name), what: "public address")
    // Written addresses first, so that an automatic one takes none of them.
    var taken: [Int: [IPAddress: String]] = [:]
    for draft in drafts {
      guard let subnet = subnet(of: draft) else { continue }
      let network = topology.subnets[subnet].virtualNetwork
      for configuration in draft.configurations {
        guard let address = configuration.privateAddress else { continue }
        if let owner = taken[network, default: [:]].updateValue(
          draft.name.value, forKey: address.value)
        {
          findings.error(
            address.place,
            "`\(address.value)` is an address of the NIC `\(owner)` too, in the same network")
        }
      }
    }
    var macs: [MACAddress: String] = [:]
    var publics: [IPAddress: String] = [:]
    for draft in drafts {
      refusePortName(draft)
      let mac = draft.mac?.value ?? Derived.macAddress(for: "nic \(draft.name.value.lowercased())")
      if let other = macs.updateValue(draft.name.value, forKey: mac), other != draft.name.value {
        findings.error(
          draft.mac?.place ?? draft.place.key("macAddress"),
          "`\(mac)` is the address of the NIC `\(other)` too")
      }
      guard let subnet = subnet(of: draft, reporting: true) else { continue }
      if topology.subnets[subnet].name.lowercased() == Self.gatewaySubnet {
        findings.error(
          draft.subnet?.place ?? draft.place.key("subnet"),
          "`GatewaySubnet` is for gateways alone; a NIC needs another subnet")
      }
      let network = topology.subnets[subnet].virtualNetwork
      var nic = NetworkInterface(
        name: draft.name.value, subnet: subnet, ipConfigurations: [], macAddress: mac,
        ipForwarding: draft.forwards ?? false, guestAddress: draft.guest?.value ?? .private,
        device: device(draft.port, of: draft, role: "port"))
      nic.securityGroup = draft.securityGroup.flatMap { securityGroup($0) }
      nic.platformDevice = draft.platform.map { device($0, of: draft, role: "platform") }
      nic.ipConfigurations = addresses(
        of: draft, subnet: subnet, taken: &taken[network, default: [:]], publics: &publics)
      nic.platformAddress = platformAddress(of: draft, &publics)
      checkGuest(nic, draft)
      topology.networkInterfaces.append(nic)
      interfaceDrafts.append(draft)
    }
  }

  /// Ports are called by their NIC's name, so it must not be a port's.
  private func refusePortName(_ draft: InterfaceDraft) {
    let words = WorldPort.Kind.allCases.filter { $0 != .services }.map(\.rawValue)
    if words.contains(draft.name.value.lowercased()) {
      findings.error(
        draft.name.place,
        "`\(draft.name.value)` is the name of a port towards the world; the NIC needs another")
    }
    let owner = document.drafts.interfaces.first {
      $0.platform != nil && "\($0.name.value)-platform" == draft.name.value
    }
    if let owner {
      findings.error(
        draft.name.place,
        "`\(draft.name.value)` is the name of the platform port of `\(owner.name.value)`; "
          + "the NIC needs another")
    }
  }

  /// The one subnet of a NIC, named at the NIC or, as Azure does, at each IP configuration.
  private func subnet(of draft: InterfaceDraft, reporting: Bool = false) -> Int? {
    let references = [draft.subnet].compactMap { $0 } + draft.configurations.compactMap(\.subnet)
    guard let first = references.first else {
      if reporting {
        findings.error(draft.place.key("subnet"), "is missing; it must be `network/subnet`")
      }
      return nil
    }
    guard let subnet = subnet(first, reporting: reporting) else { return nil }
    for other in references.dropFirst() where reporting {
      guard let second = self.subnet(other, reporting: true), second != subnet else { continue }
      findings.error(
        other.place,
        "all addresses of a NIC must be in one subnet here; the first is in "
          + "`\(topology.qualifiedName(ofSubnet: subnet))`")
    }
    return subnet
  }

  /// The subnet that a name or an ID means.
  func subnet(_ reference: Reference, reporting: Bool) -> Int? {
    var name = reference.text
    if let id = reference.id {
      let exact = subnetDrafts.firstIndex { $0.resourceID?.normalized == id.normalized }
      if let exact { return exact }
      if let network = id.name(of: "virtualNetworks"), let subnet = id.name(of: "subnets") {
        name = "\(network)/\(subnet)"
      }
    }
    let lower = name.lowercased()
    let matches = subnetsByName[lower] ?? []
    if matches.count == 1 { return matches[0] }
    guard reporting else { return nil }
    let names = topology.subnets.indices.map { topology.qualifiedName(ofSubnet: $0) }
    if matches.count > 1, !lower.contains("/") {
      let choices = matches.map { names[$0] }
      findings.error(
        reference.place, "`\(name)` is in several networks; write \(Spelling.choice(choices))")
    } else if matches.isEmpty, !findings.isIncomplete {
      // Of a bare name the right form is the nearest subnet's full name.
      let bare = Spelling.nearest(to: lower, among: topology.subnets.map(\.name)).flatMap { near in
        topology.subnets.firstIndex { $0.name == near }.map { names[$0] }
      }
      let suggestion = lower.contains("/") ? Spelling.nearest(to: name, among: names) : bare
      findings.error(
        reference.place,
        "there is no subnet `\(name)`" + (suggestion.map { "; did you mean `\($0)`?" } ?? ""))
    }
    return nil
  }

  private func checkGuest(_ nic: NetworkInterface, _ draft: InterfaceDraft) {
    guard nic.guestAddress == .public, let place = draft.guest?.place,
      !nic.ipConfigurations.contains(where: { $0.publicAddress != nil }),
      !draft.configurations.contains(where: { $0.publicAddress != nil })
    else { return }
    findings.error(place, "`public` needs a `publicIPAddress` in `ipConfigurations`")
  }

  /// F5 allows it; but the far side of the backbone can tell the two apart by their identity alone.
  func warnOfSharedAddresses() {
    guard !topology.worldPorts.contains(where: { $0.encapsulation != nil }) else { return }
    var owners: [IPAddress: (name: String, network: Int)] = [:]
    for (index, nic) in topology.networkInterfaces.enumerated() {
      let subnet = topology.subnets[nic.subnet]
      guard !subnet.serviceEndpoints.isEmpty else { continue }
      for (position, configuration) in nic.ipConfigurations.enumerated() {
        let address = configuration.privateAddress
        guard let other = owners[address], other.network != subnet.virtualNetwork else {
          owners[address] = (nic.name, subnet.virtualNetwork)
          continue
        }
        let draft = interfaceDrafts[index]
        let written =
          draft.configurations.indices.contains(position)
          ? draft.configurations[position].privateAddress?.place : nil
        findings.warning(
          written ?? draft.place,
          "`\(address)` is an address of `\(other.name)` in another network, and both use service "
            + "endpoints: without an encapsulation replies for the second one are dropped")
      }
    }
  }
}
