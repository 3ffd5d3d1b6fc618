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

/// Something that our figures are to reach.
struct Bar: Encodable {
  var what: String
  var measured: Double
  var unit: String
  /// What it must be at least or at most.
  var bar: Double
  var isAtLeast: Bool
  /// How far it is met: 1 is exactly, more is better.
  var ratio: Double
  var isMet: Bool

  init(_ what: String, _ measured: Double, _ unit: String, atLeast bar: Double) {
    self.init(what, measured, unit, bar, isAtLeast: true)
  }

  init(_ what: String, _ measured: Double, _ unit: String, atMost bar: Double) {
    self.init(what, measured, unit, bar, isAtLeast: false)
  }

  private init(
    _ what: String, _ measured: Double, _ unit: String, _ bar: Double, isAtLeast: Bool
  ) {
    self.what = what
    self.measured = measured
    self.unit = unit
    self.bar = bar
    self.isAtLeast = isAtLeast
    ratio = isAtLeast ? measured / bar : bar / measured
    isMet = isAtLeast ? measured >= bar : measured <= bar
  }
}
