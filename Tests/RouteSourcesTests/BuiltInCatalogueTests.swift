import Foundation
import Model
import RouteSources
import TestSupport
import Testing
import Wire

@Suite("the catalogue that ships with the program")
struct BuiltInCatalogueTests {
  private let tags = BuiltInCatalogue.serviceTags
  private let catalogue = BuiltInCatalogue.services
  private static let services = ["Storage", "Sql", "AzureKeyVault", "AzureContainerRegistry"]
  private static let regions = [
    "WestEurope", "NorthEurope", "EastUS", "WestUS", "EastUS2", "CentralUS", "UKSouth", "UKWest",
  ]

  @Test(
    "four services in eight regions; top-level tags hold the regional ones", arguments: services)
  func topLevelHoldsRegional(_ service: String) throws {
    let top = try #require(tags[service])
    #expect(top.networkFeatures?.contains("VSE") == true)
    #expect(top.region == nil)
    for region in Self.regions {
      let regional = try #require(tags["\(service).\(region)"])
      #expect(regional.region == Region(region))
      #expect(regional.networkFeatures?.contains("VSE") == false)
      #expect(regional.prefixes.filter(\.isIPv4).count >= 3)
      for prefix in regional.prefixes {
        #expect(top.prefixes.contains { $0.contains(prefix) }, "\(prefix) of \(regional.name)")
      }
    }
  }

  @Test("R7, I7: the directory's tag has no regions, and is marked for endpoints")
  func directory() throws {
    let tag = try #require(tags["AzureActiveDirectory"])
    #expect(tag.networkFeatures?.contains("VSE") == true)
    #expect(tag.region == nil)
    #expect(tags.regionalTags(of: "AzureActiveDirectory").isEmpty)
    #expect(tag.prefixes.contains { $0.contains(.v4(IPv4Address(20, 190, 128, 10))) })
  }

  @Test("it names itself as the source, and holds nothing else")
  func names() {
    #expect(tags.source == "built in")
    #expect(tags.all.count == Self.services.count * (1 + Self.regions.count) + 1)
  }

  @Test("the addresses of the example lie in West Europe, and in the aggregated prefix")
  func exampleAddresses() throws {
    let storage = IPAddress.v4(IPv4Address(20, 60, 26, 132))
    let sql = IPAddress.v4(IPv4Address(20, 61, 99, 196))
    func prefix(_ tag: String, _ address: IPAddress) -> String? {
      tags[tag]?.prefixes.first { $0.contains(address) }?.description
    }
    #expect(prefix("Storage.WestEurope", storage) == "20.60.26.0/23")
    #expect(prefix("Storage", storage) == "20.60.0.0/16")
    #expect(prefix("Sql.WestEurope", sql) == "20.61.99.192/26")
    #expect(prefix("Sql", sql) != nil)
  }

  @Test("every prefix is one of the published file's", .needsSharedData)
  func published() throws {
    let published = try ServiceTagFile.read(
      path: SharedData.path("service-tags/ServiceTags_Public_2025-10-10.json"))
    for tag in tags.all {
      let all = Set(try #require(published[tag.name]).prefixes)
      #expect(Set(tag.prefixes).isSubset(of: all))
      #expect(published[tag.name]?.region == tag.region)
    }
  }

  @Test(
    "R7: every service, its tag and its scope",
    arguments: [
      ("Microsoft.Storage", "Storage", ServiceCatalogue.Service.Scope.regionAndPair),
      ("Microsoft.Storage.Global", "Storage", .everyRegion),
      ("Microsoft.Sql", "Sql", .region),
      ("Microsoft.AzureCosmosDB", "AzureCosmosDB", .everyRegion),
      ("Microsoft.KeyVault", "AzureKeyVault", .everyRegion),
      ("Microsoft.ServiceBus", "ServiceBus", .everyRegion),
      ("Microsoft.EventHub", "EventHub", .everyRegion),
      ("Microsoft.Web", "AppService", .everyRegion),
      ("Microsoft.ContainerRegistry", "AzureContainerRegistry", .everyRegion),
      ("Microsoft.CognitiveServices", "CognitiveServicesManagement", .everyRegion),
      ("Microsoft.AzureActiveDirectory", "AzureActiveDirectory", .region),
    ])
  func scope(name: String, tag: String, scope: ServiceCatalogue.Service.Scope) throws {
    #expect(catalogue.services.count == 11)
    let service = catalogue.services[try #require(catalogue.index(named: name))]
    #expect(service.tag == tag)
    #expect(service.scope == scope)
    #expect(service.preview == (name == "Microsoft.ContainerRegistry"))
    #expect((service.exclusiveGroup == "storage") == name.hasPrefix("Microsoft.Storage"))
  }

  @Test("R7: the services that Azure's API lists are known", .needsSharedData)
  func offered() throws {
    let path = try SharedData.path("azure/list-endpoint-services-westus-2023-02-17.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let names = text.split(separator: "\"").map(String.init).filter {
      // Offered by the API, but in no list of what endpoints exist for.
      $0.hasPrefix("Microsoft.") && !$0.contains("/") && $0 != "Microsoft.CosmosDBManagedInstance"
    }
    #expect(names.count >= 5)
    for name in names { #expect(catalogue.index(named: name) != nil, "\(name)") }
  }

  @Test("R7: region pairs, mutual but for the four that Azure pairs one way")
  func pairs() {
    #expect(catalogue.pairs[Region("West Europe")] == Region("North Europe"))
    #expect(catalogue.pairs[Region("eastus")] == Region("westus"))
    #expect(catalogue.pairs[Region("brazilsouth")] == Region("southcentralus"))
    #expect(catalogue.pairs[Region("southcentralus")] == Region("northcentralus"))
    let oneWay = catalogue.pairs.filter { catalogue.pairs[$0.value] != $0.key }.map(\.key.name)
    #expect(oneWay.sorted() == ["brazilsouth", "brazilsoutheast", "westindia", "westus3"])
  }
}
