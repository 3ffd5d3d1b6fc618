import Model

/// Which subnets and NICs have which groups (N1).
extension BuildConfiguration {
  mutating func linkSecurityGroups() {
    for (index, draft) in subnetDrafts.enumerated() {
      guard let reference = draft.securityGroup else { continue }
      if draft.name.value.lowercased() == Self.gatewaySubnet {
        findings.warning(
          reference.place,
          "is not applied: what comes by a gateway meets the groups of the NIC that it goes to")
      }
      topology.subnets[index].securityGroup = securityGroup(reference)
    }
  }

  /// The application security groups of one of a NIC's addresses.
  func applicationGroups(of draft: IPConfigurationDraft) -> [Int] {
    if draft.applicationGroups.count > Self.maximumApplicationGroupsOfAddress {
      findings.error(
        draft.place.key("applicationSecurityGroups"),
        "has \(draft.applicationGroups.count) groups; an address can be in "
          + "\(Self.maximumApplicationGroupsOfAddress)")
    }
    var groups: [Int] = []
    for reference in draft.applicationGroups {
      guard let group = applicationGroup(reference) else { continue }
      if groups.contains(group) {
        findings.error(reference.place, "`\(reference.text)` stands here twice")
      } else {
        groups.append(group)
      }
    }
    return groups
  }

  /// Azure: all that is in an application security group is in one virtual network, and the groups of one rule are
  /// all of one network.
  func checkApplicationGroups() {
    var networks: [Int: (network: Int, nic: String)] = [:]
    for (index, nic) in topology.networkInterfaces.enumerated() {
      let network = topology.subnets[nic.subnet].virtualNetwork
      for (position, configuration) in nic.ipConfigurations.enumerated() {
        for group in configuration.applicationSecurityGroups {
          guard let other = networks[group], other.network != network else {
            networks[group] = (network, nic.name)
            continue
          }
          let written = interfaceDrafts[index].configurations
          let place =
            written.indices.contains(position)
            ? written[position].applicationGroups.first?.place : nil
          findings.error(
            place ?? interfaceDrafts[index].place,
            "`\(topology.applicationSecurityGroups[group].name)` has addresses of `\(other.nic)` in "
              + "`\(topology.virtualNetworks[other.network].name)`; all of a group must be in one "
              + "virtual network")
        }
      }
    }
    for draft in securityGroupDrafts {
      for rule in draft.rules {
        let references = rule.source.applicationGroups + rule.destination.applicationGroups
        let known = references.compactMap { reference in
          applicationGroup(reference).flatMap { networks[$0]?.network }.map { (reference, $0) }
        }
        guard let first = known.first, let other = known.first(where: { $0.1 != first.1 }) else {
          continue
        }
        findings.error(
          other.0.place,
          "is of `\(topology.virtualNetworks[other.1].name)`, and the rule's first application "
            + "security group of `\(topology.virtualNetworks[first.1].name)`; they must be of one "
            + "virtual network")
      }
    }
  }
}
