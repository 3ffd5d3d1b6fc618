import Foundation
import Replay

/// A file of lines, or standard output. Who writes gathers: each call goes to the kernel.
struct LineFile {
  private let descriptor: Int32
  private let path: String

  /// - Parameter path: `-` is standard output.
  /// - Throws: `ReplayError.cannotWrite`.
  init(path: String) throws {
    self.path = path
    if path == "-" {
      descriptor = STDOUT_FILENO
      return
    }
    // Opened in place: FileManager puts a new file where a device, a FIFO or a link was.
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw cannotWrite() }
  }

  func close() throws {
    if path != "-", Foundation.close(descriptor) != 0 { throw cannotWrite() }
  }

  func write(_ lines: UnsafeRawBufferPointer) throws {
    var rest = lines[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = Foundation.write(descriptor, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw cannotWrite() }
      rest = rest.dropFirst(count)
    }
  }

  private func cannotWrite() -> ReplayError {
    .cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }
}
