import Dataplane
import Logging
import PacketIO
import Synchronization

/// The workers of an instance, as one. What is asked of all of them stands in every queue when the call returns to its
/// caller's next step: questions and snapshots have one order, the same at each worker.
final class Workers: Sendable {
  private let workers: [Worker]

  private init(_ workers: [Worker]) { self.workers = workers }

  /// Starts them, and returns once every port is open.
  /// - Parameters:
  ///   - count: at least one.
  ///   - isPinned: keeps each on a processor of its own, as far as there are so many.
  ///   - limits: of all together.
  /// - Throws: `WorkerError.cannotStart`; none is left running then.
  static func start(
    _ count: Int, isPinned: Bool, snapshot: Snapshot, ports: [PlacedPort], limits: FlowLimits,
    environment: Instance.Environment, logger: Logger
  ) async throws -> Workers {
    let mailboxes = try (0..<count).map { _ in try Mailbox() }
    let rings = Exchange.Rings(workers: count)
    let processors = isPinned ? Processors.allowed : []
    if isPinned, processors.count < count {
      logger.warning(
        "there are more workers than processors: they share them",
        metadata: ["workers": "\(count)", "processors": "\(processors.count)"])
    }
    var share = limits
    share.maximumFlows = (limits.maximumFlows + count - 1) / count
    var workers: [Worker] = []
    do {
      for index in 0..<count {
        workers.append(
          try await Worker.start(
            Worker.Plan(
              index: index, snapshot: snapshot, ports: ports, limits: share,
              batches: environment.batches, rings: rings,
              mailboxes: mailboxes,
              processor: processors.isEmpty ? nil : processors[index % processors.count],
              logger: logger, prepare: environment.enterNamespace,
              makeOpener: { environment.makeOpener(index) })))
      }
    } catch {
      _ = try? await Workers(workers).stop()
      throw error
    }
    return Workers(workers)
  }

  /// Executes `body` on the thread of every worker.
  /// - Returns: the answers, in the order of the workers.
  /// - Throws: `WorkerError.stopped`.
  func ask<Answer: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: @escaping @Sendable (inout WorkerCore) -> Answer
  ) async throws -> [Answer] {
    try await gather { index, answer in workers[index].post { core in answer(body(&core)) } }
  }

  /// Executes `body` on the thread of one worker.
  /// - Throws: `WorkerError.stopped`.
  func ask<Answer: Sendable>(
    _ index: Int, isolation: isolated (any Actor)? = #isolation,
    _ body: @escaping @Sendable (inout WorkerCore) -> Answer
  ) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      let isPosted = workers[index].post { core in continuation.resume(returning: body(&core)) }
      if !isPosted { continuation.resume(throwing: WorkerError.stopped) }
    }
  }

  /// Ends the loops, closes the ports, and returns the final counts. Packets that one worker has received and
  /// another has not yet decided are decided first.
  /// - Throws: `WorkerError.stopped` where they had been stopped before.
  func stop(isolation: isolated (any Actor)? = #isolation) async throws -> CountersReport {
    guard !workers.isEmpty else { throw WorkerError.stopped }
    _ = try await ask { core in core.receives = false }
    let reports: [CountersReport] = try await gather { index, answer in
      workers[index].post { core in core.afterStop.append(answer) }
    }
    return CountersReport(reports)
  }

  /// Waits for an answer of each worker.
  /// - Parameter post: has a worker answer; false where it has ended.
  private func gather<Answer: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ post: (_ index: Int, _ answer: @escaping @Sendable (Answer) -> Void) -> Bool
  ) async throws -> [Answer] {
    try await withCheckedThrowingContinuation { continuation in
      let answers = Answers<Answer>(count: workers.count, continuation)
      for index in workers.indices {
        if !post(index, { answers.take($0, of: index) }) { answers.fail() }
      }
    }
  }
}

/// Answers that come in, until all are there.
private final class Answers<Answer: Sendable>: Sendable {
  private struct State {
    var answers: [Answer?]
    var missing: Int
    var continuation: CheckedContinuation<[Answer], any Error>?
  }

  private let state: Mutex<State>

  init(count: Int, _ continuation: CheckedContinuation<[Answer], any Error>) {
    state = Mutex(
      State(
        answers: Array(repeating: nil, count: count), missing: count, continuation: continuation))
  }

  func take(_ answer: Answer, of index: Int) {
    let (waiting, all) = state.withLock { state in
      state.answers[index] = answer
      state.missing -= 1
      guard state.missing == 0 else {
        return (nil as CheckedContinuation<[Answer], any Error>?, [Answer]())
      }
      defer { state.continuation = nil }
      return (state.continuation, state.answers.compactMap(\.self))
    }
    waiting?.resume(returning: all)
  }

  /// A worker has ended: there will be no answer of all.
  func fail() {
    let waiting = state.withLock { state in
      defer { state.continuation = nil }
      return state.continuation
    }
    waiting?.resume(throwing: WorkerError.stopped)
  }
}

extension CountersReport {
  /// What several workers have counted.
  init(_ reports: [CountersReport]) {
    self = reports[0]
    for report in reports.dropFirst() {
      counters.add(report.counters)
      for (index, port) in report.ports.enumerated() { ports[index].add(port) }
    }
  }
}

extension PortStatus {
  /// What another worker has of the same port.
  mutating func add(_ other: PortStatus) {
    isOpen = isOpen && other.isOpen
    failure = failure ?? other.failure
    statistics.add(other.statistics)
  }
}
