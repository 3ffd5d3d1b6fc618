/// All figures of one family.
struct FamilyFigures: Encodable {
  var family: String
  var prefixes: Int
  var streams: [StreamKind] = []
  /// Ours first.
  var tables: [TableFigures] = []
  var engines: [EngineFigures] = []
  var comparisons: [Comparison] = []
  var bars: [Bar] = []

  init(family: String, prefixes: Int) {
    self.family = family
    self.prefixes = prefixes
  }
}

/// One engine beside another.
struct Comparison: Encodable {
  /// As in "vectors".
  var what: String
  var stream: StreamKind
  var ours: String
  var peer: String
  /// How many times as fast ours was, one for each round.
  var ratios: [Double]
  /// The least that the median is to be.
  var bar: Double?
}
