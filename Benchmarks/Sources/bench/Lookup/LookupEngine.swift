import Lookup

/// One way to look keys up, ours or a peer's.
protocol LookupEngine<Key> {
  associatedtype Key: BenchKey
  var name: String { get }
  /// Looks all keys up, in bursts; the answers of a burst overwrite those of the one before.
  func run(_ keys: Keys<Key>)
  /// Compares every answer with the stream's.
  /// - Returns: What is wrong; nil when nothing is.
  func check(_ stream: KeyStream<Key>) -> String?
}

/// A lookup of ours: the loops around one burst, compiled for each.
protocol OwnLookup: LookupEngine {
  var table: ForwardingTable<Key> { get }
  var burst: Int { get }
  func lookUp(_ keys: Span<Key>, into answers: inout MutableSpan<UInt32>, by: borrowing Reader)
}

extension OwnLookup {
  func check(_ stream: KeyStream<Key>) -> String? {
    let reader = table.domain.makeReader()
    let keys = stream.keys.own.span
    var answers = [UInt32](repeating: 0, count: burst)
    var wrong = 0
    var first: Int?
    var start = 0
    while start < keys.count {
      let end = min(start + burst, keys.count)
      for index in answers.indices { answers[index] = 0xbad }
      var room = answers.mutableSpan
      lookUp(keys.extracting(start..<end), into: &room, by: reader)
      for index in start..<end {
        let answer = answers[index - start]
        if answer == ForwardingTable<Key>.unrouted
          ? stream.expected[index] == 0 : answer == stream.expected[index]
        {
          continue
        }
        wrong += 1
        first = first ?? index
      }
      start = end
    }
    return first.map { describeWrong(wrong, first: $0, of: stream) }
  }
}

// What is timed is compiled for each kind of key, as it is where the kind is known.

@_specialize(where Key == UInt32)
@_specialize(where Key == UInt128)
private func lookUpVectors<Key: BenchKey>(
  _ table: ForwardingTable<Key>, _ keys: [Key], burst: Int, kernel: LookupKernel
) {
  let reader = table.domain.makeReader()
  let keys = keys.span
  var room = [UInt32](repeating: 0, count: burst)
  var answers = room.mutableSpan
  var start = 0
  while start < keys.count {
    let end = min(start + burst, keys.count)
    reader.passBoundary()
    table.lookup(keys.extracting(start..<end), into: &answers, by: reader, kernel: kernel)
    start = end
  }
}

@_specialize(where Key == UInt32)
@_specialize(where Key == UInt128)
private func lookUpSingly<Key: BenchKey>(_ table: ForwardingTable<Key>, _ keys: [Key], burst: Int) {
  let reader = table.domain.makeReader()
  var answers = [UInt32](repeating: 0, count: burst)
  var start = 0
  while start < keys.count {
    let end = min(start + burst, keys.count)
    reader.passBoundary()
    for index in start..<end {
      answers[index - start] =
        table.lookup(keys[index], by: reader) ?? ForwardingTable<Key>.unrouted
    }
    start = end
  }
}

/// `ForwardingTable.lookup` of vectors.
struct VectorLookup<Key: BenchKey>: OwnLookup {
  let table: ForwardingTable<Key>
  let burst: Int
  let kernel: LookupKernel

  var name: String { Self.name(kernel) }

  static func name(_ kernel: LookupKernel) -> String { "Spurline vectors, \(kernel)" }

  func run(_ keys: Keys<Key>) {
    lookUpVectors(table, keys.own, burst: burst, kernel: kernel)
  }

  @inline(__always)
  func lookUp(
    _ keys: Span<Key>, into answers: inout MutableSpan<UInt32>, by reader: borrowing Reader
  ) {
    table.lookup(keys, into: &answers, by: reader, kernel: kernel)
  }
}

/// `ForwardingTable.lookup` of one key after the other.
struct SingleLookup<Key: BenchKey>: OwnLookup {
  let table: ForwardingTable<Key>
  let burst: Int

  var name: String { Self.name }

  static var name: String { "Spurline single" }

  func run(_ keys: Keys<Key>) { lookUpSingly(table, keys.own, burst: burst) }

  @inline(__always)
  func lookUp(
    _ keys: Span<Key>, into answers: inout MutableSpan<UInt32>, by reader: borrowing Reader
  ) {
    let table = table
    for index in keys.indices {
      answers[index] = table.lookup(keys[index], by: reader) ?? ForwardingTable<Key>.unrouted
    }
  }
}

/// A lookup of a peer's.
struct PeerLookup<Key: BenchKey>: LookupEngine {
  let table: PeerTable
  let engine: Peers.Engine
  let burst: Int

  var name: String { engine.name }

  func run(_ keys: Keys<Key>) { table.run(engine, keys.peers, burst: burst) }

  func check(_ stream: KeyStream<Key>) -> String? {
    do {
      let verdict = try table.check(
        engine, stream.keys.peers, expected: stream.expected, burst: burst)
      return verdict.firstWrong.map { describeWrong(verdict.wrong, first: $0, of: stream) }
    } catch {
      return "\(error)"
    }
  }
}

private func describeWrong<Key>(_ count: Int, first: Int, of stream: KeyStream<Key>) -> String {
  let key = Key.text(stream.keys.own[first], length: Key.bitWidth)
  return "\(count) of \(stream.keys.count) answers (\(stream.kind)), first for \(key)"
}
