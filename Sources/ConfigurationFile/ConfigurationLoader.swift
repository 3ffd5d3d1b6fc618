import Foundation

/// Reads a configuration: a YAML file and what it includes.
public enum ConfigurationLoader {
  /// Reads and checks a whole configuration. Files that it names are found relative to its folder.
  /// - Throws: `ConfigurationErrors` with every problem that was found.
  public static func load(path: String) throws(ConfigurationErrors) -> Configuration {
    let findings = Findings()
    findings.opened(file: path)
    guard let text = SourceText.read(path: path, as: path, reporter: nil, findings) else {
      throw ConfigurationErrors(problems: findings.ordered(findings.errors))
    }
    return try load(text: text, path: path, findings)
  }

  /// The same for text that is already there.
  /// - Parameter path: what messages call it, and where files that it names are looked for.
  public static func load(text: String, path: String) throws(ConfigurationErrors) -> Configuration {
    let findings = Findings()
    findings.opened(file: path)
    return try load(text: text, path: path, findings)
  }

  private static func load(
    text: String, path: String, _ findings: Findings
  ) throws(ConfigurationErrors) -> Configuration {
    if let root = YAMLSource.parse(text, file: path, findings) {
      if case .null = root.content {
        findings.error(
          Place(file: path), "is empty; a configuration needs at least `virtualNetworks`")
      } else {
        let value = Value(root, field: "", source: Source(file: path, findings: findings))
        if let document = ReadDocument.read(value) {
          var building = BuildConfiguration(document, findings: findings)
          if var configuration = building.build(), findings.errors.isEmpty {
            configuration.warnings = findings.ordered(findings.warnings)
            return configuration
          }
        }
      }
    }
    throw ConfigurationErrors(problems: findings.ordered(findings.errors))
  }
}
