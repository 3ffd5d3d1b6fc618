import Foundation
import Model
import RouteSources
import Testing
import Wire

@Suite("service-tag files that are wrong")
struct MalformedServiceTagFileTests {
  private static func file(_ values: String) -> String {
    #"{ "changeNumber": 1, "cloud": "Public", "values": [\#(values)] }"#
  }

  private static func message(_ text: String) -> String? {
    do {
      _ = try ServiceTagFile.parse(Array(text.utf8), source: "tags.json")
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(
    "each names its tag and field",
    arguments: [
      (
        #"{"name": "A", "properties": {"addressPrefixes": ["10.0.0.0/8", "10.0.0.1/8"]}}"#,
        "tags.json: values[0] (A): properties.addressPrefixes[1]: `10.0.0.1/8` has bits behind its length; `10.0.0.0/8` has not"
      ),
      (
        #"{"name": "A", "properties": {"addressPrefixes": ["10.0.0.0/33"]}}"#,
        "tags.json: values[0] (A): properties.addressPrefixes[0]: `10.0.0.0/33` is not an address prefix such as `20.60.26.0/23` or `2603:1020::/48`"
      ),
      (
        #"{"name": "A", "properties": {}}"#,
        "tags.json: values[0] (A): properties.addressPrefixes: is missing"
      ),
      (
        #"{"name": "A", "properties": {"addressPrefixes": [7]}}"#,
        "tags.json: values[0] (A): properties.addressPrefixes[0]: must be a string"
      ),
      (
        #"{"name": "A", "properties": {"addressPrefixes": "10.0.0.0/8"}}"#,
        "tags.json: values[0] (A): properties.addressPrefixes: must be a list: [ ... ]"
      ),
      (
        #"{"name": "A", "properties": {"addressPrefixes": null}}"#,
        "tags.json: values[0] (A): properties.addressPrefixes: is null, and must be a list: [ ... ]"
      ),
      (
        #"{"name": "A", "properties": {"addressPrefixes": [], "region": 5}}"#,
        "tags.json: values[0] (A): properties.region: must be a string"
      ),
      (
        #"{"name": "A", "properties": {"addressPrefixes": [], "networkFeatures": "VSE"}}"#,
        "tags.json: values[0] (A): properties.networkFeatures: must be a list: [ ... ]"
      ),
      (#"{"name": "A"}"#, "tags.json: values[0] (A): properties: is missing"),
      (
        #"{"name": "A", "properties": 3}"#,
        "tags.json: values[0] (A): properties: must be an object: { ... }"
      ),
      (
        #"{"properties": {"addressPrefixes": []}}"#, "tags.json: values[0]: name: is missing"
      ),
      (
        #"{"name": "", "properties": {"addressPrefixes": []}}"#,
        "tags.json: values[0] (): name: is empty"
      ),
      (
        #"{"name": "A", "properties": {"addressPrefixes": []}}, {"name": "a", "properties": {"addressPrefixes": []}}"#,
        "tags.json: values[1] (a): name: values[0] has the same name; a tag may be listed once"
      ),
    ])
  func field(values: String, message: String) {
    #expect(Self.message(Self.file(values)) == message)
  }

  @Test("all problems are reported at once, in order")
  func together() {
    let message = Self.message(
      Self.file(
        #"{"name": "A", "properties": {"addressPrefixes": ["x", "y"]}}, 7, {"name": "B"}"#))
    #expect(
      message?.split(separator: "\n").map { $0.prefix(48) } == [
        "tags.json: values[0] (A): properties.addressPref",
        "tags.json: values[0] (A): properties.addressPref",
        "tags.json: values[1]: : must be an object: { ...",
        "tags.json: values[2] (B): properties: is missing",
      ])
  }

  @Test("what is no JSON at all says where")
  func syntax() {
    #expect(Self.message("")?.contains("the file is empty") == true)
    let message = Self.message("{\n  \"changeNumber\": 1,\n  \"values\": [ }\n}")
    #expect(message?.hasPrefix("tags.json: not JSON: ") == true)
    #expect(message?.contains("line 3") == true, "\(message ?? "no error")")
  }

  @Test("the outermost object")
  func outermost() {
    #expect(
      Self.message("[]") == "tags.json: the document: must be an object: { ... }")
    #expect(Self.message(#"{"changeNumber": 1}"#) == "tags.json: the document: lacks `values`")
    #expect(
      Self.message(#"{"changeNumber": "x", "values": []}"#)
        == "tags.json: changeNumber: must be a whole number")
    #expect(
      Self.message(#"{"changeNumber": 1, "values": {}}"#)?.hasPrefix(
        "tags.json: values: must be a list")
        == true)
  }

  @Test("a file that is not there")
  func absent() {
    let path = "/nonexistent/tags.json"
    #expect(throws: RouteSourceError.unreadable(file: path, reason: "No such file or directory")) {
      _ = try ServiceTagFile.read(path: path)
    }
  }

  @Test("CRLF, a byte order mark and keys of tomorrow change nothing")
  func tolerated() throws {
    let text = Self.file(
      "\r\n{\"name\": \"A\", \"new\": [1], \"properties\": {\r\n\"addressPrefixes\": [\"10.0.0.0/8\"]}}\r\n"
    )
    let bytes = [0xef, 0xbb, 0xbf] + Array(text.utf8)
    let tags = try ServiceTagFile.parse(bytes, source: "x")
    #expect(tags["A"]?.prefixes == [IPPrefix(.v4(IPv4Address(10, 0, 0, 0)), length: 8)])
  }
}
