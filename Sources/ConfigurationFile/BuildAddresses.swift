import Model
import Wire

/// Addresses of NICs: inside the subnet, not reserved, nobody else's; automatic where none is written.
extension BuildConfiguration {
  /// The NIC's addresses. What it takes is noted in `taken`, of its network, and `publics`, of the file.
  func addresses(
    of draft: InterfaceDraft, subnet: Int, taken: inout [IPAddress: String],
    publics: inout [IPAddress: String]
  ) -> [NetworkInterface.IPConfiguration] {
    if draft.configurations.isEmpty {
      findings.error(
        draft.place.key("ipConfigurations"),
        "is missing; a NIC needs an address: `ipConfigurations: [{privateIPAddress: 10.0.1.4}]`")
    }
    var result: [NetworkInterface.IPConfiguration] = []
    for configuration in draft.configurations where !configuration.isBroken {
      let address: IPAddress
      if let written = configuration.privateAddress {
        checkPrivate(written, subnet: subnet)
        address = written.value
      } else if let free = freeAddress(in: subnet, ipv4: !configuration.isIPv6, taken: taken) {
        taken[free] = draft.name.value
        address = free
      } else {
        findings.error(
          configuration.place.key("privateIPAddress"),
          "is missing, and `\(topology.qualifiedName(ofSubnet: subnet))` has no free address for it"
        )
        continue
      }
      let publicAddress = publicAddress(configuration, of: draft, beside: address, &publics)
      result.append(
        NetworkInterface.IPConfiguration(
          privateAddress: address, publicAddress: publicAddress,
          applicationSecurityGroups: applicationGroups(of: configuration)))
    }
    return result
  }

  private func checkPrivate(_ address: Located<IPAddress>, subnet: Int) {
    let prefixes = topology.subnets[subnet].addressPrefixes
    guard !prefixes.isEmpty else { return }
    guard let prefix = prefixes.first(where: { $0.contains(address.value) }) else {
      let list = prefixes.map(\.description).joined(separator: ", ")
      findings.error(
        address.place,
        "`\(address.value)` is outside the subnet `\(topology.qualifiedName(ofSubnet: subnet))`, \(list)"
      )
      return
    }
    guard ReservedAddresses.contains(address.value, of: prefix) else { return }
    findings.error(
      address.place,
      "`\(address.value)` is reserved: of \(prefix) a NIC can have "
        + "\(prefix.address(at: 4)) to \(ReservedAddresses.lastUsable(of: prefix))")
  }

  /// As Azure allocates: the lowest address that nobody has.
  private func freeAddress(in subnet: Int, ipv4: Bool, taken: [IPAddress: String]) -> IPAddress? {
    for prefix in topology.subnets[subnet].addressPrefixes
    where prefix.isIPv4 == ipv4 && prefix.width - prefix.length >= 3 {
      var offset: UInt32 = 4
      // Ends soon: no more addresses than NICs can be taken.
      while prefix.address(at: offset) <= ReservedAddresses.lastUsable(of: prefix) {
        let address = prefix.address(at: offset)
        if taken[address] == nil { return address }
        offset += 1
      }
    }
    return nil
  }

  private func publicAddress(
    _ configuration: IPConfigurationDraft, of draft: InterfaceDraft, beside address: IPAddress,
    _ publics: inout [IPAddress: String]
  ) -> IPAddress? {
    let located: Located<IPAddress>
    switch configuration.publicAddress {
    case nil: return nil
    case .address(let written): located = written
    case .reference(let reference):
      guard let found = publicAddress(reference) else { return nil }
      located = Located(value: found, place: reference.place)
    }
    refusePrivate(located)
    if located.value.isIPv4 != address.isIPv4 {
      findings.error(
        located.place,
        "`\(located.value)` cannot stand for `\(address)`: one is IPv4, the other IPv6")
    }
    note(located, of: draft, &publics)
    return located.value
  }

  /// R8: the host's address, which services know its disk traffic by.
  func platformAddress(
    of draft: InterfaceDraft, _ publics: inout [IPAddress: String]
  ) -> IPAddress? {
    guard let written = draft.platformAddress else { return nil }
    if draft.platform == nil {
      findings.error(
        written.place, "is the address of what comes in by a `platform` port, and there is none")
    }
    refusePrivate(written)
    note(written, of: draft, &publics)
    return written.value
  }

  private func refusePrivate(_ address: Located<IPAddress>) {
    guard
      let range = SpecialAddresses.notPublic.first(where: { $0.prefix.contains(address.value) })
    else { return }
    findings.error(
      address.place, "`\(address.value)` is not a public address: \(range.prefix) is \(range.use)")
  }

  private func note(
    _ address: Located<IPAddress>, of draft: InterfaceDraft, _ publics: inout [IPAddress: String]
  ) {
    guard let other = publics.updateValue(draft.name.value, forKey: address.value) else { return }
    findings.error(
      address.place, "`\(address.value)` is a public address of the NIC `\(other)` too")
  }

  private func publicAddress(_ reference: Reference) -> IPAddress? {
    let drafts = document.drafts.publicAddresses
    let id = reference.id
    let name = id?.name(of: "publicIPAddresses") ?? reference.text
    let exact = id.flatMap { id in drafts.first { $0.resourceID?.normalized == id.normalized } }
    guard
      let draft = exact ?? drafts.first(where: { $0.name.value.lowercased() == name.lowercased() })
    else {
      reportMissing(
        Located(value: name, place: reference.place), "public address",
        among: drafts.map(\.name.value))
      return nil
    }
    if draft.address == nil {
      findings.warning(
        reference.place,
        "the public address `\(draft.name.value)` has no `ipAddress`, so the NIC has none; "
          + "write it at `publicIPAddresses`")
    }
    return draft.address?.value
  }
}

/// Azure keeps five addresses of every subnet: the first four and the last.
enum ReservedAddresses {
  static func contains(_ address: IPAddress, of prefix: IPPrefix) -> Bool {
    address < prefix.address(at: 4) || address == prefix.last
  }

  static func lastUsable(of prefix: IPPrefix) -> IPAddress {
    switch prefix.last {
    case .v4(let last): .v4(IPv4Address(last.bits &- 1))
    case .v6(let last): .v6(IPv6Address(last.bits &- 1))
    }
  }
}
