import Model
import Wire

/// What all resources have in common.
extension Section {
  /// The resource's name; of a child that ARM names with its parent, `vnet1/app`, the last part.
  func resourceName(_ what: String) -> Located<String>? {
    guard let name = required("name", what)?.text(what) else { return nil }
    guard name.value.contains("/") else { return name }
    guard source.isAzureDocument else {
      findings.error(
        name.place, "`\(name.value)` cannot be a name: `/` parts a network from a subnet")
      return nil
    }
    let last = name.value.split(separator: "/").last.map(String.init) ?? name.value
    return Located(value: last, place: name.place)
  }

  /// Azure's own ID of the resource.
  func resourceID() -> ResourceID? {
    peek("id")?.node.text.flatMap { ResourceID($0) }
  }

  /// `key: NAME`, `key: ID` or `key: {id: ID}`.
  func reference(_ key: String, _ what: String) -> Reference? {
    self[key].flatMap { Section.reference($0, what) }
  }

  static func reference(_ value: Value, _ what: String) -> Reference? {
    if case .mapping = value.node.content {
      guard let section = value.section("id: /subscriptions/...") else { return nil }
      let id = section.required("id", "the resource's ID")
      section.passOver(["name", "resourceGroup", "properties", "location", "type", "etag"])
      section.finish()
      return id.flatMap { Section.reference($0, what) }
    }
    return value.text(what).map { Reference(text: $0.value, place: $0.place) }
  }

  /// `singular: P` or `plural: [P, ...]`; Azure also exports both, the one within the other.
  func prefixes(_ singular: String, _ plural: String) -> [Located<IPPrefix>] {
    let one = self[singular]
    let many = self[plural]
    let all = many?.prefixes() ?? []
    guard let first = one?.prefix() else { return all }
    if many != nil, !source.isAzureDocument {
      findings.error(first.place, "stands beside `\(plural)`; write one of the two")
    }
    return all.contains { $0.value == first.value } ? all : [first] + all
  }

  /// Warns of keys that Azure would act upon and this program does not.
  func warnNotApplied(_ keys: [(key: String, effect: String)]) {
    for (key, effect) in keys {
      guard let value = self[key] else { continue }
      if case .list(let elements) = value.node.content, elements.isEmpty { continue }
      findings.warning(value.place, "is not applied: \(effect)")
    }
  }
}
