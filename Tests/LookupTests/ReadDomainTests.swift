import TestSupport
import Testing

@testable import Lookup

@Suite("memory that waits for readers")
struct ReadDomainTests {
  private func collected(_ retired: inout Retired<Int>) -> [Int] {
    var items: [Int] = []
    retired.collect { items.append($0) }
    return items
  }

  @Test("without readers all is handed back at once, in order")
  func noReaders() {
    var retired = Retired<Int>(ReadDomain())
    #expect(collected(&retired) == [])
    for item in 0..<200 { retired.add(item) }
    #expect(retired.count == 200)
    #expect(collected(&retired) == Array(0..<200))
    #expect(retired.count == 0)
  }

  @Test("nothing while a reader has not passed a boundary, all when it has")
  func boundary() {
    let domain = ReadDomain()
    let reader = domain.makeReader()
    var retired = Retired<Int>(domain)
    retired.add(1)
    for _ in 0..<3 { #expect(collected(&retired) == []) }
    retired.add(2)
    reader.passBoundary()
    // The first was dated before, the second only now.
    #expect(collected(&retired) == [1])
    for _ in 0..<3 { #expect(collected(&retired) == []) }
    reader.passBoundary()
    #expect(collected(&retired) == [2])
  }

  @Test("the slowest reader decides; a dropped one no longer")
  func slowest() {
    let domain = ReadDomain()
    var retired = Retired<Int>(domain)
    let fast = domain.makeReader()
    do {
      let slow = domain.makeReader()
      retired.add(1)
      #expect(collected(&retired) == [])
      fast.passBoundary()
      #expect(collected(&retired) == [])
      // Read, so that it lives until here.
      slow.passBoundary()
      #expect(collected(&retired) == [1])
      retired.add(2)
      #expect(collected(&retired) == [])
      fast.passBoundary()
      #expect(collected(&retired) == [])
      _ = consume slow
    }
    #expect(collected(&retired) == [2])
  }

  @Test("a reader that pauses holds nothing back, one that resumes does again")
  func pausing() {
    let domain = ReadDomain()
    let reader = domain.makeReader()
    var retired = Retired<Int>(domain)
    retired.add(1)
    #expect(collected(&retired) == [])
    reader.pause()
    #expect(collected(&retired) == [1])
    retired.add(2)
    #expect(collected(&retired) == [2])
    retired.add(3)
    reader.resume()
    #expect(collected(&retired) == [])
    reader.passBoundary()
    #expect(collected(&retired) == [3])
  }

  @Test("a reader that comes later does not hold back what was dated before it came")
  func lateReader() {
    let domain = ReadDomain()
    let first = domain.makeReader()
    var retired = Retired<Int>(domain)
    retired.add(1)
    #expect(collected(&retired) == [])
    let late = domain.makeReader()
    first.passBoundary()
    #expect(collected(&retired) == [1])
    late.passBoundary()
  }

  @Test("of two writers each hands back its own")
  func twoWriters() {
    let domain = ReadDomain()
    let reader = domain.makeReader()
    var one = Retired<Int>(domain)
    var other = Retired<Int>(domain)
    one.add(1)
    #expect(collected(&one) == [])
    reader.passBoundary()
    other.add(2)
    #expect(collected(&other) == [])
    #expect(collected(&one) == [1])
    reader.passBoundary()
    #expect(collected(&other) == [2])
  }

  @Test("items that are taken out do not come back; those that stay wait for a boundary from now")
  func takingOut() {
    let domain = ReadDomain()
    let reader = domain.makeReader()
    var retired = Retired<Int>(domain)
    for item in 0..<10 { retired.add(item) }
    #expect(collected(&retired) == [])
    retired.removeAll { $0 % 3 != 0 }
    #expect(retired.count == 4)
    reader.passBoundary()
    #expect(collected(&retired) == [])
    reader.passBoundary()
    #expect(collected(&retired) == [0, 3, 6, 9])
  }

  @Test("readers are asked once for so many items, and not each time while one stands still")
  func due() {
    let domain = ReadDomain()
    let reader = domain.makeReader()
    var retired = Retired<Int>(domain)
    var asked = 0
    for item in 0..<1000 {
      retired.add(item)
      guard retired.isDue else { continue }
      asked += 1
      #expect(collected(&retired) == [])
    }
    #expect((5...20).contains(asked))
    reader.passBoundary()
    _ = collected(&retired)
    reader.passBoundary()
    _ = collected(&retired)
    #expect(retired.count == 0)
  }

  /// Each reader as the time of its last boundary, in steps; nil while it pauses.
  @Test("random readers: nothing too early, everything at last", arguments: 0..<20 as Range<UInt64>)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let domain = ReadDomain()
    let readers = (0..<4).map { _ in HeldReader(domain) }
    var boundaries: [Int?] = [0, 0, 0, 0]
    var retired = Retired<Int>(domain)
    var handedBack = 0
    // An item is the step in which it came.
    for step in 1...500 {
      let number = Int.random(in: 0..<4, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4: retired.add(step)
      case 4 where boundaries[number] != nil:
        readers[number].reader.pause()
        boundaries[number] = nil
      case 4..<7:
        if boundaries[number] == nil {
          readers[number].reader.resume()
        } else {
          readers[number].reader.passBoundary()
        }
        boundaries[number] = step
      case 7 where Int.random(in: 0..<10, using: &random) == 0:
        retired.removeAll { _ in false }
      default:
        retired.collect { item in
          handedBack += 1
          let slowest = boundaries.compactMap(\.self).min() ?? step
          #expect(item < slowest, "step \(step): item \(item) while a reader stands at \(slowest)")
        }
      }
    }
    #expect(handedBack > 0)
    for number in 0..<4 { readers[number].reader.pause() }
    var last = 0
    retired.collect {
      #expect($0 > last)
      last = $0
    }
    #expect(retired.count == 0)
  }

  /// An array cannot hold what is not copied.
  private final class HeldReader {
    let reader: Reader

    init(_ domain: ReadDomain) { reader = domain.makeReader() }
  }

  @Test("a table takes back what readers have left behind, and nothing before")
  func table() {
    let table = ForwardingTable<UInt32>()
    let reader = table.domain.makeReader()
    func change(_ value: UInt32) {
      for index in 0..<40 as Range<UInt32> {
        table.insert(index << 24 | value << 12, length: 20, value: value)
        table.remove(index << 24 | value << 12, length: 20)
      }
      table.reclaim()
    }
    for value in 1..<20 as Range<UInt32> { change(value) }
    let waiting = table.memory.retired
    #expect(waiting >= 19 * 40)
    reader.passBoundary()
    table.reclaim()
    #expect(table.memory.retired == 0)
    reader.pause()
    for value in 20..<40 as Range<UInt32> { change(value) }
    #expect(table.memory.retired == 0)
    reader.resume()
  }
}
