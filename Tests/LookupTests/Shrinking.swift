/// Leaves out what a failure does not need: halves first, single steps last.
/// - Parameter fails: of the steps that are left.
func shortest<Step>(_ steps: [Step], where fails: ([Step]) -> Bool) -> [Step] {
  var shortest = steps
  var chunk = max(1, shortest.count / 2)
  while chunk > 0 {
    var start = 0
    while start < shortest.count {
      var candidate = shortest
      candidate.removeSubrange(start..<min(start + chunk, shortest.count))
      if fails(candidate) {
        shortest = candidate
      } else {
        start += chunk
      }
    }
    chunk /= 2
  }
  return shortest
}

/// A failure as a test to paste.
func pasted<Step>(_ steps: [Step], of key: Any.Type, named type: String, _ difference: String?)
  -> String
{
  let lines = steps.map { "  \($0)" }.joined(separator: "\n")
  return """
    \(difference ?? "")
    #expect(firstDifference([
    \(lines)
    ] as [\(type)<\(key)>]) == nil)
    """
}
