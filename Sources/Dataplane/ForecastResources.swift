import Model
import Wire

extension Foreteller {
  /// What each NIC of a subnet could ask of a service's resources, where its way there changes: what is foretold does not
  /// hang on who happens to be connected.
  func probes(ofSubnet subnet: Int, service: String, _ change: EndpointChange) -> [Asked] {
    let topology = now.topology
    let destinations = addresses(of: service, change)
    guard !destinations.isEmpty else { return [] }
    var asked: [Asked] = []
    for (index, nic) in topology.presentInterfaces.enumerated() where nic.subnet == subnet {
      for address in nic.ipConfigurations where address.privateAddress.isIPv4 {
        let source =
          nic.guestAddress == .public
          ? address.publicAddress ?? address.privateAddress : address.privateAddress
        for destination in destinations {
          // Any TCP connection goes the same way.
          let key = FlowKey(
            port: PortID(index), source: source.bits, destination: destination.bits,
            sourcePort: 49_152, destinationPort: 443, transport: 6, isIPv6: false)
          let before = now.journey(of: key) { now.anyPacket($0) }
          let after = then.journey(of: key) { then.anyPacket($0) }
          guard before.exit != after.exit || before.refusal != after.refusal else { continue }
          let service = then.topology.services.index(named: service)
          asked += self.asked(key, service, before, after, isLive: false)
        }
      }
    }
    return asked
  }

  /// The IPv4 addresses of a service's resources, and one of the prefixes that change where a resource is known by name
  /// alone.
  private func addresses(of service: String, _ change: EndpointChange) -> [IPAddress] {
    guard let side = then.serviceSide else { return [] }
    let topology = then.topology
    let isMeant = { (resource: Int) in
      topology.services.leads(service, to: topology.resources[resource].service)
    }
    var addresses: Set<IPAddress> = []
    for (index, resource) in topology.resources.enumerated() where isMeant(index) {
      addresses.formUnion(
        (resource.addresses + resource.secondaryAddresses).filter(\.isIPv4))
    }
    if side.resources.matchesByName.contains(where: { isMeant($0.resource) }),
      let prefix = (change.added + change.removed).first
    {
      addresses.insert(prefix.address)
    }
    return addresses.sorted()
  }

  /// The rules that decide on one side of the switch, and not on the other.
  func rules(
    _ asked: [Asked], of side: KeyPath<Asked, Foretold?>, without other: KeyPath<Asked, Foretold?>
  ) -> [Forecast.Rule] {
    struct Place: Hashable, Comparable {
      var resource: Int
      var isIPRule: Bool
      var index: Int

      static func < (a: Self, b: Self) -> Bool {
        (a.resource, a.isIPRule ? 1 : 0, a.index) < (b.resource, b.isIPRule ? 1 : 0, b.index)
      }
    }
    var sources: [Place: Set<IPAddress>] = [:]
    for request in asked {
      guard let one = request[keyPath: side], let decision = one.decision else { continue }
      guard request[keyPath: other]?.decision?.verdict.deciding != decision.verdict.deciding else {
        continue
      }
      let index = one.ipRule ?? one.virtualNetworkRule
      guard let index else { continue }
      let place = Place(
        resource: one.match.resource, isIPRule: one.ipRule != nil, index: index)
      sources[place, default: []].insert(decision.caller.source)
    }
    return sources.sorted { $0.key < $1.key }.map { place, sources in
      let resource = then.topology.resources[place.resource]
      return Forecast.Rule(
        resource: resource.name,
        rule: resource.firewall.name(
          of: place.isIPRule ? .ipRule(place.index) : .virtualNetworkRule(place.index)),
        sources: sources.sorted().map(\.description))
    }
  }
}
