import Model

extension EffectiveSecurityGroupList {
  /// Prefixes and ports of one rule that are shown without `allPrefixes`: a tag may have hundreds.
  private static let shown = 3

  /// A table for each group.
  /// - Parameter networkInterface: what it is called, for the case that it has none.
  public func text(of networkInterface: String, allPrefixes: Bool = false) -> String {
    guard !value.isEmpty else {
      return
        "Neither \(networkInterface) nor its subnet has a security group: all traffic passes.\n"
    }
    return value.map { $0.text(limit: allPrefixes ? nil : Self.shown) }.joined(separator: "\n")
  }
}

extension EffectiveSecurityGroup {
  /// - Parameter limit: so many addresses and ports of each rule.
  fileprivate func text(limit: Int?) -> String {
    let place =
      association.networkInterface.map { "NIC \($0.id)" }
      ?? association.subnet.map {
        "subnet \($0.id)"
      }
    var table = Table(
      .text("Direction"), .number("Priority"), .text("Name"), .text("Access"), .text("Protocol"),
      .text("Source"), .text("Source Ports"), .text("Destination"), .text("Destination Ports"))
    for rule in effectiveSecurityRules {
      let columns = [
        rule.sourceAddressPrefixes ?? [rule.sourceAddressPrefix ?? ""],
        rule.sourcePortRanges ?? [rule.sourcePortRange ?? ""],
        rule.destinationAddressPrefixes ?? [rule.destinationAddressPrefix ?? ""],
        rule.destinationPortRanges ?? [rule.destinationPortRange ?? ""],
      ].map { shorten($0, limit) }
      for line in 0..<(columns.map(\.count).max() ?? 1) {
        let own = columns.map { line < $0.count ? $0[line] : "" }
        let head =
          line > 0
          ? ["", "", "", "", ""]
          : [
            rule.direction.rawValue, "\(rule.priority)",
            rule.name.split(separator: "/").last.map(String.init) ?? rule.name,
            rule.access.rawValue, rule.proto,
          ]
        table.add(head + own)
      }
    }
    return "\(networkSecurityGroup.id), of \(place ?? "nothing")\n" + table.text()
  }

  private func shorten(_ words: [String], _ limit: Int?) -> [String] {
    guard let limit, words.count > limit else { return words }
    return words.prefix(limit) + ["and \(words.count - limit) more"]
  }
}
