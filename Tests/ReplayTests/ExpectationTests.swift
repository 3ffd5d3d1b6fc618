import ConfigurationFile
import Foundation
import FoundationXML
import Model
import Testing

@testable import Replay

@Suite("Expectations are held against packets")
struct ExpectationTests {
  let scratch: Scratch
  let capture: String
  let configuration: Configuration

  init() throws {
    scratch = try Scratch()
    configuration = try ReplayFixture.configuration()
    capture = try scratch.capture([
      ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("tcp", "10.0.1.4:40001", "\(ReplayFixture.web):80"),
      ReplayFixture.frame("tcp", "10.0.2.4:40002", "\(ReplayFixture.storage):443"),
      ReplayFixture.frame("udp", "10.0.2.4:40003", "172.16.0.1:53"),
      ReplayFixture.frame("icmp", "10.0.1.4", "10.0.1.1"),
    ])
  }

  private func results(_ yaml: String) throws -> [ExpectationResult] {
    try Replayed(capture, configuration, scratch: scratch) { job in
      job.expectations = try ExpectationFile.parse(
        yaml, path: "expected.yaml", snapshot: job.snapshot)
      job.expectationFile = "expected.yaml"
    }.report.expectations
  }

  @Test("Every field of an expectation can hold")
  func held() throws {
    let results = try results(
      """
      - name: storage from app takes the endpoint
        match: { source: 10.0.1.0/24, destination: 20.60.0.0/16, protocol: tcp, destinationPort: 443 }
        expect:
          verdict: forwarded
          port: backbone
          nextHopType: VirtualNetworkServiceEndpoint
          service: Microsoft.Storage
          source: 10.0.1.4
          destination: 20.60.26.132
          only: true
      - name: the web is forced through the appliance
        match: { packet: 2 }
        expect: { port: nva, nextHopType: VirtualAppliance, nextHop: 10.0.100.4, source: 10.0.1.4 }
      - name: a private prefix that nobody routes is dropped
        match: { packets: [4], sourcePort: 40003 }
        expect: { verdict: dropped, dropReason: route-none, only: true }
      - name: the gateway answers
        match: { protocol: icmp }
        expect: { verdict: answered, answer: echo }
      """)
    #expect(results.map(\.holds) == [true, true, true, true])
    #expect(results[0].text == "held    storage from app takes the endpoint (1 packet)\n")
  }

  @Test("A failure says what was expected and what happened, packet by packet")
  func differences() throws {
    let results = try results(
      """
      expectations:
        - name: all storage takes the endpoint
          match: { destination: 20.60.26.132 }
          expect: { port: backbone, nextHopType: VirtualNetworkServiceEndpoint, source: 10.0.2.4, only: true }
        - name: nothing is dropped
          expect: { verdict: forwarded }
        - name: nobody calls this
          match: { destinationPort: 8443 }
          expect: { verdict: dropped }
        - name: DNS has a reason
          match: { packet: 4 }
          expect: { dropReason: no-route }
        - name: DNS leaves
          match: { packet: 4 }
          expect: { port: internet }
      """)
    #expect(
      results.map(\.text).joined() == """
        FAILED  all storage takes the endpoint (expected.yaml:2): 2 of 2 packets
          packet 1: tcp 10.0.1.4:40000 > 20.60.26.132:443
            source  expected 10.0.2.4, got 10.0.1.4
          packet 3: tcp 10.0.2.4:40002 > 20.60.26.132:443
            port         expected backbone, got internet
            nextHopType  expected VirtualNetworkServiceEndpoint, got Internet
            source       expected 10.0.2.4, got 203.0.113.5
        FAILED  nothing is dropped (expected.yaml:5): 2 of 5 packets
          packet 4: udp 10.0.2.4:40003 > 172.16.0.1:53
            verdict  expected forwarded, got dropped (route-none)
          packet 5: icmp 10.0.1.4 > 10.0.1.1
            verdict  expected forwarded, got answered (echo)
        FAILED  nobody calls this (expected.yaml:7): 0 of 0 packets
          no packet of the capture matches
        FAILED  DNS has a reason (expected.yaml:10): 1 of 1 packet
          packet 4: udp 10.0.2.4:40003 > 172.16.0.1:53
            dropReason  expected no-route, got route-none
        FAILED  DNS leaves (expected.yaml:13): 1 of 1 packet
          packet 4: udp 10.0.2.4:40003 > 172.16.0.1:53
            port  expected internet, got none: it was dropped (route-none)

        """)
  }

  @Test("Only the first mismatches are shown in full, all are counted")
  func manyMismatches() throws {
    let frame = try ReplayFixture.frame("tcp", "10.0.1.4:40000", "\(ReplayFixture.storage):443")
    let capture = try scratch.capture(Array(repeating: frame, count: 40))
    let report = try Replayed(capture, configuration, scratch: scratch) { job in
      job.expectations = try ExpectationFile.parse(
        "[{name: all, expect: {port: nva}}]", path: "e.json", snapshot: job.snapshot)
    }.report
    let result = report.expectations[0]
    #expect(result.failed == 40)
    #expect(result.mismatches.map(\.packet) == [1, 2, 3, 4, 5])
    #expect(
      result.differenceText.hasSuffix(
        "  and 35 more: packets 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
          + "25, …\n"))
  }

  @Test("JUnit XML is well-formed, whatever the names hold, and the same in every run")
  func junit() throws {
    let results = try results(
      """
      - name: "a < b & \\"c\\" \\u0001 ]]> ünï"
        match: { packet: 1 }
        expect: { verdict: dropped }
      - { name: held, match: { packet: 1 }, expect: { verdict: forwarded } }
      """)
    let xml = JUnitReport(suite: "in <1>.pcap", results: results).xml
    let reader = TestCaseReader()
    let parser = XMLParser(data: Data(xml.utf8))
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError))\n\(xml)")
    #expect(reader.names == ["a < b & \"c\" \u{fffd} ]]> ünï", "held"])
    #expect(reader.suite == ["name": "in <1>.pcap", "tests": "2", "failures": "1"])
    #expect(
      reader.failure == """
          packet 1: tcp 10.0.1.4:40000 > 20.60.26.132:443
            verdict  expected dropped, got forwarded by backbone

        """)
    #expect(xml == JUnitReport(suite: "in <1>.pcap", results: results).xml)
  }
}

/// Collects what the test needs of a JUnit report.
private final class TestCaseReader: NSObject, XMLParserDelegate {
  var names: [String] = []
  var suite: [String: String] = [:]
  var failure = ""
  private var isFailure = false

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    if name == "testcase" { names.append(attributes["name"] ?? "") }
    if name == "testsuite" {
      suite = attributes.filter { ["name", "tests", "failures"].contains($0.key) }
    }
    isFailure = name == "failure"
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    isFailure = false
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if isFailure { failure += string }
  }
}
