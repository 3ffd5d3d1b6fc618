import Dataplane
import Foundation
import Logging
import PacketIO

/// The thread that owns the ports and the packet path. It sleeps in poll(2) while there is nothing to do,
/// and executes commands of other threads between two vectors.
final class Worker: Sendable {
  private let mailbox: Mailbox

  private init(mailbox: Mailbox) { self.mailbox = mailbox }

  /// Starts the thread and returns once every port is open. `prepare` runs first in the thread: it may
  /// move the thread into a network namespace, so that ports open there.
  static func start(
    snapshot: Snapshot, limits: FlowLimits, logger: Logger,
    prepare: @escaping @Sendable () throws -> Void,
    openPort: @escaping @Sendable (PortRecord) throws -> any PacketIO.Port
  ) async throws -> Worker {
    let mailbox = try Mailbox()
    try await withCheckedThrowingContinuation { (started: CheckedContinuation<Void, any Error>) in
      let thread = Thread {
        var core: WorkerCore
        do {
          try prepare()
          core = try WorkerCore(
            snapshot: snapshot, limits: limits, mailbox: mailbox, logger: logger,
            openPort: openPort)
        } catch {
          _ = mailbox.close()
          started.resume(throwing: error)
          return
        }
        started.resume()
        core.run()
      }
      thread.name = "spurline-worker"
      thread.start()
    }
    return Worker(mailbox: mailbox)
  }

  /// Executes `body` on the worker's thread. Commands are executed in the order of the calls: there is no
  /// suspension between the call and its place in the queue.
  /// - Throws: `WorkerError.stopped`.
  func perform<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: @escaping @Sendable (inout WorkerCore) -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let accepted = mailbox.post { core in continuation.resume(returning: body(&core)) }
      if !accepted { continuation.resume(throwing: WorkerError.stopped) }
    }
  }

  /// Ends the loop after the vector in hand, closes the ports, and returns the final counts.
  /// - Throws: `WorkerError.stopped` where it had been stopped before.
  func stop(isolation: isolated (any Actor)? = #isolation) async throws -> CountersReport {
    try await withCheckedThrowingContinuation { continuation in
      let accepted = mailbox.post { core in
        core.afterStop.append { continuation.resume(returning: $0) }
      }
      if !accepted { continuation.resume(throwing: WorkerError.stopped) }
    }
  }
}
