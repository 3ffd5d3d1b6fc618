import Model

/// Writes down the steps of a decision for `explain`. The packet path passes nil and pays one comparison.
struct Trace {
  var steps: [Explanation.Step] = []
  var route: RouteExplanation?

  mutating func record(_ stage: String, _ text: String) {
    steps.append(Explanation.Step(stage: stage, text: text))
  }
}

extension Optional where Wrapped == Trace {
  /// The text is only made where somebody listens.
  @inline(__always)
  mutating func record(_ stage: String, _ text: @autoclosure () -> String) {
    if self != nil { self!.record(stage, text()) }
  }
}
