import ConfigurationFile
import Foundation
import Testing

@testable import Replay

@Suite("docs/replay.md")
struct DocumentationTests {
  @Test("Its configuration and its expectations can be read")
  func examples() throws {
    let page = try String(
      contentsOf: SharedCaptures.packageRoot.appendingPathComponent("docs/replay.md"),
      encoding: .utf8)
    let blocks = page.components(separatedBy: "```yaml\n").dropFirst().map { block in
      block.components(separatedBy: "```")[0]
    }
    #expect(blocks.count == 2)
    let configuration = try ConfigurationLoader.load(text: blocks[0], path: "my-network.yaml")
    let expectations = try ExpectationFile.parse(
      blocks[1], path: "expected.yaml", snapshot: ReplayFixture.snapshot(configuration))
    #expect(expectations.count == 3)
  }
}
