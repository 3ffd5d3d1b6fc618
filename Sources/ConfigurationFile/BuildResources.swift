import Model
import Wire

/// Resources: what is theirs alone, and their rules as the model has them (I3).
extension BuildConfiguration {
  mutating func buildResources() {
    let drafts = document.drafts.resources
    refuseRepeatedResources(drafts)
    for draft in drafts {
      guard let resource = resource(draft) else { continue }
      topology.resources.append(resource)
      resourceDrafts.append(draft)
    }
    checkSharing()
    // Every export has more than the networks that it was made with; without them nothing can be said of rules.
    guard !findings.isIncomplete else { return }
    var checks = ResourceChecks(topology)
    for index in topology.resources.indices { buildRules(of: index, &checks) }
    var identities = SubnetIdentities()
    identities.adopt(&topology)
  }

  private func refuseRepeatedResources(_ drafts: [ResourceDraft]) {
    for (_, same) in Dictionary(grouping: drafts, by: \.key) {
      refuseRepeated(
        same.map(\.name), what: "resource of \(same[0].service?.value ?? "its service")")
    }
  }

  private func resource(_ draft: ResourceDraft) -> Resource? {
    guard let written = draft.service else { return nil }
    guard let index = topology.services.index(named: written.value) else {
      let names = topology.services.services.map(\.name)
      findings.error(
        written.place,
        "there is no service `\(written.value)`"
          + Spelling.suggestion(for: written.value, among: names))
      return nil
    }
    let service = topology.services.services[index]
    guard let location = draft.location else {
      findings.error(
        draft.place.key("location"), "is missing; it must be a region such as `westeurope`")
      return nil
    }
    let group = draft.resourceGroup ?? Topology.unnamedResourceGroup
    let made = AzureID.resource(
      subscription: draft.subscription ?? Topology.unnamedSubscription, group: group,
      type: service.resources.type ?? "\(service.name)/resources", name: draft.name.value)
    guard let id = draft.id?.value ?? made else {
      findings.error(
        draft.place, "has a subscription, a resource group or a name that an Azure ID cannot hold")
      return nil
    }
    return Resource(
      id: id, name: draft.name.value, service: service.name, region: location.value,
      secondaryRegion: draft.secondaryLocation?.value, tenant: draft.tenant,
      addresses: draft.addresses.map(\.value),
      secondaryAddresses: draft.secondaryAddresses.map(\.value),
      hostNames: draft.hostNames.map(\.value),
      secondaryHostNames: draft.secondaryHostNames.map(\.value), firewall: ResourceFirewall())
  }

  /// Requests to an address of several are told apart by host name (I2): each needs one, and its own.
  private func checkSharing() {
    var addresses: [IPAddress: Int] = [:]
    var names: [String: Int] = [:]
    for (index, draft) in resourceDrafts.enumerated() {
      if draft.addresses.isEmpty, draft.hostNames.isEmpty {
        findings.warning(
          draft.place, "has neither `addresses` nor `hostNames`: no request is found to be for it")
      }
      for address in draft.addresses + draft.secondaryAddresses {
        guard let other = addresses.updateValue(index, forKey: address.value), other != index,
          draft.hostNames.isEmpty || resourceDrafts[other].hostNames.isEmpty
        else { continue }
        findings.error(
          address.place,
          "`\(address.value)` is an address of `\(resourceDrafts[other].name.value)` too; resources that share "
            + "one need `hostNames`, both")
      }
      for name in draft.hostNames + draft.secondaryHostNames {
        guard let other = names.updateValue(index, forKey: name.value), other != index else {
          continue
        }
        findings.error(
          name.place, "`\(name.value)` is a host name of `\(resourceDrafts[other].name.value)` too")
      }
    }
  }
}
