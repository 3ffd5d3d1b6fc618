import Foundation
import Model
import RouteSources

/// `serviceTags` and `services`: built in, or from files beside the configuration.
extension ReadDocument {
  static func catalogues(_ section: Section) -> (ServiceTags, ServiceCatalogue) {
    let tags = file(section["serviceTags"]) { path throws(RouteSourceError) in
      try ServiceTagFile.read(path: path)
    }
    let services = file(section["services"]) { path throws(RouteSourceError) in
      try ServiceDataFile.read(path: path)
    }
    return (tags ?? BuiltInCatalogue.serviceTags, services ?? BuiltInCatalogue.services)
  }

  /// `builtin`, or `{file: path}`.
  private static func file<Contents>(
    _ value: Value?, _ read: (String) throws(RouteSourceError) -> Contents
  ) -> Contents? {
    guard let value else { return nil }
    if let word = value.node.text {
      if word != "builtin" {
        value.error("`\(word)` is not `builtin`; for a file write `{file: \(word)}`")
      }
      return nil
    }
    guard let section = value.section("file: ServiceTags_Public.json") else { return nil }
    let file = section.required("file", "the path of a JSON file")
    let path = file?.text("the path of a JSON file")
    section.finish()
    guard let file, let path else { return nil }
    do throws(RouteSourceError) {
      return try read(FilePlace.resolve(path.value, beside: value.place.file))
    } catch {
      value.source.findings.isIncomplete = true
      let lines = "\(error)".split(separator: "\n").map(String.init)
      // A file of another kind is wrong everywhere; the first lines say so.
      for line in lines.prefix(20) { file.error(line) }
      if lines.count > 20 { file.error("\(path.value) has \(lines.count - 20) more problems") }
      return nil
    }
  }
}

/// Paths in a configuration are relative to its folder.
enum FilePlace {
  static func resolve(_ path: String, beside file: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    let folder = file.lastIndex(of: "/").map { file[...$0] } ?? ""
    return folder + path
  }
}
