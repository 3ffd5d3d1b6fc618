import Foundation
import Model

/// What the program knows without any file: a selection of real service-tag prefixes, and R7's data. Enough
/// for a lab; for real questions give the published file, which has every region and every service.
public enum BuiltInCatalogue {
  /// Storage, Sql, AzureKeyVault and AzureContainerRegistry in eight regions, and AzureActiveDirectory, which has none.
  ///
  /// In the published file's own format and read by its parser. Top-level tags hold the regional prefixes,
  /// often aggregated, and are marked `VSE`, as there.
  public static let serviceTags: ServiceTags = {
    let values = [
      builtInStorageTags, builtInSqlTags, builtInKeyVaultTags, builtInRegistryTags,
      builtInDirectoryTags,
    ]
    let text = """
      { "changeNumber": 372, "cloud": "Public", "values": [
      \(values.joined(separator: ",\n"))
      ] }
      """
    do {
      return try ServiceTagFile.parse(Data(text.utf8), source: source)
    } catch {
      preconditionFailure("\(error)")
    }
  }()

  /// Every service of R7, and the public cloud's region pairs.
  public static let services: ServiceCatalogue = {
    do {
      return try ServiceDataFile.parse(Data(builtInServices.utf8), source: source)
    } catch {
      preconditionFailure("\(error)")
    }
  }()

  private static let source = "built in"
}
