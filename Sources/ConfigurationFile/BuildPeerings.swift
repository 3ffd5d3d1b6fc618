import Model
import Wire

/// Peerings join two networks whose address spaces are apart.
extension BuildConfiguration {
  mutating func buildPeerings() {
    var remotes = networkDrafts.map { _ in [Int: PeeringDraft]() }
    for (index, draft) in networkDrafts.enumerated() {
      for peering in draft.peerings {
        guard let remote = remote(of: peering, from: index) else { continue }
        if remotes[index].updateValue(peering, forKey: remote) != nil {
          findings.error(
            peering.remote.place,
            "`\(draft.name.value)` has another peering with `\(networkDrafts[remote].name.value)`")
        }
        topology.virtualNetworks[index].peerings.append(
          Peering(
            name: peering.name.value, remote: remote,
            usesRemoteGateway: peering.usesRemoteGateways != nil))
      }
    }
    for (index, peerings) in remotes.enumerated() {
      let ordered = peerings.sorted { $0.key < $1.key }
      for (remote, peering) in ordered {
        checkPeering(peering, from: index, to: remote, back: remotes[remote][index])
      }
      checkGateways(of: index, ordered)
    }
  }

  private func remote(of peering: PeeringDraft, from index: Int) -> Int? {
    guard let remote = network(peering.remote) else {
      let name = peering.remote.id?.name(of: "virtualNetworks") ?? peering.remote.text
      if peering.isFromAzure {
        findings.warning(
          peering.remote.place,
          "the virtual network `\(name)` is not in this configuration; the peering is left out")
      } else {
        reportMissing(
          Located(value: name, place: peering.remote.place), "virtual network",
          among: networkDrafts.map(\.name.value))
      }
      return nil
    }
    if remote == index {
      findings.error(peering.remote.place, "a network cannot be peered with itself")
      return nil
    }
    return remote
  }

  private func checkPeering(
    _ peering: PeeringDraft, from index: Int, to remote: Int, back: PeeringDraft?
  ) {
    let (here, there) = (networkDrafts[index], networkDrafts[remote])
    if back == nil {
      findings.error(
        peering.remote.place,
        "`\(there.name.value)` has no peering with `\(here.name.value)`; two networks are connected "
          + "when each has one")
    }
    // Once for each pair, at the network that is written first.
    if index < remote || back == nil {
      for prefix in here.addressSpace {
        for other in there.addressSpace where prefix.value.overlaps(other.value) {
          findings.error(
            prefix.place,
            "`\(prefix.value)` overlaps `\(other.value)` of the peer `\(there.name.value)`; "
              + "networks with overlapping addresses cannot be peered")
        }
      }
    }
    guard let uses = peering.usesRemoteGateways else { return }
    if let back, !back.allowsGatewayTransit {
      findings.error(
        uses,
        "needs `allowGatewayTransit: true` in the peering of `\(there.name.value)` with "
          + "`\(here.name.value)`")
    }
    if !hasGateway(remote) {
      findings.error(
        uses,
        "`\(there.name.value)` has no gateway; write `ports.gateway` with "
          + "`virtualNetwork: \(there.name.value)`, or a subnet `GatewaySubnet`")
    }
  }

  private func checkGateways(of index: Int, _ peerings: [(key: Int, value: PeeringDraft)]) {
    let uses = peerings.compactMap(\.value.usesRemoteGateways)
    for place in uses.dropFirst() {
      findings.error(place, "another peering of the network uses its remote gateway; only one can")
    }
    if let place = uses.first, hasGateway(index) {
      findings.error(
        place,
        "`\(networkDrafts[index].name.value)` has a gateway of its own and cannot use another's")
    }
  }

  /// The name that Azure gives to the subnet of a network's gateway, in lower case.
  static let gatewaySubnet = "gatewaysubnet"

  private func hasGateway(_ network: Int) -> Bool {
    topology.worldPorts.contains { $0.kind == .gateway && $0.virtualNetwork == network }
      || topology.subnets.contains {
        $0.virtualNetwork == network && $0.name.lowercased() == Self.gatewaySubnet
      }
  }
}
