import Glibc

/// DPDK's route lookups (`rte_fib`, `rte_lpm`, `rte_fib6`, `rte_lpm6`), to measure ours beside them in one
/// process. They are in a library that `Benchmarks/Peers/build` makes where DPDK is installed; the ABI is
/// described in `Benchmarks/Peers/peers.h`.
///
/// An *engine* is one way to look something up in a *table*; engines over the same table share one that
/// is built once. Not thread-safe: use everything from one thread.
final class Peers {
  enum Family: UInt32 {
    case v4 = 4
    case v6 = 6
  }

  /// A kind of table.
  struct TableKind {
    fileprivate let index: UInt32
    /// As in "rte_fib 2-byte".
    let name: String
    let family: Family
  }

  /// A lookup.
  struct Engine {
    fileprivate let index: UInt32
    /// As in "rte_fib 2-byte AVX-512".
    let name: String
    fileprivate let kind: UInt32
  }

  let tableKinds: [TableKind]
  private let engines: [Engine]
  fileprivate let functions: PeerFunctions

  /// Loads the library and starts DPDK in this process, on the core that the calling thread runs on; the
  /// thread's affinity stays as it is. Once in a process.
  /// - Parameter explain: Gets a sentence when there are no peers, because the library is absent or does not
  ///   start.
  static func load(path: String, whenAbsent explain: (String) -> Void) -> Peers? {
    do {
      return try Peers(path: path)
    } catch {
      explain("Measured without DPDK: \(error).")
      return nil
    }
  }

  private init(path: String) throws(PeerError) {
    // Never closed: DPDK has threads.
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw PeerError("the library does not load (\(String(cString: dlerror())))")
    }
    functions = try PeerFunctions(handle)
    guard functions.start() == 0 else { throw functions.latestError }
    var kinds: [TableKind] = []
    for index in 0..<functions.tableCount() {
      guard let family = Family(rawValue: functions.tableFamily(index)) else { continue }
      let name = String(cString: functions.tableName(index))
      kinds.append(TableKind(index: index, name: name, family: family))
    }
    tableKinds = kinds
    engines = (0..<functions.engineCount()).map { [functions] index in
      let name = String(cString: functions.engineName(index))
      return Engine(index: index, name: name, kind: functions.engineTable(index))
    }
  }

  /// The lookups that read a table of this kind.
  func engines(of kind: TableKind) -> [Engine] {
    engines.filter { $0.kind == kind.index }
  }

  /// Fills a table. Look at `PeerTable.refused` afterwards: what a library refuses makes it answer wrongly.
  /// - Parameters:
  ///   - keys: Of the family of the table, with the bits beyond the length zero.
  ///   - values: 1 or more; 2-byte tables take them up to 32,767.
  ///   - updatable: Whether `update` and `remove` are to work. `rte_lpm` then takes about a minute to build
  ///     with a full table, and otherwise a second.
  func build(
    _ kind: TableKind, keys: PeerKeys, lengths: [UInt8], values: [UInt32], updatable: Bool = false
  ) throws(PeerError) -> PeerTable {
    precondition(keys.family == kind.family && keys.count == lengths.count)
    precondition(keys.count == values.count)
    var refused = 0
    let table = keys.withBytes { keys in
      functions.build(kind.index, keys, lengths, values, lengths.count, updatable ? 1 : 0, &refused)
    }
    guard let table else { throw functions.latestError }
    return PeerTable(table, of: self, kind: kind, refused: refused)
  }
}

/// A filled table of a peer.
final class PeerTable {
  let kind: Peers.TableKind
  /// The lookups that read it.
  let engines: [Peers.Engine]
  /// How many prefixes the library did not take. If any, its answers are wrong and its speed says nothing.
  let refused: Int

  private let table: OpaquePointer
  private let functions: PeerFunctions

  fileprivate init(_ table: OpaquePointer, of peers: Peers, kind: Peers.TableKind, refused: Int) {
    self.table = table
    self.kind = kind
    self.refused = refused
    engines = peers.engines(of: kind)
    functions = peers.functions
  }

  deinit { functions.destroy(table) }

  /// Bytes that are present in memory.
  struct Memory {
    /// What lookups read.
    var lookup: UInt64
    /// That, and what updates need beside it, as far as the table was built for updates.
    var all: UInt64
    /// The pages of `lookup` that are huge, whole ones; less than `lookup` means that the peer is slower than
    /// it could be.
    var huge: UInt64
  }

  var memory: Memory {
    // Mirrors struct spurline_peer_memory.
    var bytes: [UInt64] = [0, 0, 0]
    _ = functions.memory(table, &bytes)
    return Memory(lookup: bytes[0], all: bytes[1], huge: bytes[2])
  }

  /// What `check` found.
  struct Verdict {
    var wrong: Int
    var firstWrong: Int?
  }

  /// Compares all answers of an engine.
  /// - Parameters:
  ///   - expected: For each key, 0 where there is no route.
  ///   - burst: Keys of one call, from 1 to 4096.
  /// - Throws: When the engine does not run on this processor.
  func check(
    _ engine: Peers.Engine, _ keys: PeerKeys, expected: [UInt32], burst: Int
  ) throws(PeerError) -> Verdict {
    precondition(keys.family == kind.family && keys.count == expected.count)
    var first = 0
    let wrong = keys.withBytes { keys in
      functions.check(table, engine.index, keys, expected, expected.count, burst, &first)
    }
    guard wrong >= 0 else { throw functions.latestError }
    return Verdict(wrong: Int(wrong), firstWrong: wrong == 0 ? nil : first)
  }

  /// Looks all keys up in bursts, and leaves the answers of the last in a buffer that all bursts share: this
  /// is what to time.
  /// - Precondition: `check` did not throw with this engine and burst.
  func run(_ engine: Peers.Engine, _ keys: PeerKeys, burst: Int) {
    precondition(keys.family == kind.family)
    let result = keys.withBytes { bytes in
      functions.run(table, engine.index, bytes, keys.count, burst)
    }
    precondition(result == 0, functions.latestError.description)
  }

  /// Adds prefix `index` of some prefixes, or changes its value.
  /// - Throws: When the library refuses, or the table was not built `updatable`.
  func update(_ keys: PeerKeys, at index: Int, length: UInt8, value: UInt32) throws(PeerError) {
    precondition(keys.family == kind.family && index < keys.count)
    let result = keys.withBytes { bytes in
      functions.update(table, bytes + index * keys.stride, length, value)
    }
    guard result == 0 else { throw functions.latestError }
  }

  /// Removes prefix `index` of some prefixes.
  /// - Throws: When the library refuses, or the table was not built `updatable`.
  func remove(_ keys: PeerKeys, at index: Int, length: UInt8) throws(PeerError) {
    precondition(keys.family == kind.family && index < keys.count)
    let result = keys.withBytes { bytes in
      functions.remove(table, bytes + index * keys.stride, length)
    }
    guard result == 0 else { throw functions.latestError }
  }
}

/// Addresses as the peers read them, converted once: for IPv4 numbers, for IPv6 16 bytes in network order.
struct PeerKeys {
  private enum Storage {
    case v4([UInt32])
    case v6([UInt128])
  }

  private let storage: Storage

  init(_ addresses: [UInt32]) { storage = .v4(addresses) }
  init(_ addresses: [UInt128]) { storage = .v6(addresses.map(\.bigEndian)) }

  var family: Peers.Family {
    switch storage {
    case .v4: .v4
    case .v6: .v6
    }
  }

  var count: Int {
    switch storage {
    case .v4(let addresses): addresses.count
    case .v6(let addresses): addresses.count
    }
  }

  /// Bytes of one key.
  fileprivate var stride: Int { family == .v4 ? 4 : 16 }

  fileprivate func withBytes<Result>(_ body: (UnsafeRawPointer) -> Result) -> Result {
    switch storage {
    case .v4(let addresses): body(addresses)
    case .v6(let addresses): body(addresses)
    }
  }
}

/// What went wrong, in a peer's own words.
struct PeerError: Error, CustomStringConvertible {
  let description: String

  fileprivate init(_ description: String) { self.description = description }
}

/// The functions of `peers.h`.
private struct PeerFunctions {
  let error: @convention(c) () -> UnsafePointer<CChar>
  let start: @convention(c) () -> Int32
  let tableCount: @convention(c) () -> UInt32
  let tableName: @convention(c) (UInt32) -> UnsafePointer<CChar>
  let tableFamily: @convention(c) (UInt32) -> UInt32
  let engineCount: @convention(c) () -> UInt32
  let engineName: @convention(c) (UInt32) -> UnsafePointer<CChar>
  let engineTable: @convention(c) (UInt32) -> UInt32
  let build:
    @convention(c) (
      UInt32, UnsafeRawPointer, UnsafePointer<UInt8>, UnsafePointer<UInt32>, Int, Int32,
      UnsafeMutablePointer<Int>
    ) -> OpaquePointer?
  let destroy: @convention(c) (OpaquePointer) -> Void
  let memory: @convention(c) (OpaquePointer, UnsafeMutablePointer<UInt64>) -> Int32
  let run: @convention(c) (OpaquePointer, UInt32, UnsafeRawPointer, Int, Int) -> Int32
  let check:
    @convention(c) (
      OpaquePointer, UInt32, UnsafeRawPointer, UnsafePointer<UInt32>, Int, Int,
      UnsafeMutablePointer<Int>
    ) -> Int64
  let update: @convention(c) (OpaquePointer, UnsafeRawPointer, UInt8, UInt32) -> Int32
  let remove: @convention(c) (OpaquePointer, UnsafeRawPointer, UInt8) -> Int32

  /// Of `SPURLINE_PEER_ABI`.
  private static let version: UInt32 = 1

  init(_ handle: UnsafeMutableRawPointer) throws(PeerError) {
    /// The type has to be the one of `peers.h`: nothing can check it but the version.
    func function<Function>(
      _ name: String, as type: Function.Type = Function.self
    ) throws(PeerError) -> Function {
      guard let address = dlsym(handle, "spurline_peer_" + name) else {
        throw PeerError("the library has no spurline_peer_\(name)")
      }
      return unsafeBitCast(address, to: type)
    }
    let abi = try function("abi", as: (@convention(c) () -> UInt32).self)
    guard abi() == Self.version else {
      throw PeerError("the library was built for version \(abi()) of peers.h, not \(Self.version)")
    }
    error = try function("error")
    start = try function("start")
    tableCount = try function("table_count")
    tableName = try function("table_name")
    tableFamily = try function("table_family")
    engineCount = try function("engine_count")
    engineName = try function("engine_name")
    engineTable = try function("engine_table")
    build = try function("build")
    destroy = try function("destroy")
    memory = try function("memory")
    run = try function("run")
    check = try function("check")
    update = try function("update")
    remove = try function("remove")
  }

  /// Of the function that just failed.
  var latestError: PeerError { PeerError(String(cString: error())) }
}
