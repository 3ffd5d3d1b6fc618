import Synchronization

/// A kind of address: IPv4's are `UInt32`, IPv6's `UInt128`, in host order.
public protocol LookupKey: FixedWidthInteger, UnsignedInteger, Sendable {
  associatedtype Compiled: CompiledRoutes where Compiled.Key == Self
}

extension UInt32: LookupKey {
  public typealias Compiled = IPv4Compiled
}

extension UInt128: LookupKey {
  public typealias Compiled = IPv6Compiled
}

/// The form of some routes that is made for looking up: the writer's side. Its table lets one thread at a time
/// call it.
public protocol CompiledRoutes: AnyObject {
  associatedtype Key: LookupKey
  /// What readers see.
  associatedtype View: CompiledView where View.Key == Key

  /// Without routes.
  init(domain: ReadDomain)

  var published: ViewPointer<View> { get }
  /// Values above it need another `build`.
  var largestValue: UInt32 { get }
  var memory: CompiledMemory { get }

  /// Builds everything from the routes; readers see the old form until it is complete.
  /// - Parameter largest: of the routes' values.
  func build(from routes: PrefixTable<Key>, largest: UInt32)
  /// Brings up to date what a prefix decides that has come, changed or gone in the routes.
  func update(_ key: Key, length: Int, from routes: PrefixTable<Key>)
  /// Takes back memory that no reader sees any more: when enough waits, or with `force` all.
  func collect(force: Bool)
}

/// The form of some routes that is made for looking up: the readers' side. `UInt32.max` stands for "no route".
public protocol CompiledView {
  associatedtype Key: LookupKey

  /// What `UInt32.max` is answered with in the end: the default route's value where there is one.
  var unrouted: UInt32 { get }

  /// The value of the longest match but the default route.
  func answer(of key: Key) -> UInt32

  /// The values of many longest matches, the default route too.
  /// - Precondition: `count` is at most `ForwardingTable.vectorSize`, and there is room for as many values.
  func lookup(
    _ keys: UnsafePointer<Key>, count: Int, into values: UnsafeMutablePointer<UInt32>,
    kernel: LookupKernel)
}

extension CompiledView {
  /// The value of the longest match.
  @inlinable @inline(__always)
  func value(of key: Key) -> UInt32 {
    let answer = answer(of: key)
    return answer == .max ? unrouted : answer
  }
}

/// Where readers find the view that is in force.
public struct ViewPointer<View: CompiledView>: @unchecked Sendable {
  @usableFromInline typealias Address = UnsafeMutablePointer<View>
  @usableFromInline let cell: UnsafeMutablePointer<Atomic<Address>>

  init(_ view: UnsafeMutablePointer<View>) {
    cell = .allocate(capacity: 1)
    cell.initialize(to: Atomic(view))
  }

  func deallocate() {
    cell.deinitialize(count: 1)
    cell.deallocate()
  }

  @inlinable
  func load() -> UnsafeMutablePointer<View> { cell.pointee.load(ordering: .acquiring) }

  func store(_ view: UnsafeMutablePointer<View>) { cell.pointee.store(view, ordering: .releasing) }
}

/// What a compiled form takes.
public struct CompiledMemory: Hashable, Sendable {
  /// Bytes that readers touch, with room to grow.
  public var readSide: Int
  /// Bytes that only the writer needs, without the routes themselves.
  public var bookkeeping: Int
  /// Leaves (IPv4) or 8-byte places (IPv6) that are referred to, or that wait for readers.
  public var placesInUse: Int
  /// Pieces of memory that wait for readers.
  public var retired: Int
}
