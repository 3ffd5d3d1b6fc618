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

extension Bar {
  /// The end of a report.
  static func lines(_ bars: [Bar]) -> [String] {
    ["Bars"] + Columns.aligned(bars.map { ["  " + $0.cells[0]] + $0.cells[1...] }, left: 1)
  }

  /// For a line of a report.
  var cells: [String] {
    let digits = measured < 10 ? 2 : 1
    return [
      what, "\(fixed(measured, digits)) \(unit)",
      "\(isAtLeast ? "at least" : "at most") \(fixed(bar, bar == bar.rounded() ? 0 : 2))",
      isMet ? "met" : "NOT MET", "(\(fixed(ratio, 2)))",
    ]
  }
}
