import Foundation

/// Runs each on a thread of its own, all at once, and returns when all have ended. Tasks of Swift's pool would
/// not run side by side where it has fewer threads.
func onThreads(_ bodies: [@Sendable () -> Void]) async {
  let group = DispatchGroup()
  for body in bodies {
    group.enter()
    let thread = Thread {
      body()
      group.leave()
    }
    thread.start()
  }
  await withCheckedContinuation { continuation in
    group.notify(queue: .global()) { continuation.resume() }
  }
}
