import Foundation

/// The fields of a form (application/x-www-form-urlencoded), each at most once (RFC 6749 section 3.2).
struct Form: Equatable {
  enum Problem: Error, Equatable {
    case repeated(String)
    case malformed
  }

  private var fields: [String: String] = [:]

  init(parsing text: String) throws(Problem) {
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? parts[1] : ""
      guard let name = Self.decoded(parts[0]), let value = Self.decoded(value) else {
        throw .malformed
      }
      guard fields.updateValue(value, forKey: name) == nil else { throw .repeated(name) }
    }
  }

  private static func decoded(_ text: Substring) -> String? {
    text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
  }

  /// Nil where it is missing or empty.
  subscript(name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
}
