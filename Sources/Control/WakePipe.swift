import Foundation

/// A descriptor to wait on that another thread can make readable. A pipe, because Swift's C library
/// overlay has no eventfd(2).
final class WakePipe: Sendable {
  private let writeDescriptor: Int32
  /// Readable from `signal()` to `drain()`.
  let descriptor: Int32

  init() throws(WorkerError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .cannotStart("pipe: \(String(cString: strerror(errno)))") }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    descriptor = ends[0]
    writeDescriptor = ends[1]
  }

  deinit {
    close(descriptor)
    close(writeDescriptor)
  }

  /// A pipe that is full is readable already: nothing is lost when the write fails.
  func signal() {
    var byte: UInt8 = 1
    _ = write(writeDescriptor, &byte, 1)
  }

  func drain() {
    var bytes: (UInt64, UInt64) = (0, 0)
    while read(descriptor, &bytes, MemoryLayout.size(ofValue: bytes)) > 0 {}
  }
}
