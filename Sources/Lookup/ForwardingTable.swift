import Synchronization

/// A routing table for many fast lookups under updates: 31-bit values, looked up by longest match.
///
/// The routes stand in a `PrefixTable`, and beside it in a form compiled for looking up
/// (`IPv4View`, `IPv6View`) that each change keeps exact at its own cost. Readers take no lock and never wait;
/// for every address they see the answer from before a change or the one from after it. Writers take turns.
///
///     let domain = ReadDomain()
///     let table = ForwardingTable<UInt32>(routes, in: domain)
///     let reader = domain.makeReader()          // one for each thread
///     while let keys = nextVector() {
///       reader.passBoundary()
///       table.lookup(keys, into: &values, by: reader)
///     }
///
/// A table takes 4 MiB however few its routes are (IPv4): for a few thousand a `PrefixTable` alone does.
public final class ForwardingTable<Key: LookupKey>: Sendable {
  public typealias Element = PrefixTable<Key>.Element
  public typealias Match = PrefixTable<Key>.Match

  /// The answer of a vector lookup where no route holds the address.
  @inlinable public static var unrouted: UInt32 { .max }
  /// Keys that are looked up together: enough for a hundred loads to be under way, few enough that what stands
  /// between two stages stays in the first-level cache.
  @inlinable public static var vectorSize: Int { 256 }
  /// The largest value that a route may have.
  @inlinable public static var largestValue: UInt32 { 1 << 31 - 1 }

  /// Sendable by the lock that it stands behind.
  private struct Writer: @unchecked Sendable {
    var routes: PrefixTable<Key>
    let compiled: Key.Compiled
  }

  public let domain: ReadDomain
  private let writer: Mutex<Writer>
  @usableFromInline let published: ViewPointer<Key.Compiled.View>

  /// An empty table.
  /// - Parameter domain: of the readers; several tables may share one.
  public convenience init(in domain: ReadDomain = ReadDomain()) {
    self.init(PrefixTable(), in: domain)
  }

  /// A table of these prefixes, in any order; of equal ones the last stays.
  /// - Precondition: no value is above `largestValue`.
  public convenience init(_ elements: some Sequence<Element>, in domain: ReadDomain = ReadDomain())
  {
    self.init(PrefixTable(elements), in: domain)
  }

  /// - Precondition: no value is above `largestValue`.
  public init(_ routes: PrefixTable<Key>, in domain: ReadDomain = ReadDomain()) {
    let compiled = Key.Compiled(domain: domain)
    if !routes.isEmpty {
      var largest: UInt32 = 0
      routes.forEachPrefix { largest = max(largest, $0.value) }
      Self.check(largest)
      compiled.build(from: routes, largest: largest)
    }
    self.domain = domain
    published = compiled.published
    writer = Mutex(Writer(routes: routes, compiled: compiled))
  }

  // MARK: - Writing

  /// Sets a prefix's value and returns the one it had. Bits of the key behind the length are ignored.
  /// - Precondition: `length` is 0 to the width of the key, `value` at most `largestValue`.
  @discardableResult
  public func insert(_ key: Key, length: Int, value: UInt32) -> UInt32? {
    Self.check(value)
    return writer.withLock { writer in
      let old = writer.routes.insert(key, length: length, value: value)
      if old == value { return old }
      if value > writer.compiled.largestValue {
        writer.compiled.build(from: writer.routes, largest: value)
      } else {
        writer.compiled.update(Self.masked(key, length), length: length, from: writer.routes)
      }
      writer.compiled.collect(force: false)
      return old
    }
  }

  /// Removes a prefix and returns its value; nil where it was not in the table.
  /// - Precondition: `length` is 0 to the width of the key.
  @discardableResult
  public func remove(_ key: Key, length: Int) -> UInt32? {
    writer.withLock { writer in
      guard let old = writer.routes.remove(key, length: length) else { return nil }
      writer.compiled.update(Self.masked(key, length), length: length, from: writer.routes)
      writer.compiled.collect(force: false)
      return old
    }
  }

  /// Takes back all memory that no reader sees any more, instead of some of it now and then.
  public func reclaim() { writer.withLock { $0.compiled.collect(force: true) } }

  private static func masked(_ key: Key, _ length: Int) -> Key {
    // A shift by the whole width gives zero.
    key & Key.max << (Key.bitWidth - length)
  }

  private static func check(_ value: UInt32) {
    precondition(value <= largestValue, "a value of more than 31 bits")
  }

  // MARK: - Looking up

  /// The values of many addresses' longest matches; `unrouted` where there is none.
  /// - Precondition: `values` has room for as many as there are keys; the reader is of the table's domain.
  @inlinable
  public func lookup(
    _ keys: Span<Key>, into values: inout MutableSpan<UInt32>, by reader: borrowing Reader,
    kernel: LookupKernel = .best
  ) {
    precondition(values.count >= keys.count, "more keys than room for values")
    precondition(reader.domain === domain, "a reader of another domain")
    precondition(kernel.isAvailable, "a kernel that this processor does not run")
    keys.withUnsafeBufferPointer { keys in
      values.withUnsafeMutableBufferPointer { values in
        guard let first = keys.baseAddress, let room = values.baseAddress else { return }
        var done = 0
        while done < keys.count {
          let count = min(Self.vectorSize, keys.count &- done)
          let view = published.load()
          view.pointee.lookup(first + done, count: count, into: room + done, kernel: kernel)
          // A view has one default route, and its routes change under it: where another view came meanwhile,
          // the one may be older than the other, and an address could get a default that never was its answer.
          if published.load() == view { done &+= count }
        }
      }
    }
  }

  /// The value of an address's longest match.
  /// - Precondition: the reader is of the table's domain.
  @inlinable
  public func lookup(_ key: Key, by reader: borrowing Reader) -> UInt32? {
    assert(reader.domain === domain, "a reader of another domain")
    let view = published.load()
    let value = view.pointee.value(of: key)
    // As for a vector. Asked also where the default route does not matter: that costs less than to find out.
    guard _fastPath(published.load() == view) else { return again(key, by: reader) }
    return value == .max ? nil : value
  }

  @usableFromInline @inline(never)
  func again(_ key: Key, by reader: borrowing Reader) -> UInt32? { lookup(key, by: reader) }

  // MARK: - The routes

  /// The routes as they stand: a snapshot that later changes leave alone. While it lives, they cost a little
  /// more.
  public var routes: PrefixTable<Key> { writer.withLock { $0.routes } }

  public var count: Int { writer.withLock { $0.routes.count } }

  /// The value of exactly this prefix.
  public func value(_ key: Key, length: Int) -> UInt32? {
    writer.withLock { $0.routes.value(key, length: length) }
  }

  /// The longest prefix that holds the key, with its length.
  public func longestMatch(_ key: Key) -> Match? {
    writer.withLock { $0.routes.longestMatch(key) }
  }

  public var memory: CompiledMemory { writer.withLock { $0.compiled.memory } }
}
