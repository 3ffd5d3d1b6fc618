import Dataplane
import Foundation
import Logging
import PacketIO

/// One thread that receives, decides and sends. It sleeps in poll(2) while there is nothing to do, and executes
/// commands of other threads between two vectors.
final class Worker: Sendable {
  /// What makes a worker.
  struct Plan: Sendable {
    var index: Int
    var snapshot: Snapshot
    var ports: [PlacedPort]
    var limits: FlowLimits
    var batches: PacketPath.Batches
    var rings: Exchange.Rings
    /// Of all workers, by index.
    var mailboxes: [Mailbox]
    /// That it is to run on; nil: wherever there is room.
    var processor: Int32?
    var logger: Logger
    /// Runs first in the thread: it may move the thread into a network namespace, so that ports open there.
    var prepare: @Sendable () throws -> Void
    /// Called in the thread: what opens the worker's ports.
    var makeOpener: @Sendable () -> Instance.Environment.PortOpener
  }

  private let mailbox: Mailbox

  private init(mailbox: Mailbox) { self.mailbox = mailbox }

  /// Starts the thread and returns once every port is open.
  static func start(_ plan: Plan) async throws -> Worker {
    let mailbox = plan.mailboxes[plan.index]
    try await withCheckedThrowingContinuation { (started: CheckedContinuation<Void, any Error>) in
      let thread = Thread {
        var core: WorkerCore
        do {
          if let processor = plan.processor { try Processors.pinThread(to: processor) }
          try plan.prepare()
          core = try WorkerCore(
            snapshot: plan.snapshot, ports: plan.ports, limits: plan.limits, batches: plan.batches,
            exchange: Exchange(
              plan.rings, index: plan.index, bells: plan.mailboxes.map(\.bell),
              snapshot: plan.snapshot),
            mailbox: mailbox, logger: plan.logger, openPort: plan.makeOpener())
        } catch {
          _ = mailbox.close()
          started.resume(throwing: error)
          return
        }
        started.resume()
        core.run()
      }
      thread.name = "spurline-\(plan.index)"
      thread.start()
    }
    return Worker(mailbox: mailbox)
  }

  /// Has `body` executed on the worker's thread, after what was posted before.
  /// - Returns: false, and nothing done, where the worker has ended.
  func post(_ body: @escaping Mailbox.Command) -> Bool { mailbox.post(body) }
}
