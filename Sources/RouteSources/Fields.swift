/// The fields of one JSON object, read one by one; what is wrong with each is collected, so that a user sees
/// everything at once.
struct Fields<Key: CodingKey> {
  private let container: KeyedDecodingContainer<Key>?
  /// Where the object stands, for messages.
  var place: String
  private(set) var problems: [RouteSourceError.Problem] = []

  init(_ decoder: any Decoder, place: String) {
    self.place = place
    container = try? decoder.container(keyedBy: Key.self)
    if container == nil { report(nil, "must be an object: { ... }") }
  }

  private init(_ container: KeyedDecodingContainer<Key>?, place: String) {
    self.container = container
    self.place = place
  }

  /// The object behind a key; nil, and reported, where there is none.
  mutating func object<Inner: CodingKey>(_ key: Key, keyedBy: Inner.Type) -> Fields<Inner>? {
    guard let container else { return nil }
    guard let inner = try? container.nestedContainer(keyedBy: keyedBy, forKey: key) else {
      report(key, container.contains(key) ? "must be an object: { ... }" : "is missing")
      return nil
    }
    return Fields<Inner>(inner, place: "\(place)\(key.stringValue).")
  }

  /// A value that must be there.
  mutating func required<Value: Decodable>(_ key: Key, _ type: Value.Type) -> Value? {
    guard let container else { return nil }
    guard container.contains(key) else {
      report(key, "is missing")
      return nil
    }
    return attempt(key) { try container.decode(type, forKey: key) }
  }

  /// A value that may be absent or null.
  mutating func optional<Value: Decodable>(_ key: Key, _ type: Value.Type) -> Value? {
    guard let container else { return nil }
    return attempt(key) { try container.decodeIfPresent(type, forKey: key) } ?? nil
  }

  mutating func report(_ key: Key?, index: Int? = nil, _ sentence: String) {
    var field = place + (key?.stringValue ?? "")
    if let index { field += "[\(index)]" }
    while field.last == "." || field.last == " " || field.last == ":" { field.removeLast() }
    problems.append(RouteSourceError.Problem(field: field, sentence: sentence))
  }

  /// Reports keys that nobody reads: most are misspelt.
  mutating func refuseUnknownKeys(_ decoder: any Decoder, known: [Key]) {
    guard let all = try? decoder.container(keyedBy: AnyKey.self) else { return }
    let names = known.map(\.stringValue)
    for key in all.allKeys.map(\.stringValue).sorted() where !names.contains(key) {
      let place = self.place + key
      problems.append(
        RouteSourceError.Problem(
          field: place, sentence: "is not a key; known are \(names.joined(separator: ", "))"))
    }
  }

  private mutating func attempt<Value>(_ key: Key, _ body: () throws -> Value) -> Value? {
    do {
      return try body()
    } catch let error as DecodingError {
      let problem = JSONProblem.describe(error, below: key.stringValue)
      problems.append(
        RouteSourceError.Problem(field: place + problem.field, sentence: problem.sentence))
    } catch {
      report(key, "\(error)")
    }
    return nil
  }
}

/// Any key of an object.
private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
