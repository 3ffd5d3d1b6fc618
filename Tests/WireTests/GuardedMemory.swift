import Glibc

/// Memory whose last byte stands before a page that nobody may touch: one byte read or written too far ends the
/// test run.
final class GuardedMemory {
  private let start: UnsafeMutableRawPointer
  private let size: Int
  private let page = Int(sysconf(Int32(_SC_PAGESIZE)))

  init(capacity: Int) {
    size = (capacity + page - 1) / page * page
    start = mmap(
      nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(start != MAP_FAILED)
    precondition(mprotect(start + size, page, PROT_NONE) == 0)
  }

  deinit { munmap(start, size + page) }

  /// Room for so many bytes, right before the page. What was there before is overwritten.
  func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
    precondition(count <= size)
    return UnsafeMutableRawBufferPointer(start: start + size - count, count: count)
  }

  func place(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let room = room(bytes.count)
    room.copyBytes(from: bytes)
    return room
  }
}
