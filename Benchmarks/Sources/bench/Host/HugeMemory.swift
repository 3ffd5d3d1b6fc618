import Glibc

/// Zeroed memory on transparent huge pages, where there are any.
final class HugeMemory {
  let start: UnsafeMutableRawPointer
  let byteCount: Int
  private let base: UnsafeMutableRawPointer
  private let mapped: Int

  private static let page = 2 << 20

  init(byteCount: Int) {
    self.byteCount = byteCount
    mapped = (byteCount + 2 * Self.page - 1) / Self.page * Self.page
    base = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(base != MAP_FAILED, "out of memory")
    start = base.alignedUp(toMultipleOf: Self.page)
    // Not there on every kernel, and no error then.
    madvise(start, mapped - (start - base), 14)
  }

  deinit { munmap(base, mapped) }
}
