/// The keys of one mapping, read one by one. It knows which keys were asked for: the others are unknown, and
/// reported by `finish`.
///
/// A resource may be written flat or as ARM nests it, with most keys below `properties`.
final class Section {
  let place: Place
  let source: Source
  private let entries: [SourceNode.Entry]
  private var nested: Section?
  private var known: [String] = []
  /// Accepted, but proposed by no message.
  private var passedOver: Set<String> = []

  init(_ entries: [SourceNode.Entry], place: Place, source: Source) {
    self.entries = entries
    self.place = place
    self.source = source
  }

  var findings: Findings { source.findings }
  var keys: [String] { entries.map(\.key) }

  /// Keys may stand below `properties` too.
  func acceptProperties() {
    guard let properties = peek("properties") else { return }
    nested = properties.section("addressPrefix: 10.0.0.0/24")
  }

  /// The value of a key; nil where it is absent or null.
  subscript(key: String) -> Value? {
    guard let value = written(key) else { return nil }
    if case .null = value.node.content { return nil }
    return value
  }

  /// The value of a key, null too; nil where the key is absent.
  func written(_ key: String) -> Value? {
    note(key)
    let here = entry(key).map { Value($0.value, field: field($0.key), source: source) }
    guard let nested, let below = nested.written(key) else { return here }
    if let here {
      below.error("stands already in line \(here.place.line), outside `properties`; remove one")
    }
    return here ?? below
  }

  /// The value of a key that must be there.
  func required(_ key: String, _ what: String) -> Value? {
    if let value = self[key] { return value }
    findings.error(place.key(key), "is missing; it must be \(what)")
    return nil
  }

  /// The value of a key that is read if it is there, and proposed to nobody.
  func peek(_ key: String) -> Value? {
    passedOver.insert(key)
    nested?.passedOver.insert(key)
    let here = entry(key).map { Value($0.value, field: field($0.key), source: source) }
    return here ?? nested?.peek(key)
  }

  /// Keys of Azure that change nothing here.
  func passOver(_ keys: [String]) {
    passedOver.formUnion(keys)
    nested?.passedOver.formUnion(keys)
  }

  /// Reports keys that nobody asked for.
  func finish() {
    nested?.finish()
    guard !source.isAzureDocument else { return }
    for entry in entries where !known.contains(entry.key) && !passedOver.contains(entry.key) {
      var at = place.key(entry.key)
      (at.line, at.column) = (entry.line, entry.column)
      let suggestion = Spelling.nearest(to: entry.key, among: known)
      findings.misspelt(
        at, meaning: suggestion.map(field),
        "is not a key here; "
          + (suggestion.map { "did you mean `\($0)`?" } ?? "the keys are \(Spelling.choice(known))")
      )
    }
  }

  /// What Azure adds to every resource.
  static let resourceKeys = [
    "id", "type", "apiVersion", "etag", "tags", "kind", "sku", "zones", "scale", "comments",
    "dependsOn", "condition", "resources", "resourceGroup", "resourceGuid", "provisioningState",
    "extendedLocation", "systemData", "managedBy", "properties",
  ]

  private func note(_ key: String) {
    if !known.contains(key) { known.append(key) }
  }

  private func field(_ key: String) -> String { place.key(key).field }

  private func entry(_ key: String) -> SourceNode.Entry? {
    guard source.isAzureDocument else { return entries.first { $0.key == key } }
    return entries.first { Section.plain($0.key) == Section.plain(key) }
  }

  /// `addressPrefix`, `AddressPrefix` and the Python SDK's `address_prefix` are one.
  private static func plain(_ key: String) -> String {
    key.lowercased().filter { $0 != "_" }
  }
}
