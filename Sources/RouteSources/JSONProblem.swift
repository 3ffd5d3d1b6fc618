/// Decoding errors in a user's words.
enum JSONProblem {
  /// What was expected at which path: `values[3].name`.
  static func describe(
    _ error: DecodingError, below key: String? = nil
  ) -> RouteSourceError.Problem {
    let context: DecodingError.Context
    let sentence: String
    switch error {
    case .typeMismatch(let type, let inner):
      context = inner
      sentence = "must be \(name(of: type))"
    case .valueNotFound(let type, let inner):
      context = inner
      sentence = "is null, and must be \(name(of: type))"
    case .keyNotFound(let missing, let inner):
      context = inner
      sentence = "lacks `\(missing.stringValue)`"
    case .dataCorrupted(let inner):
      context = inner
      sentence = inner.debugDescription
    @unknown default:
      return RouteSourceError.Problem(field: key ?? "the document", sentence: "\(error)")
    }
    let keys = key.map { key in context.codingPath.drop { $0.stringValue != key } }
    let field = path(Array(keys ?? context.codingPath[...]))
    return RouteSourceError.Problem(
      field: field.isEmpty ? key ?? "the document" : field, sentence: sentence)
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Int.Type: "a whole number"
    case is Bool.Type: "true or false"
    default: "\(type)".hasPrefix("Array") ? "a list: [ ... ]" : "an object: { ... }"
    }
  }
}
