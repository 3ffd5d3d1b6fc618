import ConfigurationFile
import Glibc
import Wire

extension NamespaceLab {
  /// Compares what is there with what should be.
  /// - Throws: `LabError`.
  public func status() throws(LabError) -> LabStatus {
    try Self.requireRoot(to: "look into")
    let planned = plan.namespaces.map(\.netns)
    var observed: [String: ObservedNamespace] = [:]
    for netns in planned where NamedNamespaces.isWhole(netns) {
      observed[netns] = try ObservedNamespace(netns: netns)
    }
    var namespaces: [LabStatus.Namespace] = []
    for (index, namespace) in plan.namespaces.enumerated() {
      guard let there = observed[namespace.netns] else {
        namespaces.append(
          LabStatus.Namespace(
            name: namespace.name, networkNamespace: namespace.netns, exists: false, devices: [],
            processes: [], problems: ["does not exist"]))
        continue
      }
      let cables = plan.cables.filter { $0.first.namespace == index }
      namespaces.append(
        LabStatus.Namespace(
          name: namespace.name, networkNamespace: namespace.netns, exists: true,
          devices: there.devices.map(\.summary).filter { $0.name != "lo" || !$0.addresses.isEmpty },
          processes: try processes(in: namespace.netns).filter { $0 != getpid() },
          problems: there.differences(from: namespace)
            + cables.compactMap { broken($0, observed) }))
    }
    let strays = try present().filter { !planned.contains($0) }
    let state: LabStatus.State =
      if observed.isEmpty {
        .down
      } else if namespaces.allSatisfy({ $0.problems.isEmpty }) {
        .up
      } else {
        .partial
      }
    return LabStatus(lab: plan.lab, state: state, namespaces: namespaces, strays: strays)
  }

  /// Of a cable whose ends both exist: whether they are joined to something else.
  private func broken(
    _ cable: LabPlan.Cable, _ observed: [String: ObservedNamespace]
  ) -> String? {
    let (first, second) = (cable.first, cable.second)
    let target = plan.namespaces[second.namespace]
    guard let near = observed[plan.namespaces[first.namespace].netns]?.device(named: first.device),
      let far = observed[target.netns]?.device(named: second.device),
      !ObservedNamespace.areJoined(near, far)
    else { return nil }
    return "\(first.device) is not joined to \(second.device) of \(target.name)"
  }
}

extension ObservedNamespace {
  /// What is missing or wrong, one sentence each. What is there beyond the plan is the user's own affair.
  func differences(from plan: LabPlan.Namespace) -> [String] {
    var problems: [String] = []
    if ipForwarding != plan.ipForwarding {
      problems.append(
        "IP forwarding is \(ipForwarding ? "on" : "off") and should be \(plan.ipForwarding ? "on" : "off")"
      )
    }
    for address in plan.loopbackAddresses where device(named: "lo")?.has(address) != true {
      problems.append("lo has no address \(address)")
    }
    for wanted in plan.devices {
      guard let device = device(named: wanted.name) else {
        problems.append("device \(wanted.name) is missing")
        continue
      }
      let kind = wanted.kind == .veth ? "veth" : "tun"
      if device.details?.kind != kind {
        problems.append("\(wanted.name) is no \(wanted.kind == .veth ? "veth" : "TAP")")
      }
      if !device.flags.contains("UP") { problems.append("\(wanted.name) is down") }
      if let mtu = wanted.mtu, device.mtu != mtu {
        problems.append("\(wanted.name) has the MTU \(device.mtu) and should have \(mtu)")
      }
      if let address = wanted.macAddress?.description, device.macAddress != address {
        problems.append(
          "\(wanted.name) has the MAC address \(device.macAddress ?? "none") and should have \(address)"
        )
      }
      for address in wanted.addresses where !device.has(address) {
        problems.append("\(wanted.name) has no address \(address)")
      }
    }
    for route in plan.routes where !routes.contains(where: { $0.matches(route) }) {
      problems.append("route \(route.destination) is missing")
    }
    return problems
  }
}

extension ObservedNamespace.Device {
  func has(_ address: LabTopology.InterfaceAddress) -> Bool {
    (addresses ?? []).contains {
      $0.local == address.address.description && $0.prefixlen == address.prefixLength
    }
  }

  var summary: LabStatus.Device {
    LabStatus.Device(
      name: name, isUp: flags.contains("UP"), macAddress: macAddress,
      addresses: (addresses ?? []).compactMap { address in
        // Link-local ones and those of every loopback interface are the kernel's own.
        guard let local = address.local, let length = address.prefixlen,
          !local.hasPrefix("fe80:"), local != "127.0.0.1", local != "::1"
        else { return nil }
        return "\(local)/\(length)"
      })
  }
}

extension ObservedNamespace.Route {
  func matches(_ route: LabPlan.Route) -> Bool {
    guard goes(to: route.destination) else { return false }
    if let via = route.via, gateway.flatMap({ IPAddress($0) }) != via { return false }
    if let wanted = route.device, device != wanted { return false }
    return true
  }
}
