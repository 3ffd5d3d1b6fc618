import Foundation
import Testing

extension EndToEnd {
  /// `scripts/lab`, the demonstration that the README shows, with each of its checks as an expectation.
  @Suite("The demonstration") struct DemonstrationTests {
    @Test(
      "F1 F3 R2 R3 R5 R6 R8 R9 I1 I2 I3 I5 I6 N1 N2: all steps of both hold, and the host is as it was"
    )
    func demonstration() throws {
      let before = try HostState.now()
      let result = try Program.run(
        ["scripts/lab"], environment: ["SPURLINE_BINARY": Program.binary])
      #expect(result.status == 0, "\(result.output)\n\(result.errors)")
      let lines = result.output.split(separator: "\n").map(String.init)
      let summary = lines.drop { !$0.contains("Summary") }
      // Each step has its evidence; a step that was left out is a failure, too.
      let expected = [6, 5, 13, 3, 5, 5, 2, 5, 2, 2, 4, 4, 4, 6]
      for (step, checks) in zip(1..., expected) {
        let held = summary.filter { $0.hasPrefix("  \(step) held") }
        #expect(held.count == checks, "step \(step): \(held)")
      }
      #expect(!summary.contains { $0.contains("FAILED") })
      let after = try HostState.now()
      #expect(after.namespaces == before.namespaces)
      #expect(after.links == before.links)
      #expect(after.addresses == before.addresses)
      #expect(after.routes == before.routes)
      #expect(after.sysctls == before.sysctls)
    }
  }
}
