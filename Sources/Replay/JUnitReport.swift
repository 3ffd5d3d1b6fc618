/// Results of expectations as JUnit XML, the form that build servers read (`testsuites`, `testsuite`,
/// `testcase`, `failure`). It holds no time of day and no duration: two runs write the same bytes.
public struct JUnitReport {
  private let suite: String
  private let results: [ExpectationResult]

  /// - Parameter suite: the capture's name.
  public init(suite: String, results: [ExpectationResult]) {
    self.suite = suite
    self.results = results
  }

  public var xml: String {
    let failures = results.count { !$0.holds }
    let counts = "tests=\"\(results.count)\" failures=\"\(failures)\" errors=\"0\""
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    xml += "<testsuites name=\"spurline replay\" \(counts)>\n"
    xml += "  <testsuite name=\(Self.attribute(suite)) \(counts) skipped=\"0\" time=\"0\">\n"
    for result in results { xml += testCase(result) }
    return xml + "  </testsuite>\n</testsuites>\n"
  }

  private func testCase(_ result: ExpectationResult) -> String {
    let head =
      "    <testcase name=\(Self.attribute(result.name)) classname=\(Self.attribute(suite)) "
      + "file=\(Self.attribute(result.file)) line=\"\(result.line)\" time=\"0\""
    guard !result.holds else { return head + "/>\n" }
    let message =
      result.matched == 0
      ? "no packet of the capture matches"
      : "\(result.failed) of \(result.matched) packets are not as expected"
    return head + ">\n      <failure type=\"expectation\" message=\(Self.attribute(message))>"
      + Self.escaped(result.differenceText, inAttribute: false) + "</failure>\n    </testcase>\n"
  }

  private static func attribute(_ text: String) -> String {
    "\"" + escaped(text, inAttribute: true) + "\""
  }

  /// XML 1.0 section 2.4. Control characters may not stand in XML in any form: U+FFFD takes their place.
  private static func escaped(_ text: String, inAttribute: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\n" where !inAttribute: escaped += "\n"
      case "\n", "\t", "\r": escaped += "&#\(scalar.value);"
      default:
        let isCharacter = scalar.value >= 0x20 && ![0xfffe, 0xffff].contains(scalar.value)
        escaped.unicodeScalars.append(isCharacter ? scalar : "\u{fffd}")
      }
    }
    return escaped
  }
}
