import TestSupport
import Testing

@testable import Lookup

@Suite("RunAllocator")
struct RunAllocatorTests {
  /// One place after the other.
  private struct SlowRuns {
    var isUsed: [Bool]
    static let pageSize = RunAllocator.pageSize

    /// The longest free run of each page.
    var longestRuns: [Int] {
      stride(from: 0, to: isUsed.count, by: Self.pageSize).map { start in
        isUsed[start..<start + Self.pageSize].split(separator: true).map(\.count).max() ?? 0
      }
    }
  }

  @Test(
    "random runs: none overlaps, none crosses a page, each is taken where it fits best",
    arguments: 0..<8 as Range<UInt64>)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var runs = RunAllocator(capacity: 500)
    var slow = SlowRuns(isUsed: Array(repeating: false, count: runs.capacity))
    var taken: [(start: Int, count: Int)] = []
    #expect(runs.capacity == 512)
    for step in 0..<1500 {
      // It fills up, empties, and fills up again.
      let isFilling = step / 300 % 2 == 0
      if Int.random(in: 0..<10, using: &random) < (isFilling ? 7 : 3) {
        let count = Int.random(in: 1...(step % 3 == 0 ? 64 : 8), using: &random)
        let longest = slow.longestRuns
        let best = longest.filter { $0 >= count }.min()
        guard let start = runs.allocate(count) else {
          #expect(best == nil, "step \(step): no run of \(count)")
          if step % 5 == 0 {
            runs.grow(toCapacity: runs.capacity + 70)
            slow.isUsed += Array(repeating: false, count: 128)
          }
          continue
        }
        let places = start..<start + count
        guard slow.isUsed.indices.contains(places.upperBound - 1) else {
          Issue.record("step \(step): \(places) is outside")
          return
        }
        #expect(
          start / 64 == (places.upperBound - 1) / 64, "step \(step): \(places) crosses a page")
        #expect(!slow.isUsed[places].contains(true), "step \(step): \(places) is not free")
        #expect(longest[start / 64] == best, "step \(step): \(places) is not where it fits best")
        for place in places { slow.isUsed[place] = true }
        taken.append((start, count))
      } else if !taken.isEmpty {
        let run = taken.remove(at: .random(in: taken.indices, using: &random))
        runs.free(run.start, run.count)
        for place in run.start..<run.start + run.count { slow.isUsed[place] = false }
      }
      #expect(runs.inUse == taken.reduce(0) { $0 + $1.count })
    }
    for run in taken { runs.free(run.start, run.count) }
    #expect(runs.inUse == 0)
    // Whole again.
    var starts: Set<Int> = []
    for _ in 0..<runs.capacity / 64 {
      if let start = runs.allocate(64) { starts.insert(start) }
    }
    #expect(starts.count == runs.capacity / 64)
    #expect(runs.allocate(1) == nil)
  }

  @Test("the longest and the first run of a word, against the obvious way")
  func words() {
    var random = SeededGenerator(seed: 6)
    for round in 0..<2000 {
      let bits = round % 3 == 0 ? random.next() : random.next() & random.next() | random.next()
      let ones = String(bits, radix: 2).split(separator: "0").map(\.count)
      #expect(RunAllocator.longestRun(in: bits) == ones.max() ?? 0)
      guard let longest = ones.max() else { continue }
      let count = Int.random(in: 1...longest, using: &random)
      let first = (0...64 - count).first { start in
        (start..<start + count).allSatisfy { bits >> UInt64($0) & 1 == 1 }
      }
      #expect(RunAllocator.firstRun(of: count, in: bits) == first)
    }
    #expect(RunAllocator.longestRun(in: .max) == 64)
    #expect(RunAllocator.firstRun(of: 64, in: .max) == 0)
    #expect(RunAllocator.longestRun(in: 0) == 0)
  }
}
