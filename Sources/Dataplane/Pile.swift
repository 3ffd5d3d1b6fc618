/// Elements one after the other, emptied at once and filled again: an array without an array's questions (who else
/// has it, is it being written to), which cost more than the elements.
struct Pile<Element: BitwiseCopyable>: ~Copyable {
  private(set) var count = 0
  private var capacity: Int
  private var memory: UnsafeMutablePointer<Element>

  init(capacity: Int) {
    self.capacity = max(capacity, 1)
    memory = .allocate(capacity: self.capacity)
  }

  deinit { memory.deallocate() }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow() }
    (memory + count).initialize(to: element)
    count &+= 1
  }

  /// Room for so many more. What is written there becomes part of the pile by `take`.
  mutating func reserve(_ more: Int) -> UnsafeMutablePointer<Element> {
    while count &+ more > capacity { grow() }
    return memory + count
  }

  /// - Precondition: so many have been written where `reserve` said.
  mutating func take(_ written: Int) { count &+= written }

  mutating func removeAll() { count = 0 }

  /// - Precondition: there is such an element.
  mutating func replace(_ index: Int, with element: Element) { memory[index] = element }

  /// - Precondition: there are so many.
  mutating func truncate(to count: Int) { self.count = count }

  /// Valid until the next change.
  var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: memory, count: count) }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    larger.initialize(from: memory, count: count)
    memory.deallocate()
    memory = larger
    capacity *= 2
  }
}
