import Foundation
import Lookup
import Synchronization

/// A thread that looks keys up without pause.
final class ReaderThread<Key: BenchKey> {
  private final class State: Sendable {
    let lookups = Atomic<Int>(0)
    let isStopping = Atomic<Bool>(false)
  }

  private let state = State()
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameter core: Where it runs; nil: beside the thread that starts it.
  init(_ table: ForwardingTable<Key>, keys: [Key], burst: Int, core: Int?) {
    Thread.detachNewThread { [state, ended] in
      if let core { Affinity.pin(to: core) }
      Self.read(table, keys, burst, state)
      ended.signal()
    }
    while state.lookups.load(ordering: .relaxed) == 0 { sched_yield() }
  }

  func stop() {
    state.isStopping.store(true, ordering: .relaxed)
    ended.wait()
  }

  /// Millions of lookups a second while something happens.
  func rate(while body: () -> Void) -> Double {
    let before = state.lookups.load(ordering: .relaxed)
    let seconds = secondsTaken(body)
    return Double(state.lookups.load(ordering: .relaxed) - before) / seconds / 1e6
  }

  @_specialize(where Key == UInt32)
  @_specialize(where Key == UInt128)
  private static func read(
    _ table: ForwardingTable<Key>, _ keys: [Key], _ burst: Int, _ state: State
  ) {
    let reader = table.domain.makeReader()
    let keys = keys.span
    var room = [UInt32](repeating: 0, count: burst)
    var answers = room.mutableSpan
    var done = 0
    while true {
      var start = 0
      while start < keys.count {
        let end = min(start + burst, keys.count)
        reader.passBoundary()
        table.lookup(keys.extracting(start..<end), into: &answers, by: reader)
        done += end - start
        start = end
        state.lookups.store(done, ordering: .relaxed)
        if state.isStopping.load(ordering: .relaxed) { return }
      }
    }
  }
}
