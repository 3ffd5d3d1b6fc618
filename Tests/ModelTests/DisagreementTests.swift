import Model
import TestSupport
import Testing
import Wire

@Suite("R6 disagreements")
struct DisagreementTests {
  @Test("R6 disagreements: a finer UDR, and BGP, in an endpoint prefix")
  func parts() {
    let tables = RoutingTables(
      topology: sampleTopology(
        endpoints: [.storage],
        routes: [
          UserRoute("a", "20.60.26.0/24", .none), UserRoute("b", "20.60.40.0/24", .internet),
          UserRoute("wide", "20.0.0.0/8", .none),
        ], bgp: [BGPRoute("20.60.130.128/25")]))
    func parts(_ a: PrecedenceModel, _ b: PrecedenceModel) -> [String] {
      tables.disagreements(ofSubnet: 0, between: a, and: b).map {
        "\($0.prefix) \($0.first?.origin.rawValue ?? "") \($0.second?.origin.rawValue ?? "")"
      }
    }
    #expect(
      parts(.serviceEndpoints, .longestPrefix)
        == ["20.60.26.0/24 endpoint user", "20.60.40.0/24 endpoint user"])
    #expect(
      parts(.serviceEndpoints, .equalPrefix) == [
        "20.60.26.0/24 endpoint user", "20.60.40.0/24 endpoint user",
        "20.60.130.128/25 endpoint bgp",
      ])
    #expect(parts(.serviceEndpoints, .observed) == ["20.60.26.0/24 endpoint user"])
    #expect(parts(.observed, .longestPrefix) == ["20.60.40.0/24 endpoint user"])
    #expect(parts(.observed, .observed) == [])
  }

  @Test("R6 disagreements: halves that part alike are one prefix")
  func merged() {
    let tables = RoutingTables(
      topology: sampleTopology(
        endpoints: [.storage],
        routes: [UserRoute("a", "20.60.26.0/23", .none)], bgp: [BGPRoute("20.60.26.7/32")]))
    let parts = tables.disagreements(ofSubnet: 0, between: .serviceEndpoints, and: .observed)
    #expect(parts.map(\.prefix.description) == ["20.60.26.0/23"])
  }

  @Test(
    "R6 disagreements: against `resolve` under each model, random",
    arguments: 0..<24 as Range<UInt64>)
  func property(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let models = PrecedenceModel.allCases
    let first = models[Int(seed) % models.count]
    let second = models[Int(seed / 4 + 1 + seed) % models.count]
    let (topology, _) = PrecedenceTests.randomTopology(first, &random)
    var other = topology
    other.precedence = second
    let (one, two) = (RoutingTables(topology: topology), RoutingTables(topology: other))
    let parts = one.disagreements(ofSubnet: 0, between: first, and: second)
    for (a, b) in zip(parts, parts.dropFirst()) {
      #expect(a.prefix.last < b.prefix.address, "disjoint and ordered")
    }
    for _ in 0..<400 {
      let destination = PrecedenceTests.randomPrefix(&random).address(
        at: UInt32.random(in: 0...600, using: &random))
      let a = one.resolve(.subnet(0), destination, usesEndpoints: true)
      let b = two.resolve(.subnet(0), destination, usesEndpoints: true)
      let part = parts.first { $0.prefix.contains(destination) }
      #expect((part != nil) == (a != b), "seed \(seed), \(destination)")
      if let part {
        #expect(part.first == a)
        #expect(part.second == b)
      }
    }
  }
}
