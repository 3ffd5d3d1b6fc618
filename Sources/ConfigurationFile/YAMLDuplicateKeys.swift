import Yams

/// Reads past repeated keys. Yams stops at the first one and names neither of its lines well; so the first of
/// two equal keys is renamed, to characters of Unicode's private use area and with its length kept, and
/// the text is read again: then both keys are in the tree, at their right places.
struct YAMLDuplicateKeys {
  /// More repetitions than this are reported by Yams's own error.
  private static let maximum = 100
  private static let firstPlaceholder: UInt32 = 0xE000

  private var names: [String: String] = [:]

  /// - Throws: `YamlError`
  static func compose(_ text: String) throws -> (Node?, YAMLDuplicateKeys) {
    var duplicates = YAMLDuplicateKeys()
    var text = text
    while true {
      do {
        return (try Yams.compose(yaml: text, .basic), duplicates)
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        guard duplicates.names.count < maximum, let key = keys.first,
          let renamed = duplicates.rename(key, at: context.mark, in: text)
        else { throw YamlError.duplicatedKeysInMapping(duplicates: keys, context: context) }
        text = renamed
      }
    }
  }

  func original(of key: String) -> String { names[key] ?? key }

  private mutating func rename(_ key: String, at mark: Mark, in text: String) -> String? {
    var scalars = Array(text.unicodeScalars)
    var start = Self.offset(of: mark, in: scalars)
    if start < scalars.count, scalars[start] == "\"" || scalars[start] == "'" { start += 1 }
    let written = Array(key.unicodeScalars)
    // Not so where the key has an anchor, a tag or escapes in front of or in it.
    guard !written.isEmpty, scalars[start...].starts(with: written) else { return nil }
    let first = Unicode.Scalar(Self.firstPlaceholder + UInt32(names.count))
    guard let first else { return nil }
    let placeholder = [first] + Array(repeating: first, count: written.count - 1)
    scalars.replaceSubrange(start..<start + written.count, with: placeholder)
    names[Self.string(placeholder)] = key
    return Self.string(scalars)
  }

  /// Counts lines as libyaml does.
  private static func offset(of mark: Mark, in scalars: [Unicode.Scalar]) -> Int {
    let breaks: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]
    var line = 1
    var index = 0
    while line < mark.line, index < scalars.count {
      if breaks.contains(scalars[index]) {
        line += 1
        if scalars[index] == "\r", index + 1 < scalars.count, scalars[index + 1] == "\n" {
          index += 1
        }
      }
      index += 1
    }
    return min(index + mark.column - 1, scalars.count)
  }

  private static func string(_ scalars: [Unicode.Scalar]) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
