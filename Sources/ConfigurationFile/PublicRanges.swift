import Model
import Wire

/// The addresses of IP rules (I3): public, IPv4, written as Azure takes them.
extension Value {
  func ipv4Address() -> IPv4Address? {
    parsed("an IPv4 address such as `203.0.113.4`") { IPv4Address($0) }?.value
  }

  /// An address, or a prefix up to /30.
  func publicRange() -> Located<ResourceFirewall.IPRule.Addresses>? {
    guard let text = text("a public address or range such as `203.0.113.0/24`") else { return nil }
    guard let meant = IPPrefix(lenient: text.value) else {
      error("`\(text.value)` is not a public address or range such as `203.0.113.0/24`")
      return nil
    }
    guard meant.isIPv4 else {
      error("`\(text.value)` is IPv6; IP rules hold IPv4 addresses")
      return nil
    }
    guard IPPrefix(text.value) != nil else {
      error("`\(text.value)` has bits behind its length; did you mean `\(meant)`?")
      return nil
    }
    if text.value.contains("/"), meant.length >= 31 {
      let addresses = Set([meant.address, meant.last]).sorted().map { "`\($0)`" }
      error(
        "`\(text.value)` is refused, as by Azure: ranges of /31 and /32 are written as addresses, "
          + addresses.joined(separator: " and "))
      return nil
    }
    let rule = ResourceFirewall.IPRule(prefix: meant)
    guard case .range(let first, let last) = rule.addresses else { return nil }
    if let reason = SpecialAddresses.notPublicReason(first, last) {
      refuse(range: "`\(text.value)`", reason)
      return nil
    }
    return Located(value: rule.addresses, place: place)
  }

  /// Some services accept a private range, which can never match: an export that has one is no mistake of its reader.
  func refuse(range: String, _ reason: String) {
    let message =
      "\(range) is \(reason): an IP rule holds public addresses, and a subnet is admitted by a virtual-network rule"
    if source.isAzureDocument {
      source.findings.warning(place, message)
    } else {
      error(message)
    }
  }
}

extension SpecialAddresses {
  /// Why no address of a range can be a public one; nil where one can.
  static func notPublicReason(_ first: IPv4Address, _ last: IPv4Address) -> String? {
    notPublic.first { $0.prefix.contains(.v4(first)) && $0.prefix.contains(.v4(last)) }?.use
  }
}
