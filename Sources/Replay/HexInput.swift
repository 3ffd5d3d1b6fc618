/// Bytes of one packet from hexadecimal text, as people copy it: digits with or without spaces, line
/// breaks, `:` or `-` between them, `0x` in front; or a dump with offsets, as `tcpdump -x`, `tcpdump -XX`,
/// `xxd` and Wireshark print it.
public enum HexInput {
  /// The largest frame that the packet path takes; more is not one packet.
  static let maximumBytes = 65_600

  /// - Throws: `ReplayError.badHex` with the line and the first character that does not fit.
  public static func bytes(_ text: String) throws(ReplayError) -> [UInt8] {
    var digits: [UInt8] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let line = line.drop { $0.isWhitespace }
      if line.isEmpty { continue }
      if let dumped = dumpColumn(line) {
        try append(dumped, line: index + 1, to: &digits)
      } else if !isHeading(line) {
        try append(line, line: index + 1, to: &digits)
      }
      guard digits.count <= maximumBytes * 2 else {
        throw .badHex("it is longer than \(maximumBytes) bytes, the longest frame there is")
      }
    }
    guard !digits.isEmpty else { throw .badHex("it holds no digits") }
    guard digits.count % 2 == 0 else {
      throw .badHex("it has \(digits.count) digits, and a byte has two")
    }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// The part of a dump's line between its offset and its text column; nil where the line is no dump's.
  /// An offset is followed by a colon (tcpdump, xxd), or by two spaces (Wireshark, hexdump -C).
  private static func dumpColumn(_ line: Substring) -> Substring? {
    let unmarked = line.hasPrefix("0x") ? line.dropFirst(2) : line
    let offset = unmarked.prefix(while: \.isHexDigit)
    guard (4...8).contains(offset.count) else { return nil }
    var rest = unmarked.dropFirst(offset.count)
    if rest.first == ":" {
      // `aabb:ccdd` is no offset: behind one stands a space.
      guard rest.dropFirst().first?.isWhitespace == true else { return nil }
      rest = rest.dropFirst()
    } else {
      guard rest.hasPrefix("  ") else { return nil }
    }
    rest = rest.drop { $0.isWhitespace }
    // The text column stands behind two spaces, or behind a bar. Eight bytes may be set apart by two as well.
    var end = rest.startIndex
    while end < rest.endIndex {
      let group = rest[end...].prefix { !$0.isWhitespace }
      guard !group.isEmpty, group.allSatisfy(\.isHexDigit), [2, 4].contains(group.count) else {
        break
      }
      end = group.endIndex
      let gap = rest[end...].prefix(while: \.isWhitespace)
      let isMiddle = gap.count == 2 && group.count == 2 && rest[..<end].count == 23
      end = gap.endIndex
      if gap.count >= 2, !isMiddle { break }
    }
    return rest[..<end]
  }

  /// The line that tcpdump prints over a dump: `09:30:00.000001 IP 10.0.1.4.40000 > …`.
  private static func isHeading(_ line: Substring) -> Bool {
    line.contains(" IP ") || line.contains(" IP6 ") || line.contains(" ARP")
  }

  private static func append(
    _ text: Substring, line: Int, to digits: inout [UInt8]
  ) throws(ReplayError) {
    for word in text.split(whereSeparator: { $0.isWhitespace || ":-,".contains($0) }) {
      let isMarked = word.hasPrefix("0x") || word.hasPrefix("0X")
      for character in isMarked ? word.dropFirst(2) : word {
        guard character.isASCII, let digit = character.hexDigitValue else {
          throw .badHex("'\(character)' in line \(line) is no hexadecimal digit")
        }
        digits.append(UInt8(digit))
      }
    }
  }
}
