import CKernels

/// Which cores a thread may run on.
enum Affinity {
  /// Those of the process when it started.
  static let cores: [Int] = {
    var numbers = [Int32](repeating: 0, count: 1_024)
    let count = spurline_allowed_processors(&numbers, Int32(numbers.count))
    return numbers.prefix(max(0, Int(count))).map(Int.init)
  }()

  /// Keeps the calling thread on a core, and those that it starts.
  /// - Returns: Whether it may run there.
  @discardableResult
  static func pin(to core: Int) -> Bool {
    (0..<1_024).contains(core) && spurline_pin_thread(Int32(core)) == 0
  }
}
