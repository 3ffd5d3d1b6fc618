import ConfigurationFile
import Foundation
import TestSupport
import Testing

/// Inputs that are too many, too deep, or no text.
@Suite("bounds")
struct BoundsTests {
  @Test("aliases of aliases are counted and refused")
  func aliasBomb() {
    var yaml = "x-a: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      yaml += "x-\(level): &a\(level) [\(aliases)]\n"
    }
    let problems = Outcome.of(yaml + network).problems
    #expect(
      problems.map(\.message) == [
        "holds more than 200000 values with its aliases, the most that is read"
      ])
  }

  @Test("an alias of aliases as a key is refused before it is expanded")
  func aliasBombAsKey() {
    var yaml = "x-a: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      yaml += "x-\(level): &a\(level) [\(aliases)]\n"
    }
    yaml += "x-b: { *a9 : 1 }\n"
    #expect(
      Outcome.of(yaml).lines
        == "11: an alias or a `?` key cannot be a key here; write the key out")
  }

  @Test("depth is bounded", arguments: [100, 5_000, 200_000])
  func depth(levels: Int) {
    let text =
      "x-a: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    let problems = Outcome.of(text).problems
    #expect(problems.count == 1)
    #expect(problems.first?.line == 1)
  }

  @Test("a JSON file's depth is bounded")
  func depthOfJSON() throws {
    let deep = String(repeating: "[", count: 100_000)
    try Place.withFiles(["deep.json": deep, "lab.yaml": "azure: deep.json\n"]) { folder in
      let problems = Outcome.ofFile(folder.appendingPathComponent("lab.yaml").path).problems
      #expect(
        problems.map(\.message) == [
          "is not JSON: larger or deeper than what is read: 64 levels, 200000 values"
        ])
    }
  }

  @Test("R2: 400 routes and 25 tags a table, no more")
  func routeLimits() {
    let plain = (0..<401).map {
      "{ name: r\($0), addressPrefix: 10.\($0 / 256).\($0 % 256).0/24, nextHopType: None }"
    }
    let tags = ["Storage", "Sql", "AzureKeyVault", "AzureContainerRegistry"].flatMap { tag in
      ["", ".WestEurope", ".NorthEurope", ".EastUS", ".WestUS", ".EastUS2", ".CentralUS"].map {
        tag + $0
      }
    }
    let tagged = tags.enumerated().map {
      "{ name: r\($0.offset), addressPrefix: \($0.element), nextHopType: Internet }"
    }
    let yaml = """
      \(network)\
      routeTables:
        - name: many
          routes: [\(plain.joined(separator: ", "))]
        - name: full
          routes: [\(plain.dropLast().joined(separator: ", "))]
        - name: tags
          routes: [\(tagged.prefix(26).joined(separator: ", "))]
        - name: enough
          routes: [\(tagged.prefix(25).joined(separator: ", "))]
      """
    #expect(
      Outcome.of(yaml).lines == """
        7: routeTables[0].routes: has 401 routes; a table can have 400
        11: routeTables[2].routes: has 26 routes to service tags; a table can have 25
        """)
  }

  @Test("files that are no configuration at all")
  func files() throws {
    try Place.withFiles([:]) { folder in
      let missing = folder.appendingPathComponent("missing.yaml").path
      #expect(Outcome.ofFile(missing).problems.map(\.description) == ["\(missing): does not exist"])
      #expect(
        Outcome.ofFile(folder.path).problems.map(\.description)
          == ["\(folder.path): is a directory; name a file in it"])

      let binary = folder.appendingPathComponent("binary.yaml")
      try Data("name: a\nx: \u{e9}b".utf8 + [0xff, 0x0a]).write(to: binary)
      #expect(
        Outcome.ofFile(binary.path).problems.map(\.description)
          == ["\(binary.path):2:6: is not UTF-8 here; save the file as UTF-8"])
      try Data([0xff, 0xfe, 0x61, 0x00]).write(to: binary)
      #expect(
        Outcome.ofFile(binary.path).problems.map(\.message) == ["is UTF-16; save it as UTF-8"])
      try Data(repeating: 0x20, count: 5 << 20).write(to: binary)
      #expect(
        Outcome.ofFile(binary.path).problems.map(\.message)
          == ["is larger than 4 MiB, the most that is read"])
      try Data([0xef, 0xbb, 0xbf] + Data(network.utf8)).write(to: binary)
      #expect(Outcome.ofFile(binary.path).problems == [])
    }
  }

  @Test("no text makes the loader crash: the examples cut and bent at random")
  func mutations() throws {
    let folder = Place.packageRoot.appendingPathComponent("examples")
    let yaml = Array(try Data(contentsOf: folder.appendingPathComponent("forced-tunnel.yaml")))
    let json = Array(try Data(contentsOf: folder.appendingPathComponent("azure-template.json")))
    let including = "azure: [{ file: azure.json, resourceGroup: { location: westeurope } }]\n"
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<150 {
      let text = String(decoding: Self.mutant(of: yaml, &generator), as: UTF8.self)
      check(Outcome.of(text), lines: text.unicodeScalars.count { $0 == "\n" || $0 == "\r" } + 2)
      let template = String(decoding: Self.mutant(of: json, &generator), as: UTF8.self)
      check(
        try AzureResourceTests.load(template, including), lines: template.unicodeScalars.count + 2)
    }
  }

  /// Either all of it holds, or it is said why not; a place is always within the file.
  private func check(_ outcome: Outcome, lines: Int) {
    #expect((outcome.configuration == nil) == !outcome.problems.isEmpty)
    #expect(outcome.problems.allSatisfy { $0.line <= lines })
  }

  private static func mutant(of bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var mutant = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let at = Int.random(in: 20..<mutant.count, using: &generator)
      switch Int.random(in: 0...6, using: &generator) {
      case 0, 1: mutant.removeSubrange(at..<min(at + 9, mutant.count))
      case 2, 3: mutant[at] = UInt8.random(in: 9...126, using: &generator)
      case 4: mutant.removeSubrange(at...)
      default:
        let signs = Array("{[()]}:,-&*?\"'\n\t# 0".utf8).shuffled(using: &generator)
        mutant.insert(contentsOf: signs.prefix(2), at: at)
      }
      if mutant.count < 21 { mutant = bytes }
    }
    return mutant
  }
}
