import Model
import TestSupport
import Testing
import Wire

/// R7 on the tag files as published.
@Suite("R7 on real tags", .needsSharedData)
struct TagFileTests {
  private let services = ["Storage", "Sql", "AzureCloud", "AzureActiveDirectory"]

  @Test(
    "R7 prefixes: Storage and SQL of West Europe",
    arguments: [
      "ServiceTags_Public_20190722.json", "ServiceTags_Public_20250120.json",
      "ServiceTags_Public_2025-10-08.json", "ServiceTags_Public_2025-10-10.json",
    ])
  func westEurope(file: String) throws {
    let tags = try PublishedData.tags(file, of: services)
    let region = Region("West Europe")
    let storage = sampleServices.prefixes(of: .storage, inRegion: region, tags: tags)
    let whole = try #require(tags["Storage"]).prefixes.filter(\.isIPv4)
    let regional = try ["Storage.WestEurope", "Storage.NorthEurope"].flatMap {
      try #require(tags[$0]).prefixes.filter(\.isIPv4)
    }
    // Every regional prefix of these files is inside the top-level tag, so the cut is the regional ones.
    #expect(Set(storage) == Set(regional))
    #expect(storage.allSatisfy { prefix in whole.contains { $0.contains(prefix) } })
    #expect(sampleServices.problem(with: .storage, inRegion: region, tags: tags) == nil)
    #expect(sampleServices.problem(with: .sql, inRegion: region, tags: tags) == nil)
    let tables = RoutingTables(
      topology: sampleTopology(endpoints: [.storage, .sql], tags: tags))
    if !file.contains("2019") {
      #expect(route(tables, "20.60.26.132").hasPrefix("endpoint"))
      #expect(route(tables, "20.61.99.196").hasPrefix("endpoint"))
    }
    #expect(tables.endpointPrefixes(ofSubnet: 0)[0].prefixes == storage)
  }

  @Test("R7 regions: the published value is not the name: France Central is centralfrance")
  func regionNames() throws {
    let tags = try PublishedData.tags("ServiceTags_Public_2025-10-08.json", of: services)

    let byName = sampleServices.prefixes(of: .sql, inRegion: Region("francecentral"), tags: tags)
    #expect(!byName.isEmpty)
    #expect(
      byName == sampleServices.prefixes(of: .sql, inRegion: Region("centralfrance"), tags: tags))
    #expect(Set(byName) == Set(tags["Sql.FranceCentral"]?.prefixes.filter(\.isIPv4) ?? []))
  }

  @Test("R7 prefixes: AzureActiveDirectory.ServiceEndpoint is not a region")
  func directory() throws {
    let tags = try PublishedData.tags("ServiceTags_Public_2025-10-08.json", of: services)

    let endpoint = ServiceEndpoint(service: "Microsoft.AzureActiveDirectory")
    let prefixes = sampleServices.prefixes(of: endpoint, inRegion: Region("eastus"), tags: tags)
    #expect(Set(prefixes) == Set(tags["AzureActiveDirectory"]?.prefixes.filter(\.isIPv4) ?? []))
  }
}
