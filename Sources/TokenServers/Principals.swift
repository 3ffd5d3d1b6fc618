import Foundation

/// Who may sign in, and by which secret.
public struct Principals: Sendable {
  /// Longest name or secret, in bytes.
  static let longest = 256

  private let secrets: [String: [UInt8]]

  /// A file with a line for each: a name, white space, a secret. Empty lines and those that begin with `#` say nothing.
  /// - Throws: `TokenServerError`, with the line.
  public static func read(path: String) throws(TokenServerError) -> Principals {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .cannotRead(path: path, reason: error.localizedDescription)
    }
    return try Principals(parsing: data, path: path)
  }

  init(parsing data: Data, path: String) throws(TokenServerError) {
    var secrets: [String: [UInt8]] = [:]
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let bad = { (reason: String) in
        TokenServerError.badPrincipal(path: path, line: index + 1, reason: reason)
      }
      guard let line = String(validating: bytes, as: UTF8.self) else { throw bad("is not UTF-8") }
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let name = words.first, !name.hasPrefix("#") else { continue }
      guard words.count == 2 else {
        throw bad("has \(words.count) words; it must have a name and a secret")
      }
      guard words.allSatisfy({ $0.utf8.count <= Self.longest }) else {
        throw bad("is too long: a name and a secret have \(Self.longest) bytes at most")
      }
      guard secrets.updateValue(Array(words[1].utf8), forKey: String(name)) == nil else {
        throw bad("names '\(name)' a second time")
      }
    }
    guard !secrets.isEmpty else { throw .noPrincipals(path: path) }
    self.secrets = secrets
  }

  /// Whether it is that one's secret. How long it takes says nothing of how much of a secret was right.
  func accepts(_ name: String, secret: String) -> Bool {
    guard let right = secrets[name] else { return false }
    let given = Array(secret.utf8)
    var difference: UInt8 = given.count == right.count ? 0 : 1
    for index in right.indices {
      difference |= right[index] ^ (index < given.count ? given[index] : 0)
    }
    return difference == 0
  }
}
