import Synchronization

/// What wakes a worker that sleeps: a descriptor to wait on, and word of whether anybody waits, so that a busy worker
/// costs the others no system call.
///
/// The sleeper says that it sleeps, looks once more whether there is work, and waits; who brings work says so first and
/// then looks whether the other sleeps. Between these two steps on each side stands a full fence: one of them sees
/// the other.
final class Doorbell: Sendable {
  private let pipe: WakePipe
  private let isWaitedFor = Atomic<Bool>(false)

  init() throws(WorkerError) { pipe = try WakePipe() }

  /// Readable after a ring.
  var descriptor: Int32 { pipe.descriptor }

  /// Before a last look for work.
  func prepareToWait() {
    isWaitedFor.store(true, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  /// Awake again.
  /// - Parameter isRung: whether the descriptor was readable.
  func finishWaiting(isRung: Bool) {
    isWaitedFor.store(false, ordering: .relaxed)
    if isRung { pipe.drain() }
  }

  /// After bringing work.
  func ring() {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard isWaitedFor.load(ordering: .relaxed),
      isWaitedFor.exchange(false, ordering: .relaxed)
    else { return }
    pipe.signal()
  }
}
