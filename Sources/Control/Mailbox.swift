import Synchronization

/// Commands for a worker from other threads, and the bell that wakes it for them and for what other workers hand over.
final class Mailbox: Sendable {
  typealias Command = @Sendable (inout WorkerCore) -> Void

  private struct State {
    var commands: [Command] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  let bell: Doorbell

  init() throws(WorkerError) { bell = try Doorbell() }

  var isEmpty: Bool { state.withLock { $0.commands.isEmpty } }

  /// False, and nothing done, where the worker has ended.
  func post(_ command: @escaping Command) -> Bool {
    let isPosted = state.withLock { state in
      guard !state.isClosed else { return false }
      state.commands.append(command)
      return true
    }
    if isPosted { bell.ring() }
    return isPosted
  }

  /// The commands that wait, in the order of their posting.
  func take() -> [Command] {
    state.withLock { state in
      guard !state.commands.isEmpty else { return [] }
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// No command is accepted from here on; those that wait are returned.
  func close() -> [Command] {
    state.withLock { state in
      defer { state.commands = [] }
      state.isClosed = true
      return state.commands
    }
  }
}
