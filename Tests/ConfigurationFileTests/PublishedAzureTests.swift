import ConfigurationFile
import Foundation
import Model
import Testing
import Wire

/// Azure resources as others published them: which load whole, and what is said of the others.
@Suite("published Azure resources")
struct PublishedAzureTests {
  /// Loads a configuration that includes files of a folder.
  private func load(_ files: [URL]) throws -> Outcome {
    let list = files.map { "  - \($0.path)\n" }.joined()
    return try Place.withFiles(["lab.yaml": "azure:\n\(list)"]) { folder in
      Outcome.ofFile(folder.appendingPathComponent("lab.yaml").path)
    }
  }

  private func files(in folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.path < $1.path }
  }

  /// Batfish's snapshots, each one folder: NICs with their addresses, and what is warned of.
  private static let batfish: [String: (nics: [String], warnings: Int)] = [
    "cloud-azure": (["vm1346 10.0.0.4 40.91.194.198", "vm235 10.0.1.4 -"], 1),
    "test-nat-gateway": (["vm1346 10.0.0.4 -", "vm235 10.0.1.5 80.41.19.20"], 2),
    "test-nsg": (["vm1346 10.0.0.4 -", "vm235 10.0.1.5 -", "vm345 10.0.1.6 -"], 0),
    // Its network has a key twice, which is warned of.
    "test-subnet": (["vm1346 10.0.0.4 -", "vm235 10.0.0.5 -"], 1),
    "test-vnet": (["vm1346 10.0.0.4 -", "vm235 10.0.1.5 -"], 0),
  ]

  @Test("Batfish's exports all load whole")
  func batfish() throws {
    guard let data = Place.sharedData() else { return }
    let folders = try files(in: data.appendingPathComponent("azure/batfish"))
    #expect(folders.map(\.lastPathComponent) == Self.batfish.keys.sorted())
    for folder in folders {
      let outcome = try load(configurations(in: folder, fixing: true))
      #expect(outcome.lines == "", "\(folder.lastPathComponent)")
      let configuration = try #require(outcome.configuration)
      let topology = configuration.topology
      #expect(topology.virtualNetworks.map(\.addressSpace) == [[IPPrefix("10.0.0.0/16")!]])
      let nics = topology.networkInterfaces.map { nic in
        let address = nic.ipConfigurations[0]
        return "\(nic.name) \(address.privateAddress) "
          + (address.publicAddress.map { "\($0)" } ?? "-")
      }
      let expected = Self.batfish[folder.lastPathComponent]
      #expect(nics == expected?.nics, "\(folder.lastPathComponent)")
      #expect(configuration.warnings.count == expected?.warnings, "\(configuration.warnings)")
    }
  }

  /// The files of a snapshot. Two of them have rules of priority 5, which Azure lets nobody write.
  private func configurations(in folder: URL, fixing: Bool) throws -> [URL] {
    let files = try files(in: folder.appendingPathComponent("azure_configs"))
    guard fixing, folder.lastPathComponent == "test-nsg" else { return files }
    return try files.map { file in
      let text = try String(contentsOf: file, encoding: .utf8)
      let fixed = text.replacingOccurrences(of: "\"priority\": 5,", with: "\"priority\": 105,")
      guard fixed != text else { return file }
      let copy = FileManager.default.temporaryDirectory
        .appendingPathComponent("spurline-\(UUID().uuidString).json")
      try Data(fixed.utf8).write(to: copy)
      return copy
    }
  }

  @Test("N1: Batfish's security groups, and the priority that no group can have")
  func batfishGroups() throws {
    guard let data = Place.sharedData() else { return }
    let folders = data.appendingPathComponent("azure/batfish")
    let refused = try load(
      configurations(in: folders.appendingPathComponent("test-nsg"), fixing: false))
    #expect(
      refused.problems.map { "\($0.line): \($0.field): \($0.message)" }
        == Array(
          repeating:
            "23: properties.securityRules[0].properties.priority: `5` is not a whole number from 100 to 4096",
          count: 2))
    let outcome = try load(
      configurations(in: folders.appendingPathComponent("cloud-azure"), fixing: true))
    let topology = try #require(outcome.configuration).topology
    #expect(
      Set(topology.securityGroups.map { "\($0.name) \($0.rules.count)" })
        == ["VM1-nsg 3", "VM2-nsg 0", "subnet-nsg 5"])
    #expect(
      topology.subnets.compactMap { $0.securityGroup.map { topology.securityGroups[$0].name } }
        == ["subnet-nsg"])
    #expect(
      topology.networkInterfaces.map {
        $0.securityGroup.map { topology.securityGroups[$0].name }
      } == ["VM1-nsg", "VM2-nsg"])
  }

  @Test("the published templates are of tools that ARM does not read; each says so")
  func templates() throws {
    guard let data = Place.sharedData() else { return }
    let templates = try files(in: data.appendingPathComponent("azure/arm-templates"))
    #expect(templates.count == 6)
    for template in templates {
      let problems = try load([template]).problems
      let expected =
        template.pathExtension == "bicep"
        ? "\(template.path) is Bicep; `az bicep build --file` makes the JSON that is read here"
        : "is a file of the Azure Building Blocks tool, not an ARM template: it has no `resources`; "
          + "export the template of what it deployed"
      #expect(problems.map(\.message) == [expected])
    }
  }

  @Test("the ARM templates within building blocks load, given their parameters")
  func templatesWithin() throws {
    guard let data = Place.sharedData() else { return }
    var found = 0
    for file in try files(in: data.appendingPathComponent("azure/arm-templates"))
    where file.pathExtension == "json" {
      let root = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
      for template in Self.templates(in: root) {
        let json = try String(
          decoding: JSONSerialization.data(withJSONObject: template), as: UTF8.self)
        let outcome = try AzureResourceTests.load(json)
        // Either it holds or every line of the report has a field; nothing is guessed.
        #expect((outcome.configuration == nil) == !outcome.problems.isEmpty)
        #expect(outcome.problems.allSatisfy { !$0.field.isEmpty || $0.line == 1 })
        found += 1
      }
    }
    #expect(found >= 2)
  }

  private static func templates(in value: Any) -> [[String: Any]] {
    if let object = value as? [String: Any] {
      let inner = object.values.flatMap { templates(in: $0) }
      return object["resources"] is [Any] ? [object] + inner : inner
    }
    return (value as? [Any])?.flatMap { templates(in: $0) } ?? []
  }

  @Test("recorded answers of the API load as exported resources")
  func recordings() throws {
    guard let data = Place.sharedData() else { return }
    var read = 0
    for file in try files(in: data.appendingPathComponent("azure/recordings")) {
      let root = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
      for body in Self.resources(in: root) {
        let json = try String(decoding: JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        let outcome = try AzureResourceTests.load(json, "azure: azure.json\n" + network)
        // A NIC or a subnet may refer to what was not recorded beside it; nothing else may be wrong.
        let others = outcome.problems.filter {
          !$0.message.hasPrefix("there is no ") && !$0.message.hasPrefix("belongs to ")
        }
        #expect(others == [], "\(file.lastPathComponent)")
        read += 1
      }
    }
    #expect(read > 0)
  }

  /// The bodies that hold resources which are read here.
  private static func resources(in value: Any) -> [Any] {
    if let object = value as? [String: Any] {
      let elements = object["value"] as? [[String: Any]] ?? [object]
      let types = elements.compactMap { $0["type"] as? String }
      let isRead = types.contains { type in
        ["virtualNetworks", "routeTables", "networkInterfaces"].contains {
          type == "Microsoft.Network/\($0)"
        }
      }
      return isRead ? [object] : object.values.flatMap { resources(in: $0) }
    }
    return (value as? [Any])?.flatMap { resources(in: $0) } ?? []
  }
}
