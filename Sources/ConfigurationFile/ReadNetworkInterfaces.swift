import Model
import Wire

/// `networkInterfaces` and `publicIPAddresses`.
enum ReadNetworkInterfaces {
  static func interface(_ value: Value) -> InterfaceDraft? {
    guard let section = value.section("name: vm1") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the NIC's name")
    var draft = InterfaceDraft(
      name: name ?? Located(value: "", place: value.place), place: value.place)
    draft.resourceID = section.resourceID()
    draft.subnet = section.reference("subnet", "`network/subnet`")
    // Azure: a NIC of a machine that never ran has none.
    if !(section.source.isAzureDocument && section["macAddress"]?.node.text == "") {
      draft.mac = section["macAddress"]?.macAddress()
    }
    draft.forwards = section["enableIPForwarding"]?.boolean()
    draft.securityGroup = section.reference(
      "networkSecurityGroup", "the name of a network security group")
    draft.guest = section["guestAddress"]?.choice(of: GuestAddress.self)
    draft.configurations =
      section["ipConfigurations"]?.list(of: "IP configurations").compactMap(configuration) ?? []
    draft.port = section["port"].flatMap(device)
    draft.platform = section["platform"].flatMap(device)
    draft.platformAddress = section["platformAddress"]?.address()
    section.passOver(Section.resourceKeys + AzureKeys.networkInterface)
    section.finish()
    return name == nil ? nil : draft
  }

  private static func configuration(_ value: Value) -> IPConfigurationDraft? {
    guard let section = value.section("privateIPAddress: 10.0.1.4") else { return nil }
    section.acceptProperties()
    var draft = IPConfigurationDraft(place: value.place)
    _ = section["name"]?.text()
    let address = section["privateIPAddress"]
    if !(section.source.isAzureDocument && address?.node.text == "") {
      draft.privateAddress = address?.address()
      draft.isBroken = address != nil && draft.privateAddress == nil
    }
    draft.isIPv6 =
      section["privateIPAddressVersion"]?.choice([("IPv4", false), ("IPv6", true)])?.value ?? false
    draft.subnet = section.reference("subnet", "`network/subnet`")
    draft.publicAddress = section["publicIPAddress"].flatMap(publicAddress)
    draft.applicationGroups =
      section["applicationSecurityGroups"]?.list(of: "application security groups").compactMap {
        Section.reference($0, "the name of an application security group")
      } ?? []
    section.passOver(Section.resourceKeys + AzureKeys.ipConfiguration)
    section.finish()
    return draft
  }

  /// An address, the name or ID of a public address, or the resource itself as Azure nests it.
  private static func publicAddress(_ value: Value) -> IPConfigurationDraft.PublicAddress? {
    if let text = value.node.text, let address = IPAddress(text) {
      return .address(Located(value: address, place: value.place))
    }
    let inner = value.node["ipAddress"] ?? value.node["properties"]?["ipAddress"]
    if inner != nil, let section = value.section("ipAddress: 203.0.113.4") {
      section.acceptProperties()
      let address = section["ipAddress"]?.address()
      section.passOver(Section.resourceKeys + AzureKeys.publicAddress + ["name"])
      section.finish()
      return address.map { .address($0) }
    }
    // A word with two dots was meant as an address.
    if let text = value.node.text, text.contains(":") || text.wholeMatch(of: /[0-9.]+/) != nil {
      _ = value.address()
      return nil
    }
    let what = "an IP address, or the name of a public address"
    return Section.reference(value, what).map { .reference($0) }
  }

  static func publicAddress(resource value: Value) -> PublicAddressDraft? {
    guard let section = value.section("name: vm1-ip") else { return nil }
    section.acceptProperties()
    let name = section.resourceName("the public address's name")
    let address = section["ipAddress"]
    let located = address?.node.text == "" ? nil : address?.address()
    if address == nil, !section.source.isAzureDocument {
      section.findings.error(
        value.place.key("ipAddress"), "is missing; it must be an IP address such as `203.0.113.4`")
    }
    section.passOver(Section.resourceKeys + AzureKeys.publicAddress)
    section.finish()
    guard let name else { return nil }
    return PublicAddressDraft(
      name: name, resourceID: section.resourceID(), address: located, place: value.place)
  }

  /// `{device: NAME, mtu: 1500}`, `{tap: NAME, namespace: NS, mtu: 1500}`, or the interface's name.
  static func device(_ value: Value) -> DeviceDraft? {
    if case .scalar = value.node.content {
      return value.deviceName().map { DeviceDraft(name: $0, mtu: defaultMTU) }
    }
    guard let section = value.section("device: vm1") else { return nil }
    let device = section["device"]
    let tap = section["tap"]
    let namespace = section["namespace"]
    let draft = DeviceDraft(
      kind: tap == nil ? .interface : .tap, name: (tap ?? device)?.deviceName(),
      namespace: namespace?.identifier("the name of a network namespace")?.value,
      mtu: mtu(section))
    if device != nil, let tap { tap.error("stands beside `device`; write one of the two") }
    if tap == nil, let namespace {
      namespace.error(
        "only a `tap` has a namespace; an interface is taken where the dataplane runs")
    }
    section.finish()
    return draft
  }

  static let defaultMTU = 1500

  /// IPv4 needs 68 bytes (RFC 791), IPv6 1280 (RFC 8200); a length field of IPv4 holds no more than 65,535.
  static func mtu(_ section: Section) -> Int {
    section["mtu"]?.integer(576...65_535)?.value ?? defaultMTU
  }
}
