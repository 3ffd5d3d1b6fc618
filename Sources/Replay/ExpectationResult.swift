/// How one expectation fared.
public struct ExpectationResult: Sendable, Equatable, Codable {
  /// One thing that was to be so and is not.
  public struct Difference: Sendable, Equatable, Codable {
    public var field: String
    public var expected: String
    public var got: String
  }

  /// A packet that is not as expected.
  public struct Mismatch: Sendable, Equatable, Codable {
    public var packet: Int
    /// `tcp 10.0.1.4:40000 > 20.60.26.132:443`, as captured; nil where it could not be read.
    public var addresses: String?
    public var differences: [Difference]
  }

  /// Mismatches that are kept with their differences; of further ones only the numbers.
  public static let detailedMismatches = 5
  /// Numbers that are kept beyond those.
  public static let listedMismatches = 20

  public var name: String
  public var file: String
  public var line: Int
  /// An expectation that meant no packet does not hold: most likely it was mistyped.
  public var holds = false
  /// How many packets were meant.
  public var matched: Int
  public var failed: Int
  public var mismatches: [Mismatch]
  /// Numbers of the first packets after those in `mismatches`.
  public var furtherPackets: [Int]

  /// Why it does not hold, for people: one block of lines, each ended. Empty where it holds.
  public var differenceText: String {
    guard !holds else { return "" }
    if matched == 0 { return "  no packet of the capture matches\n" }
    var text = ""
    for mismatch in mismatches {
      text += "  packet \(mismatch.packet)\(mismatch.addresses.map { ": \($0)" } ?? "")\n"
      let width = mismatch.differences.map(\.field.count).max() ?? 0
      for difference in mismatch.differences {
        let padding = String(repeating: " ", count: width - difference.field.count)
        text +=
          "    \(difference.field)\(padding)  expected \(difference.expected), "
          + "got \(difference.got)\n"
      }
    }
    let further = failed - mismatches.count
    if further > 0 {
      let numbers = furtherPackets.map(String.init).joined(separator: ", ")
      let more = further > furtherPackets.count ? ", …" : ""
      text += "  and \(further) more: \(further == 1 ? "packet" : "packets") \(numbers)\(more)\n"
    }
    return text
  }

  /// `held` or `FAILED`, name and place, then the differences.
  public var text: String {
    let packets = "\(matched) \(matched == 1 ? "packet" : "packets")"
    return holds
      ? "held    \(name) (\(packets))\n"
      : "FAILED  \(name) (\(file):\(line)): \(failed) of \(packets)\n" + differenceText
  }
}
