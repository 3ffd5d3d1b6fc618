import Synchronization

/// Commands for a worker from other threads, and the descriptor that wakes it.
final class Mailbox: Sendable {
  typealias Command = @Sendable (inout WorkerCore) -> Void

  private struct State {
    var commands: [Command] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let wake: WakePipe

  init() throws(WorkerError) { wake = try WakePipe() }

  /// Readable while commands wait.
  var descriptor: Int32 { wake.descriptor }

  /// False, and nothing done, where the worker has ended.
  func post(_ command: @escaping Command) -> Bool {
    state.withLock { state in
      guard !state.isClosed else { return false }
      if state.commands.isEmpty { wake.signal() }
      state.commands.append(command)
      return true
    }
  }

  /// The commands that wait, in the order of their posting.
  func take() -> [Command] {
    state.withLock { state in
      guard !state.commands.isEmpty else { return [] }
      defer { state.commands = [] }
      wake.drain()
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
