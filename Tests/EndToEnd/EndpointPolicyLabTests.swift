import Foundation
import Testing

extension EndToEnd {
  /// The security groups' example with two accounts of which a policy lists one.
  @Suite("Endpoint policies in the lab", .serialized) struct EndpointPolicyLabTests {
    private static let listed = "20.60.26.132"
    private static let other = "20.60.26.133"

    private static func withPolicy(_ example: String) -> String {
      let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts"
      return example.replacingOccurrences(
        of: "serviceEndpoints: [Microsoft.Storage]",
        with: "serviceEndpoints: [Microsoft.Storage]\n        serviceEndpointPolicies: [ours]"
      ).replacingOccurrences(
        of: "loopbackAddresses: [\(listed)/32]",
        with: "loopbackAddresses: [\(listed)/32, \(other)/32]"
      ) + """

        resources:
          - { name: ours, id: \(id)/ours, service: Microsoft.Storage, location: westeurope, addresses: [\(listed)] }
          - { name: theirs, id: \(id)/theirs, service: Microsoft.Storage, location: westeurope, addresses: [\(other)] }
        serviceEndpointPolicies:
          - name: ours
            serviceEndpointPolicyDefinitions:
              - { name: d, service: Microsoft.Storage, serviceResources: [\(id)/ours] }
        """
    }

    @Test("N2: over the endpoint the listed account answers, and the other does not")
    func listedAlone() throws {
      let lab = try RunningLab(
        name: "e2e-policy", example: "security-groups", change: Self.withPolicy)
      defer { lab.close() }
      try lab.startWebServer("ours", in: "services", address: Self.listed)
      try lab.startWebServer("theirs", in: "services", address: Self.other)
      func ask(_ server: String) throws -> Program.Result {
        try lab.run("web1", "curl", "-sS", "--max-time", "2", "http://\(server)/whoami")
      }
      #expect(try ask(Self.listed).output == "10.0.1.4\n")
      #expect(try ask(Self.other).status == 28)
      let sums = try lab.counters()
      #expect(sums.dropped["endpoint-policy"] ?? 0 > 0)
      #expect(sums.isBalanced, "\(sums)")
    }
  }
}
