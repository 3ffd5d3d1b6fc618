import ConfigurationFile
import Model
import Testing

@testable import Replay

@Suite("A wrong file of expectations is refused")
struct ExpectationFileTests {
  private func problems(_ text: String) throws -> [String] {
    let snapshot = ReplayFixture.snapshot(try ReplayFixture.configuration())
    do {
      _ = try ExpectationFile.parse(text, path: "e.yaml", snapshot: snapshot)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test(
    "Each mistake is named with line, field and what would be right",
    arguments: [
      ("", "e.yaml: is empty"),
      ("[]", "e.yaml:1:1: expects nothing; write at least one expectation"),
      (
        "- name: a",
        "e.yaml:1:3: [0]: has no `expect`: say what must be true of the packets, such as `expect: { verdict: dropped }`"
      ),
      (
        "- expect: {}",
        "e.yaml:1:11: [0].expect: is empty; say what must be true, such as `verdict: forwarded`"
      ),
      (
        "- expect: { verdict: lost }",
        "e.yaml:1:22: [0].expect.verdict: `lost` is none of forwarded, answered, dropped"
      ),
      (
        "- expect: { port: eth0 }",
        "e.yaml:1:19: [0].expect.port: `eth0` is not a port of the configuration; there are vm1, vm2, nva, internet, gateway, backbone"
      ),
      (
        "- expect: { nextHop: nva }",
        "e.yaml:1:22: [0].expect.nextHop: `nva` is not an address such as 10.0.100.4"
      ),
      (
        "- expect: { only: yes, port: nva }",
        "e.yaml:1:19: [0].expect.only: `yes` is not true or false"
      ),
      (
        "- expect: { only: true }",
        "e.yaml:1:19: [0].expect.only: needs `port`: the one port that the packets may leave by"
      ),
      (
        "- expect: { verdict: dropped, port: nva }",
        "e.yaml:1:37: [0].expect.port: cannot be: a packet that is dropped does not leave by a route"
      ),
      (
        "- expect: { verdict: forwarded, dropReason: no-flow }",
        "e.yaml:1:45: [0].expect.dropReason: cannot be: `verdict` is forwarded; this needs dropped"
      ),
      (
        "- expect: { verdict: forwarded }\n  macth: { packet: 1 }",
        "e.yaml:2:3: [0].macth: is not a key here; the keys are name, match, expect"
      ),
      (
        "- match: { source: 10.0.1.4/24 }\n  expect: { verdict: dropped }",
        "e.yaml:1:20: [0].match.source: `10.0.1.4/24` has bits set behind its length; write 10.0.1.0/24"
      ),
      (
        "- match: { source: vm1 }\n  expect: { verdict: dropped }",
        "e.yaml:1:20: [0].match.source: `vm1` is not an address or a prefix such as 10.0.1.4 or 10.0.1.0/24"
      ),
      (
        "- match: { packet: 0 }\n  expect: { verdict: dropped }",
        "e.yaml:1:20: [0].match.packet: `0` is not a whole number from 1"
      ),
      (
        "- match: { packets: [] }\n  expect: { verdict: dropped }",
        "e.yaml:1:21: [0].match.packets: is empty; name packets by number, from 1"
      ),
      (
        "- match: { protocol: icmp, sourcePort: 1 }\n  expect: { verdict: dropped }",
        "e.yaml:1:40: [0].match.sourcePort: cannot match: icmp has no ports"
      ),
      (
        "- match: { destinationPort: 65536 }\n  expect: { verdict: dropped }",
        "e.yaml:1:29: [0].match.destinationPort: `65536` is not a whole number from 0 to 65535"
      ),
      (
        "- match: { protocol: tpc }\n  expect: { verdict: dropped }",
        "e.yaml:1:22: [0].match.protocol: `tpc` is not a protocol: `tcp`, `udp`, `icmp`, `arp` or a number to 255"
      ),
      ("{ rules: [] }", "e.yaml:1:3: rules: is not a key here; the keys are expectations"),
    ])
  func mistake(text: String, message: String) throws {
    #expect(try problems(text).first == message)
  }

  @Test("All mistakes are reported at once, in the order of the file")
  func allAtOnce() throws {
    let problems = try problems(
      """
      - match: { packet: x }
        expect: { port: eth0 }
      - expect: { answer: pong }
      """)
    #expect(problems.map { String($0.prefix(9)) } == ["e.yaml:1:", "e.yaml:2:", "e.yaml:3:"])
  }

  @Test("Broken YAML, keys written twice, and a file that is not there have a place")
  func unreadable() throws {
    #expect(try problems("- [").first?.hasPrefix("e.yaml:2:1: is not YAML") == true)
    #expect(
      try problems("- expect: { verdict: dropped }\n  expect: { only: true }").first?
        .contains("`expect` stands twice") == true)
    let snapshot = ReplayFixture.snapshot(try ReplayFixture.configuration())
    #expect(throws: ConfigurationErrors.self) {
      try ExpectationFile.load(path: "/nowhere/e.yaml", snapshot: snapshot)
    }
  }

  @Test("JSON is read as YAML is, and words are matched without regard to case")
  func json() throws {
    let snapshot = ReplayFixture.snapshot(try ReplayFixture.configuration())
    let expectations = try ExpectationFile.parse(
      """
      {"expectations": [
        {"match": {"protocol": "TCP", "source": "10.0.1.4"},
         "expect": {"verdict": "Forwarded", "nextHopType": "virtualappliance", "service": "microsoft.storage"}}
      ]}
      """, path: "e.json", snapshot: snapshot)
    #expect(expectations.count == 1)
    #expect(expectations[0].name == "expectation in line 2")
    #expect(expectations[0].match.transport == .tcp)
    #expect(expectations[0].outcome.nextHopType == .virtualAppliance)
    #expect(expectations[0].outcome.service == "Microsoft.Storage")
  }
}
