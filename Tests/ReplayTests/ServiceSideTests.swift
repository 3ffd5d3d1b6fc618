import ConfigurationFile
import Dataplane
import Model
import PacketIO
import Testing

@testable import Replay

@Suite("What the service's side will say, foretold from a file")
struct ServiceSideTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// The replayed network with an account that admits vm1's public address alone, and one that shares an address with
  /// another.
  static func configuration(endpoint: Bool) throws -> Configuration {
    var configuration = try ReplayFixture.configuration(endpoint: endpoint)
    let account = { (name: String, address: String, rules: ResourceFirewall) in
      Resource(
        id: AzureID("/subscriptions/s/resourceGroups/g/providers/T/r/\(name)")!, name: name,
        service: "Microsoft.Storage", region: Region("northeurope"), addresses: [.init(address)!],
        hostNames: ["\(name).example"], firewall: rules)
    }
    configuration.topology.resources = [
      account(
        "data", ReplayFixture.storage,
        ResourceFirewall(
          defaultAction: .deny, ipRules: [.init(prefix: .init("203.0.113.4/32")!)])),
      account("one", "20.60.26.140", ResourceFirewall()),
      account("two", "20.60.26.140", ResourceFirewall(defaultAction: .deny)),
    ]
    // One network that has the address, for there is no encapsulation.
    configuration.topology.subnets[3].addressPrefixes = [.init("10.0.9.0/24")!]
    return configuration
  }

  private func explain(
    _ configuration: Configuration, _ source: String, _ destination: String, at port: String
  )
    throws -> Explanation
  {
    let snapshot = ReplayFixture.snapshot(configuration)
    let port = try snapshot.namedPort(port)
    let frame = try PacketProbe(
      FiveTuple(protocol: "tcp", source: source, destination: destination)
    ).frame(at: port)
    return try snapshot.explain(frame: frame, at: port.id).explanation
  }

  @Test("I3 I6: explain goes on to who asks, which resource, and what its firewall says")
  func explained() throws {
    let configuration = try Self.configuration(endpoint: true)
    let over = try explain(
      configuration, "10.0.1.4:40000", "\(ReplayFixture.storage):443", at: "vm1")
    #expect(
      over.steps.suffix(4).map(\.stage) == ["identity", "resource", "firewall", "verdict"])
    #expect(over.steps.contains { $0.text == "I1: vnet1/app, 10.0.1.4" })
    let answer = try #require(over.resources?.first)
    #expect(answer.resource == "data" && answer.source == "10.0.1.4" && answer.viaEndpoint)
    #expect(!answer.isAdmitted && answer.subnet == "vnet1/app")
    #expect(answer.sentence.hasSuffix("the source is private, so IP rules do not match"))

    // vm2's subnet has no endpoint and no route table: the Internet, with its public address.
    let other = try explain(
      configuration, "10.0.2.4:40000", "\(ReplayFixture.storage):443", at: "vm2")
    #expect(other.resources?.map(\.rule) == ["defaultAction Deny"])
    #expect(other.resources?.map(\.source) == ["203.0.113.5"])
    #expect(other.resources?.map(\.viaEndpoint) == [false])
  }

  @Test("I2: where two share an address both answer, and the names say which is meant")
  func shared() throws {
    let explained = try explain(
      try Self.configuration(endpoint: true), "10.0.1.4:40000", "20.60.26.140:443", at: "vm1")
    #expect(explained.resources?.map(\.isAdmitted) == [true, false])
    #expect(explained.resources?.map(\.hostNames) == [["one.example"], ["two.example"]])
    #expect(explained.steps.contains { $0.text.hasPrefix("the host name will say which") })
  }

  @Test("I3: what goes to an appliance, or to no resource, has no answer")
  func none() throws {
    let configuration = try Self.configuration(endpoint: false)
    let appliance = try explain(
      configuration, "10.0.1.4:40000", "\(ReplayFixture.storage):443", at: "vm1")
    #expect(appliance.egress == "nva" && appliance.resources == nil)
    let web = try explain(configuration, "10.0.2.4:40000", "\(ReplayFixture.web):443", at: "vm2")
    #expect(web.egress == "internet" && web.resources == nil)
  }

  @Test("I3: verdict lines say what the resource will say, as the slow way does")
  func lines() throws {
    let capture = try scratch.capture([
      ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("tcp", "10.0.2.4:40000", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("tcp", "10.0.2.4:40001", "20.60.26.140:443"),
      ReplayFixture.frame("tcp", "10.0.2.4:40002", "\(ReplayFixture.web):443"),
      ReplayFixture.frame("tcp", "10.0.1.4:40003", "\(ReplayFixture.storage):443"),
    ])
    let configuration = try Self.configuration(endpoint: true)
    let replayed = try Replayed(capture, configuration, scratch: scratch)
    let words = try (1...5).map { try replayed.line($0)["resourceVerdict"] as? String }
    #expect(words == ["denied", "denied", "host-name-decides", nil, "denied"])
    #expect(try replayed.line(1)["resource"] as? String == "data")
    #expect(try replayed.line(1)["resourceRule"] as? String == "defaultAction Deny")
    var slow: [String] = []
    let snapshot = ReplayFixture.snapshot(configuration)
    var replay = Replay(snapshot: snapshot) { batch in
      batch.eachPacket { packet, _ in slow.append(SlowVerdictLine(snapshot: snapshot).text(packet))
      }
    }
    var reader = try CaptureReader(path: capture)
    while true {
      let packets = try reader.nextBatch()
      if packets.isEmpty { break }
      try replay.add(packets)
    }
    try replay.finish()
    #expect(slow == replayed.lines)
  }
}
