import CKernels
import Foundation

/// The processors that this process may run on.
enum Processors {
  /// Their numbers, in order; empty where the kernel does not say.
  static var allowed: [Int32] {
    var numbers = [Int32](repeating: 0, count: 1_024)
    let count = spurline_allowed_processors(&numbers, Int32(numbers.count))
    return Array(numbers.prefix(max(0, Int(count))))
  }

  /// Keeps the calling thread on one processor.
  /// - Throws: `WorkerError.cannotStart`.
  static func pinThread(to processor: Int32) throws(WorkerError) {
    let status = spurline_pin_thread(processor)
    guard status == 0 else {
      throw .cannotStart(
        "a worker cannot be kept on processor \(processor): \(String(cString: strerror(-status)))")
    }
  }
}
