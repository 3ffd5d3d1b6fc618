import Model
import Wire

/// `lab`: namespaces and links around the dataplane.
extension BuildConfiguration {
  /// Where the dataplane runs; always there.
  static let fabric = "fabric"

  mutating func buildLab(_ value: Value) -> LabTopology {
    var lab = LabTopology()
    guard let section = value.section("namespaces: [...]") else { return lab }
    /// Interfaces by namespace; what the dataplane has in `fabric` is known.
    var used: [String: [String: String]] = [Self.fabric: devices]
    var attachments: [LabTopology.Namespace.Attachment: String] = [:]
    var places: [String: Place] = [:]
    for element in section["namespaces"]?.list(of: "namespaces") ?? [] {
      guard let namespace = labNamespace(element, &attachments) else { continue }
      if let first = places.updateValue(element.place, forKey: namespace.name) {
        findings.error(
          element.place.key("name"),
          "`\(namespace.name)` is the name of another namespace, in line \(first.line)")
      }
      used[namespace.name] = ["lo": "the namespace's loopback"]
      if namespace.attachment != nil {
        used[namespace.name]?["eth0"] = "the namespace's link to the dataplane"
      }
      lab.namespaces.append(namespace)
    }
    for element in section["links"]?.list(of: "links") ?? [] {
      if let link = labLink(element, &used) { lab.links.append(link) }
    }
    section.finish()
    return lab
  }

  private func labNamespace(
    _ value: Value, _ attachments: inout [LabTopology.Namespace.Attachment: String]
  ) -> LabTopology.Namespace? {
    guard let section = value.section("name: vm1") else { return nil }
    let name = section.required("name", "the namespace's name")?
      .identifier("the namespace's name")
    if let name, name.value.lowercased() == Self.fabric {
      findings.error(
        name.place, "`fabric` is the namespace that the dataplane runs in, and is always there")
    }
    var namespace = LabTopology.Namespace(name: name?.value ?? "")
    namespace.attachment = attachment(section, namespace: namespace.name, &attachments)
    namespace.addresses = interfaceAddresses(section, "addresses", bareIsHost: false)
    if namespace.attachment == nil, !namespace.addresses.isEmpty,
      section["networkInterface"] == nil,
      section["port"] == nil, let addresses = section["addresses"]
    {
      addresses.error(
        "there is no interface for them: only a namespace with a `networkInterface` or a `port` has one; "
          + "write `loopbackAddresses`, or addresses at `links`")
    }
    namespace.loopbackAddresses = interfaceAddresses(section, "loopbackAddresses", bareIsHost: true)
    namespace.ipForwarding = section["ipForwarding"]?.boolean() ?? false
    if let edge = section["edge"] { readEdge(edge, section, &namespace) }
    namespace.routes = section["routes"]?.list(of: "routes").compactMap(labRoute) ?? []
    section.finish()
    return name == nil ? nil : namespace
  }

  /// `edge: true`: the kernel's own stack keeps out of this namespace.
  private func readEdge(
    _ value: Value, _ section: Section, _ namespace: inout LabTopology.Namespace
  ) {
    guard value.boolean() ?? false else { return }
    namespace.isEdge = true
    if topology.edge == nil {
      value.error("there is no edge: write `edge` with its ports beside `lab`")
    }
    if case .worldPort(let port) = namespace.attachment,
      topology.worldPorts[port].kind == .backbone
    {
    } else {
      value.error("the edge stands on the far side of the backbone; write `port: backbone`")
    }
    for key in ["addresses", "loopbackAddresses", "ipForwarding", "routes"] {
      section.peek(key)?.error(
        "stands in the edge's namespace, where only the edge speaks; remove it")
    }
  }

  private func attachment(
    _ section: Section, namespace: String,
    _ attachments: inout [LabTopology.Namespace.Attachment: String]
  ) -> LabTopology.Namespace.Attachment? {
    let (nic, port) = (section["networkInterface"], section["port"])
    if nic != nil, let port {
      port.error("stands beside `networkInterface`; a namespace has one of the two")
      return nil
    }
    var attachment: LabTopology.Namespace.Attachment?
    if let nic, let name = nic.text("the name of a NIC") {
      let index = topology.networkInterfaces.firstIndex {
        $0.name.lowercased() == name.value.lowercased()
      }
      if let index {
        attachment = .networkInterface(index)
      } else if !document.drafts.interfaces.contains(where: { $0.name.value == name.value }) {
        // A NIC that is there but wrong has been reported.
        reportMissing(name, "NIC", among: document.drafts.interfaces.map(\.name.value))
      }
    } else if let port {
      attachment = worldPort(port).map { .worldPort($0) }
    }
    if let attachment, let other = attachments.updateValue(namespace, forKey: attachment) {
      (nic ?? port)?.error("the namespace `\(other)` stands there already")
    }
    return attachment
  }

  /// By `Topology.name(ofWorldPort:)`.
  private func worldPort(_ value: Value) -> Int? {
    let names = topology.worldPorts.indices.map { topology.name(ofWorldPort: $0) }
    guard let text = value.text(Spelling.choice(names)) else { return nil }
    if let index = names.firstIndex(where: { $0.lowercased() == text.value.lowercased() }) {
      return index
    }
    value.error("there is no port `\(text.value)`; there are \(Spelling.choice(names))")
    return nil
  }

  private func interfaceAddresses(
    _ section: Section, _ key: String, bareIsHost: Bool
  ) -> [LabTopology.InterfaceAddress] {
    section[key]?.list(of: "addresses").compactMap { $0.interfaceAddress(bareIsHost: bareIsHost) }
      ?? []
  }

  private func labRoute(_ value: Value) -> LabRoute? {
    guard let section = value.section("destination: 10.0.0.0/16") else { return nil }
    let written = section.required("destination", "an address prefix, or `default`")
    let via = section["via"]?.address()
    let device = section["device"]?.deviceName()
    let isIPv4 = via?.value.isIPv4 ?? true
    let destination =
      written?.node.text == "default" ? (isIPv4 ? .anyIPv4 : .anyIPv6) : written?.prefix()?.value
    if section["via"] == nil, section["device"] == nil {
      findings.error(section.place.key("via"), "is missing; a route needs `via`, `device` or both")
    }
    section.finish()
    guard let destination else { return nil }
    if let via, via.value.isIPv4 != destination.isIPv4 {
      findings.error(
        via.place,
        "`\(via.value)` cannot be the next hop of \(destination): one is IPv4, the other IPv6")
    }
    return LabRoute(destination: destination, via: via?.value, device: device?.value)
  }

  private typealias LabRoute = LabTopology.LabRoute

  private func labLink(
    _ value: Value, _ used: inout [String: [String: String]]
  ) -> LabTopology.Link? {
    guard let section = value.section("ends: [...]") else { return nil }
    let ends = section.required("ends", "a list of two ends")
    section.finish()
    guard let ends else { return nil }
    let elements = ends.list(of: "two ends")
    if case .list = ends.node.content, elements.count != 2 {
      ends.error("must have two ends, not \(elements.count)")
    }
    var read: [LabTopology.Link.End] = []
    for element in elements.prefix(2) {
      if let end = labEnd(element, &used) { read.append(end) }
    }
    return read.count == 2 ? LabTopology.Link(first: read[0], second: read[1]) : nil
  }

  private func labEnd(
    _ value: Value, _ used: inout [String: [String: String]]
  ) -> LabTopology.Link.End? {
    guard let section = value.section("namespace: fabric") else { return nil }
    let namespace = section.required("namespace", "the name of a namespace, or `fabric`")?.text()
    let device = section.required("device", "the name of an interface")?.deviceName()
    let addresses = interfaceAddresses(section, "addresses", bareIsHost: false)
    section.finish()
    guard let namespace, let device else { return nil }
    guard used[namespace.value] != nil else {
      reportMissing(namespace, "namespace", among: used.keys.sorted())
      return nil
    }
    if let other = used[namespace.value]?.updateValue("another link", forKey: device.value) {
      findings.error(
        device.place,
        "the interface `\(device.value)` of `\(namespace.value)` is that of \(other) too")
    }
    return LabTopology.Link.End(
      namespace: namespace.value, device: device.value, addresses: addresses)
  }
}

extension Value {
  /// `192.0.2.2/30`: an address with the length of its link's prefix.
  fileprivate func interfaceAddress(bareIsHost: Bool) -> LabTopology.InterfaceAddress? {
    guard let text = text("an address such as `192.0.2.2/30`") else { return nil }
    let written = text.value.split(separator: "/").first.flatMap { IPAddress(String($0)) }
    guard let prefix = IPPrefix(lenient: text.value), let written else {
      error("`\(text.value)` is not an address such as `192.0.2.2/30`")
      return nil
    }
    guard bareIsHost || text.value.contains("/") else {
      error("`\(text.value)` needs the length of its link's prefix, such as `\(text.value)/30`")
      return nil
    }
    return LabTopology.InterfaceAddress(address: written, prefixLength: prefix.length)
  }
}
