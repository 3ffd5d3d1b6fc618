import Foundation
import Synchronization
import Testing

@testable import Lookup

/// A writer that follows a script while readers look up, and what they saw.
final class Encounter<Key: TestedKey>: Sendable {
  let script: ChangeScript<Key>
  let table: ForwardingTable<Key>
  /// Changes that were begun, and those that were made.
  private let begun = Atomic<Int>(0)
  private let made = Atomic<Int>(0)
  private let isOver = Atomic<Bool>(false)
  /// Vectors during which the table changed.
  let overlaps = Atomic<Int>(0)
  let vectors = Atomic<Int>(0)
  private let failure = Mutex<String?>(nil)

  init(_ script: ChangeScript<Key>) {
    self.script = script
    table = ForwardingTable(script.start)
  }

  /// What a reader saw first that cannot be.
  var firstFailure: String? { failure.withLock { $0 } }

  // MARK: - The writer

  /// Makes changes until the time is over, but at least each of them once; without a time, once.
  func write(for duration: Duration?) {
    defer { isOver.store(true, ordering: .releasing) }
    let clock = ContinuousClock()
    let end = duration.map { clock.now + $0 }
    var number = 0
    repeat {
      for change in script.changes {
        begun.wrappingAdd(1, ordering: .acquiringAndReleasing)
        ChangeScript.make(table, change)
        made.wrappingAdd(1, ordering: .acquiringAndReleasing)
        number += 1
        if number % 50 == 0 { table.reclaim() }
        if number > script.changes.count, let end, clock.now >= end { return }
        if failure.withLock({ $0 != nil }) { return }
      }
    } while end.map { clock.now < $0 } ?? false
  }

  // MARK: - Readers

  /// Looks up vectors without a pause.
  func read(_ kernel: LookupKernel) {
    let reader = table.domain.makeReader()
    var values = [UInt32](repeating: 0, count: script.keys.count)
    while !isOver.load(ordering: .acquiring) {
      reader.passBoundary()
      look(reader, kernel, &values)
    }
  }

  /// Looks up one address after the other.
  func readSingly() {
    let reader = table.domain.makeReader()
    while !isOver.load(ordering: .acquiring) {
      for index in script.keys.indices {
        reader.passBoundary()
        let from = made.load(ordering: .acquiring)
        let value = table.lookup(script.keys[index], by: reader) ?? .max
        check(index, value, from, "a single lookup")
      }
    }
  }

  /// Sleeps between some vectors.
  func readAndSleep(_ kernel: LookupKernel) {
    let reader = table.domain.makeReader()
    var values = [UInt32](repeating: 0, count: script.keys.count)
    while !isOver.load(ordering: .acquiring) {
      for _ in 0..<3 {
        look(reader, kernel, &values)
        reader.passBoundary()
      }
      reader.pause()
      Thread.sleep(forTimeInterval: 0.002)
      reader.resume()
    }
  }

  /// A new reader for each few vectors.
  func readInPassing(_ kernel: LookupKernel) {
    var values = [UInt32](repeating: 0, count: script.keys.count)
    while !isOver.load(ordering: .acquiring) {
      let reader = table.domain.makeReader()
      look(reader, kernel, &values)
      reader.passBoundary()
      look(reader, kernel, &values)
    }
  }

  private func look(_ reader: borrowing Reader, _ kernel: LookupKernel, _ values: inout [UInt32]) {
    let from = made.load(ordering: .acquiring)
    let keys = script.keys
    var room = values.mutableSpan
    table.lookup(keys.span, into: &room, by: reader, kernel: kernel)
    let to = begun.load(ordering: .acquiring)
    vectors.wrappingAdd(1, ordering: .relaxed)
    if to > from { overlaps.wrappingAdd(1, ordering: .relaxed) }
    if values == script.answers[from % script.answers.count] { return }
    for index in values.indices { check(index, values[index], from, kernel.rawValue) }
  }

  /// - Parameter from: the last change that was complete before the lookup.
  private func check(_ index: Int, _ value: UInt32, _ from: Int, _ reader: String) {
    let states = script.answers.count
    if script.answers[from % states][index] == value { return }
    let to = begun.load(ordering: .acquiring)
    let last = min(to, from + states)
    if (from...last).contains(where: { script.answers[$0 % states][index] == value }) { return }
    failure.withLock { failure in
      let possible = Set((from...last).map { script.answers[$0 % states][index] })
      failure =
        failure
        ?? "\(reader), 0x\(String(script.keys[index], radix: 16)), changes \(from) to \(to): "
        + "\(value), not one of \(possible.sorted().prefix(20))"
    }
  }
}

/// Readers on threads of their own beside a writer: every answer is one that the address had meanwhile. The thread
/// sanitizer runs these, too (scripts/test).
@Suite("readers beside a writer", .serialized)
struct ReaderWriterTests {
  @Test("prefixes over, in and beside each other come and go", arguments: Family.allCases)
  func churn(_ family: Family) async { await churn(family.key) }

  private func churn<Key: TestedKey>(_: Key.Type) async {
    let encounter = Encounter<Key>(.churn(changes: 500, seed: 4))
    await onThreads([
      { encounter.write(for: .milliseconds(1200)) },
      { encounter.read(.best) },
      { encounter.read(.staged) },
      { encounter.readInPassing(.single) },
      { encounter.readAndSleep(.staged) },
    ])
    expectNoFailure(encounter)
  }

  @Test("single lookups", arguments: Family.allCases)
  func single(_ family: Family) async { await single(family.key) }

  private func single<Key: TestedKey>(_: Key.Type) async {
    let encounter = Encounter<Key>(.churn(changes: 300, seed: 5))
    await onThreads([
      { encounter.write(for: .milliseconds(500)) },
      { encounter.readSingly() },
    ])
    #expect(encounter.firstFailure == nil)
  }

  @Test("the table grows and becomes wide", arguments: Family.allCases)
  func growth(_ family: Family) async { await growth(family.key) }

  private func growth<Key: TestedKey>(_: Key.Type) async {
    let encounter = Encounter<Key>(.growth(blocks: 38, first: 30))
    let room = encounter.table.memory.readSide
    await onThreads([
      { encounter.write(for: nil) },
      { encounter.read(.best) },
      { encounter.readInPassing(.staged) },
    ])
    expectNoFailure(encounter)
    #expect(encounter.table.memory.readSide > room)
    #expect(encounter.table.count > 19_000)
    encounter.table.reclaim()
    #expect(encounter.table.memory.retired == 0)
  }

  private func expectNoFailure<Key>(_ encounter: Encounter<Key>) {
    #expect(encounter.firstFailure == nil)
    let vectors = encounter.vectors.load(ordering: .relaxed)
    let overlaps = encounter.overlaps.load(ordering: .relaxed)
    #expect(overlaps > 0, "none of \(vectors) vectors met a change")
  }
}
