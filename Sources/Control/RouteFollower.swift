import ConfigurationFile
import Foundation
import Logging
import RouteSources
import Synchronization

/// Changes of one kernel table, in order.
struct RouteBatch: Sendable {
  /// Index into `Configuration.kernelBGP`.
  var source: Int
  var changes: [KernelRoutes.Change]
  /// How often the table has been listed anew so far.
  var resynchronizations: Int
}

/// The thread that follows the kernel's tables (R3). Changes are collected for a moment, so that a storm
/// of routes leads to few snapshots.
final class RouteFollower: Sendable {
  /// How long changes are collected, in milliseconds, and how many at most: BIRD announces a table in one
  /// burst; a single change is in force without a delay that anybody notices.
  static let collectionTime: Int32 = 50
  static let collectionLimit = 10_000
  /// Milliseconds before a table that could not be read is tried again.
  private static let retryTime: Int32 = 1_000

  private let wake: WakePipe
  private let isStopping: Atomic<Bool>
  /// Batches behind those that `start` has returned.
  let batches: AsyncStream<[RouteBatch]>
  private let deliver: AsyncStream<[RouteBatch]>.Continuation

  private init() throws(WorkerError) {
    wake = try WakePipe()
    isStopping = Atomic(false)
    (batches, deliver) = AsyncStream.makeStream()
  }

  /// Subscribes to every table in a new thread, after `prepare` ran in it.
  /// - Returns: the follower, and the routes that are there.
  /// - Throws: what `prepare` throws, and `RouteSourceError.kernel`.
  static func start(
    _ sources: [Configuration.KernelBGP], logger: Logger,
    prepare: @escaping @Sendable () throws -> Void
  ) async throws -> (RouteFollower, [RouteBatch]) {
    let follower = try RouteFollower()
    let first = try await withCheckedThrowingContinuation {
      (started: CheckedContinuation<_, any Error>) in
      let thread = Thread {
        do {
          try prepare()
          let tables = try sources.map {
            try KernelRoutes(table: $0.table, protocol: $0.routeProtocol, logger: logger)
          }
          let batches = try tables.enumerated().map { index, table in
            RouteBatch(source: index, changes: try table.process(), resynchronizations: 0)
          }
          started.resume(returning: batches)
          follower.follow(tables, logger: logger)
        } catch {
          started.resume(throwing: error)
        }
      }
      thread.name = "spurline-routes"
      thread.start()
    }
    return (follower, first)
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    wake.signal()
    deliver.finish()
  }

  private func follow(_ tables: [KernelRoutes], logger: Logger) {
    while !isStopping.load(ordering: .acquiring) {
      var descriptors = ([wake.descriptor] + tables.map(\.descriptor)).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&descriptors, nfds_t(descriptors.count), -1) > 0 else { continue }
      let batches = collect(tables, logger: logger)
      if !batches.isEmpty { deliver.yield(batches) }
    }
  }

  private func collect(_ tables: [KernelRoutes], logger: Logger) -> [RouteBatch] {
    var batches: [RouteBatch] = []
    var count = 0
    let end = Time.monotonic() + UInt64(Self.collectionTime) * 1_000_000
    while count < Self.collectionLimit {
      for (index, table) in tables.enumerated() {
        do {
          let resyncs = table.resyncs
          let changes = try table.process()
          guard !changes.isEmpty || table.resyncs != resyncs else { continue }
          count += changes.count
          batches.append(
            RouteBatch(source: index, changes: changes, resynchronizations: table.resyncs))
        } catch {
          logger.error(
            "cannot read BGP routes; trying again",
            metadata: ["table": "\(table.table)", "reason": "\(error)"])
          var stop = [pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)]
          poll(&stop, 1, Self.retryTime)
        }
      }
      let now = Time.monotonic()
      guard now < end, !isStopping.load(ordering: .acquiring) else { break }
      var descriptors = ([wake.descriptor] + tables.map(\.descriptor)).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&descriptors, nfds_t(descriptors.count), Int32((end - now) / 1_000_000) + 1) > 0
      else { break }
    }
    return batches
  }
}
