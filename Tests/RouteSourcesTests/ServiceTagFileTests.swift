import Foundation
import Model
import RouteSources
import TestSupport
import Testing
import Wire

@Suite("service-tag files as published")
struct ServiceTagFileTests {
  struct Published: CustomTestStringConvertible, Sendable {
    var file: String
    var changeNumber: Int
    var tags: Int
    var prefixes: Int
    var ipv6: Int
    var testDescription: String { file }

    func read() throws -> ServiceTags {
      try ServiceTagFile.read(path: SharedData.path("service-tags/\(file)"))
    }
  }

  static let published = [
    Published(
      file: "ServiceTags_Public_20190722.json", changeNumber: 82, tags: 756, prefixes: 14574,
      ipv6: 0),
    Published(
      file: "ServiceTags_Public_20250120.json", changeNumber: 342, tags: 2647, prefixes: 86249,
      ipv6: 2321),
    Published(
      file: "ServiceTags_Public_2025-10-08.json", changeNumber: 371, tags: 3039, prefixes: 92436,
      ipv6: 2742),
    Published(
      file: "ServiceTags_Public_2025-10-10.json", changeNumber: 372, tags: 3039, prefixes: 92929,
      ipv6: 2742),
  ]

  @Test("every tag and prefix of the four dates", .needsSharedData, arguments: published)
  func counts(_ published: Published) throws {
    let tags = try published.read()
    #expect(tags.changeNumber == published.changeNumber)
    #expect(tags.source.hasSuffix(published.file))
    #expect(tags.all.count == published.tags)
    #expect(tags.all.reduce(0) { $0 + $1.prefixes.count } == published.prefixes)
    #expect(tags.all.filter { $0.prefixes.contains { !$0.isIPv4 } }.count == published.ipv6)
  }

  @Test("R7: the nine tags that are marked for endpoints, none in 2019", .needsSharedData)
  func markedForEndpoints() throws {
    for published in Self.published {
      let marked = try published.read().all.filter { $0.networkFeatures?.contains("VSE") == true }
      #expect(
        marked.map(\.name)
          == (published.changeNumber == 82
            ? []
            : [
              "AppService", "AzureActiveDirectory", "AzureContainerRegistry", "AzureCosmosDB",
              "AzureKeyVault", "EventHub", "ServiceBus", "Sql", "Storage",
            ]))
    }
  }

  @Test("the region is the published one, not the name's suffix", .needsSharedData)
  func regions() throws {
    let tags = try Self.published[3].read()
    #expect(tags["ActionGroup.FranceCentral"]?.region == Region("centralfrance"))
    #expect(tags["Storage.WestEurope"]?.region == Region("West Europe"))
    #expect(tags["Storage"]?.region == nil)
    #expect(tags["AzureActiveDirectory.ServiceEndpoint"]?.region == nil)
    #expect(tags["storage.westeurope"]?.name == "Storage.WestEurope")
  }

  @Test("networkFeatures: absent, null, and a list", .needsSharedData)
  func networkFeatures() throws {
    #expect(try Self.published[0].read()["Storage"]?.networkFeatures == nil)
    let tags = try Self.published[3].read()
    #expect(tags.all.contains { $0.networkFeatures == nil })
    #expect(tags["Storage"]?.networkFeatures == ["API", "NSG", "UDR", "FW", "VSE"])
    #expect(tags["Storage"]?.systemService == "AzureStorage")
  }

  private struct Changes: Decodable {
    struct Change: Decodable {
      var service: String
      var added: [String]
      var removed: [String]

      enum CodingKeys: String, CodingKey {
        case service
        case added = "added_prefixes"
        case removed = "removed_prefixes"
      }
    }
    var changes: [Change]
  }

  @Test("what changed in two days is what an independent tracker saw", .needsSharedData)
  func changes() throws {
    let path = try SharedData.path("service-tags/changes-2025-10-08-to-10-10.json")
    let seen = try JSONDecoder().decode(
      Changes.self, from: Data(contentsOf: URL(fileURLWithPath: path))
    ).changes
    let before = try Self.published[2].read()
    let after = try Self.published[3].read()
    let differing = after.all.filter { Set($0.prefixes) != Set(before[$0.name]?.prefixes ?? []) }
    #expect(Set(differing.map(\.name)) == Set(seen.map(\.service)))
    #expect(seen.count == 128)
    for change in seen {
      let old = Set(before[change.service]?.prefixes ?? [])
      let new = Set(after[change.service]?.prefixes ?? [])
      #expect(new.subtracting(old) == Set(change.added.compactMap { IPPrefix($0) }))
      #expect(old.subtracting(new) == Set(change.removed.compactMap { IPPrefix($0) }))
    }
  }
}
