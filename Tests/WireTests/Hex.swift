import Testing

/// Bytes from annotated hex: spaces and line breaks mean nothing, `#` begins a remark.
func hex(_ text: String) -> [UInt8] {
  var digits: [UInt8] = []
  for line in text.split(separator: "\n") {
    for character in line.prefix(while: { $0 != "#" }) where character != " " {
      guard let digit = character.hexDigitValue else {
        preconditionFailure("'\(character)' is no hexadecimal digit")
      }
      digits.append(UInt8(digit))
    }
  }
  precondition(digits.count % 2 == 0, "half a byte")
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Hex that `hex(_:)` reads, for failure messages that can be pasted as a test.
func pasteable(_ bytes: [UInt8]) -> String {
  "hex(\""
    + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    + "\")"
}

/// Two frames that must be the same; if not, the first byte that differs, and everything to make a test of it.
func expectSame(
  _ actual: [UInt8], _ expected: [UInt8], from original: [UInt8],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual != expected else { return }
  let offset = zip(actual, expected).prefix { $0 == $1 }.count
  Issue.record(
    """
    They differ from byte \(offset) on.
    original: \(pasteable(original))
    actual: \(pasteable(actual))
    expected: \(pasteable(expected))
    """, sourceLocation: sourceLocation)
}
