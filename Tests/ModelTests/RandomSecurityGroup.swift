import Model
import TestSupport
import Wire

/// Groups and packets out of few addresses and ports, so that rules overlap, nest and touch.
struct RandomSecurityGroup {
  static let tags = ServiceTags(
    source: "test",
    tags: [
      ServiceTag(name: "Storage", prefixes: ["20.0.0.0/8", "fd00::/9"].map { IPPrefix($0)! }),
      ServiceTag(
        name: "Storage.WestEurope", region: Region("westeurope"),
        prefixes: ["20.1.0.0/16", "20.2.0.0/15"].map { IPPrefix($0)! }),
    ])
  static let applicationGroups = 3

  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func group(rules count: Int) -> SecurityGroup {
    var rules: [SecurityRule] = []
    for direction in SecurityRule.Direction.allCases {
      let priorities = Array(SecurityRule.writtenPriorities).shuffled(using: &random)
      for priority in priorities.prefix(count) {
        rules.append(rule(priority: priority, direction))
      }
    }
    return SecurityGroup(name: "random", rules: rules.shuffled(using: &random))
  }

  private mutating func rule(
    priority: Int, _ direction: SecurityRule.Direction
  ) -> SecurityRule {
    SecurityRule(
      name: "rule\(priority)", priority: priority, direction: direction,
      access: SecurityRule.Access.allCases.randomElement(using: &random)!,
      transport: SecurityRule.Transport.allCases.randomElement(using: &random)!,
      sources: addresses(), sourcePorts: ports(), destinations: addresses(),
      destinationPorts: ports())
  }

  private mutating func addresses() -> [SecurityRule.Address] {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in
      switch Int.random(in: 0..<14, using: &random) {
      case 0, 1: .any
      case 2: .serviceTag("Storage")
      case 3: .serviceTag("Storage.WestEurope")
      case 4: .virtualNetwork
      case 5: .internet
      case 6: .azureLoadBalancer
      case 7, 8:
        .applicationSecurityGroup(Int.random(in: 0..<Self.applicationGroups, using: &random))
      default: .prefix(prefix())
      }
    }
  }

  private mutating func prefix() -> IPPrefix {
    let address = address()
    // All lengths, the whole and the single address too.
    return IPPrefix(address, length: Int.random(in: 0...address.width, using: &random))
  }

  private mutating func ports() -> [ClosedRange<UInt16>] {
    if Int.random(in: 0..<3, using: &random) == 0 { return [SecurityRule.anyPort] }
    return (0..<Int.random(in: 1...3, using: &random)).map { _ in
      let (a, b) = (port(), port())
      return min(a, b)...max(a, b)
    }
  }

  private mutating func port() -> UInt16 {
    [0, 1, 22, 80, 81, 443, 8_080, 65_534, 65_535].randomElement(using: &random)!
  }

  private mutating func address() -> IPAddress {
    if Int.random(in: 0..<4, using: &random) == 0 {
      let bits: UInt128 = [0, 0xfd << 120, 0xfe80 << 112, .max].randomElement(using: &random)!
      return .v6(IPv6Address(bits ^ UInt128(UInt8.random(in: 0...3, using: &random))))
    }
    let bits: UInt32 = [
      0, 0x0a00_0104, 0x1401_0000, 0x1402_8000, 0xa83f_8110, 0xffff_ffff,
    ].randomElement(using: &random)!
    return .v4(IPv4Address(bits ^ UInt32(UInt8.random(in: 0...3, using: &random))))
  }

  mutating func packet() -> SecurityPacket {
    SecurityPacket(
      transport: [6, 6, 17, 1, 58, 50, 51, 47, 132].randomElement(using: &random)!,
      source: end(), sourcePort: port(), destination: end(), destinationPort: port())
  }

  private mutating func end() -> SecurityPacket.End {
    SecurityPacket.End(
      address(), isInVirtualNetwork: Bool.random(using: &random),
      applicationGroups: (0..<Self.applicationGroups).filter { _ in
        Int.random(in: 0..<4, using: &random) == 0
      })
  }
}
