import Testing

@testable import ConfigurationFile

/// Guessing what was meant.
@Suite("spelling")
struct SpellingTests {
  @Test(
    "distance counts insertions, deletions, replacements and swaps",
    arguments: [
      ("", "", 0), ("abc", "abc", 0), ("abc", "ab", 1), ("abc", "abxc", 1), ("abc", "axc", 1),
      ("abc", "acb", 1), ("kitten", "sitting", 3), ("ab", "", 2),
    ])
  func distance(a: String, b: String, expected: Int) {
    #expect(Spelling.distance(Array(a), Array(b)) == expected)
    #expect(Spelling.distance(Array(b), Array(a)) == expected)
  }

  @Test("a guess is near, the nearest, and does not mind case")
  func nearest() {
    let words = ["addressPrefix", "addressPrefixes", "name", "port"]
    #expect(Spelling.nearest(to: "adressPrefix", among: words) == "addressPrefix")
    #expect(Spelling.nearest(to: "ADDRESSPREFIXES", among: words) == "addressPrefixes")
    #expect(Spelling.nearest(to: "nmae", among: words) == "name")
    #expect(Spelling.nearest(to: "colour", among: words) == nil)
    #expect(Spelling.nearest(to: "x", among: words) == nil)
    #expect(Spelling.nearest(to: String(repeating: "a", count: 10_000), among: words) == nil)
  }

  @Test("choices read as a sentence")
  func choice() {
    #expect(Spelling.choice([]) == "")
    #expect(Spelling.choice(["a"]) == "`a`")
    #expect(Spelling.choice(["a", "b", "c"]) == "`a`, `b` or `c`")
  }
}
