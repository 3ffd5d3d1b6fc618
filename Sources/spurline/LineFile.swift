import Foundation
import Replay

/// A file of lines, or standard output, written in large pieces.
final class LineFile {
  /// As much as the second-level cache has left beside a replay.
  private static let bufferSize = 256 << 10
  private let descriptor: Int32
  private let path: String
  private let buffer = UnsafeMutableRawPointer.allocate(byteCount: bufferSize, alignment: 64)
  private var used = 0

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

  deinit { buffer.deallocate() }

  func write(_ lines: UnsafeRawBufferPointer) throws {
    if used + lines.count > Self.bufferSize { try flush() }
    guard lines.count <= Self.bufferSize, let start = lines.baseAddress else {
      return try send(lines)
    }
    (buffer + used).copyMemory(from: start, byteCount: lines.count)
    used += lines.count
  }

  func close() throws {
    try flush()
    if path != "-", Foundation.close(descriptor) != 0 { throw cannotWrite() }
  }

  private func flush() throws {
    try send(UnsafeRawBufferPointer(start: buffer, count: used))
    used = 0
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
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
