import CKernels

/// Zeroed memory on transparent huge pages, where there are any.
final class HugeMemory {
  let start: UnsafeMutableRawPointer
  private let byteCount: Int

  init(byteCount: Int) {
    guard let memory = spurline_map(byteCount) else { fatalError("out of memory") }
    start = memory
    self.byteCount = byteCount
  }

  deinit { spurline_unmap(start, byteCount) }
}
