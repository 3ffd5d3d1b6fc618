/// Finding what somebody meant to write.
enum Spelling {
  /// The candidate nearest to a misspelt word, if one is near enough to be meant.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let written = Array(word.lowercased())
    // A third of the letters may be wrong: more, and the guess would be a joke.
    var limit = min(3, max(1, written.count / 3))
    var best: String?
    for candidate in candidates {
      let distance = distance(written, Array(candidate.lowercased()))
      if distance < limit || (distance == limit && best == nil) {
        limit = distance
        best = candidate
      }
    }
    return best
  }

  /// ``; did you mean `x`?``, or nothing.
  static func suggestion(for word: String, among candidates: some Sequence<String>) -> String {
    nearest(to: word, among: candidates).map { "; did you mean `\($0)`?" } ?? ""
  }

  /// `` `a`, `b` or `c` ``.
  static func choice(_ words: [String]) -> String {
    let quoted = words.map { "`\($0)`" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " or " + last
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    // Nothing that long is near anything else, and the table below would be large.
    guard abs(a.count - b.count) <= 3, a.count <= 80 else { return .max }
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, rows[i - 1][j - 1] + 1)
        }
        row.append(cost)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
