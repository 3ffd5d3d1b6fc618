import Wire

extension NamespaceLab {
  /// Makes everything that the plan has and the kernel lacks. Twice is as good as once, also while the dataplane
  /// runs; what was removed or changed by hand is repaired.
  ///
  /// When it fails, what it has made in this call is removed again.
  /// - Throws: `LabError`.
  public func up() throws(LabError) {
    try Self.requireRoot(to: "bring up")
    let lock = try LabLock(lab: plan.lab)
    defer { withExtendedLifetime(lock) {} }
    var made: [String] = []
    do throws(LabError) {
      for namespace in plan.namespaces { try makeNamespace(namespace, &made) }
      for cable in plan.cables { try connect(cable) }
      for namespace in plan.namespaces { try makeTAPs(namespace) }
      for namespace in plan.namespaces { try configureDevices(namespace) }
      // Routes last: a next hop must be reachable over an interface that is up.
      for namespace in plan.namespaces { try setRoutes(namespace) }
      let problems = try status().problems
      guard problems.isEmpty else { throw .incomplete(problems: problems) }
    } catch {
      for netns in made.reversed() {
        do {
          try remove(netns)
        } catch {
          logger.error("cannot remove \(netns): \(error)")
        }
      }
      if NamedNamespaces.all().allSatisfy({ !$0.hasPrefix(LabPlan.prefix(ofLab: plan.lab)) }) {
        lock.remove()
      }
      throw error
    }
  }

  private func makeNamespace(
    _ namespace: LabPlan.Namespace, _ made: inout [String]
  ) throws(LabError) {
    let netns = namespace.netns
    if NamedNamespaces.all().contains(netns) {
      if !NamedNamespaces.isWhole(netns) {
        try remove(netns)
      } else if let owner = try ObservedNamespace.owner(of: netns), owner != plan.lab {
        throw .belongsToAnotherLab(netns: netns, lab: owner)
      }
    }
    if !NamedNamespaces.all().contains(netns) {
      // Noted first: a failure may leave half a namespace.
      made.append(netns)
      try IPRoute2.run(["netns", "add", netns])
    }
    try IPRoute2.batch(
      [
        "link set dev lo alias \"\(ObservedNamespace.mark(ofLab: plan.lab))\"",
        "link set dev lo up",
      ],
      in: netns)
    _ = try IPRoute2.shell(Self.settings(ipForwarding: namespace.ipForwarding), in: netns)
    try IPRoute2.batch(
      namespace.loopbackAddresses.map { "address replace \($0) dev lo" }, in: netns)
  }

  /// The kernel's settings of a namespace, before it has any interface. A new one starts with the host's own
  /// for IPv4, so nothing is taken for granted.
  private static func settings(ipForwarding: Bool) -> String {
    """
    cd /proc/sys/net
    put() { if [ -e "$1" ]; then echo "$2" >"$1"; fi; }
    # First, because a change of it resets others.
    put ipv4/ip_forward \(ipForwarding ? 1 : 0)
    put ipv6/conf/all/forwarding \(ipForwarding ? 1 : 0)
    for scope in all default; do
      # Replies may come another way than requests went.
      put ipv4/conf/$scope/rp_filter 0
      # An appliance with one interface would tell its clients to go around it.
      put ipv4/conf/$scope/send_redirects 0
      put ipv4/conf/$scope/accept_redirects 0
      put ipv6/conf/$scope/accept_redirects 0
      put ipv6/conf/$scope/accept_ra 0
      put ipv6/conf/$scope/router_solicitations 0
      # Addresses are usable at once.
      put ipv6/conf/$scope/accept_dad 0
    done
    """
  }

  /// Both ends of a veth pair at once, each in its own namespace from the start.
  private func connect(_ cable: LabPlan.Cable) throws(LabError) {
    let (first, second) = (cable.first, cable.second)
    let netns = [plan.namespaces[first.namespace].netns, plan.namespaces[second.namespace].netns]
    let observed = [
      try ObservedNamespace(netns: netns[0]).device(named: first.device),
      try ObservedNamespace(netns: netns[1]).device(named: second.device),
    ]
    if ObservedNamespace.areJoined(observed[0], observed[1]) { return }
    // Something else has a name of the plan, or has lost its peer.
    for (end, device) in zip([first, second], observed) where device != nil {
      let netns = plan.namespaces[end.namespace].netns
      if try ObservedNamespace(netns: netns).device(named: end.device) != nil {
        try IPRoute2.run(["-n", netns, "link", "del", "dev", end.device])
      }
    }
    try IPRoute2.run([
      "-n", netns[0], "link", "add", "name", first.device, "type", "veth", "peer", "name",
      second.device, "netns", netns[1],
    ])
  }

  private func makeTAPs(_ namespace: LabPlan.Namespace) throws(LabError) {
    for device in namespace.devices where device.kind == .tap {
      let observed = try ObservedNamespace(netns: namespace.netns).device(named: device.name)
      if observed?.details?.kind == "tun" { continue }
      if observed != nil {
        try IPRoute2.run(["-n", namespace.netns, "link", "del", "dev", device.name])
      }
      // One queue or several: whoever opens it decides.
      try IPRoute2.run([
        "-n", namespace.netns, "tuntap", "add", "dev", device.name, "mode", "tap", "multi_queue",
      ])
    }
  }

  private func configureDevices(_ namespace: LabPlan.Namespace) throws(LabError) {
    let silent = namespace.devices.filter(\.isDataplanePort)
    if !silent.isEmpty {
      // Before they are up: the kernel sends nothing of its own into the dataplane.
      let lines = silent.map {
        "[ ! -e /proc/sys/net/ipv6 ] || echo 1 >'/proc/sys/net/ipv6/conf/\($0.name)/disable_ipv6'"
      }
      _ = try IPRoute2.shell(lines.joined(separator: "\n"), in: namespace.netns)
    }
    var lines: [String] = []
    for device in namespace.devices {
      let set = "link set dev \(device.name)"
      if let address = device.macAddress { lines.append("\(set) address \(address)") }
      if let mtu = device.mtu { lines.append("\(set) mtu \(mtu)") }
      if device.isDataplanePort { lines.append("\(set) arp off") }
      for address in device.addresses {
        let flags = address.address.isIPv4 ? "" : " nodad"
        lines.append("address replace \(address) dev \(device.name)\(flags)")
      }
      lines.append("\(set) up")
    }
    try IPRoute2.batch(lines, in: namespace.netns)
  }

  private func setRoutes(_ namespace: LabPlan.Namespace) throws(LabError) {
    let lines = namespace.routes.map { route in
      var line = "route replace \(route.destination)"
      if let via = route.via { line += " via \(via)" }
      if let device = route.device { line += " dev \(device)" }
      if route.onlink { line += " onlink" }
      return line
    }
    try IPRoute2.batch(lines, in: namespace.netns)
  }
}
