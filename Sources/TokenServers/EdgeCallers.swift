import Control
import Dataplane
import Dispatch
import Synchronization
import Wire

/// What a server behind a service edge learns of a connection's caller.
public enum CallerAnswer: Sendable, Equatable {
  case known(ConnectionCaller)
  /// Why nothing is known, in words.
  case unknown(String)
}

/// Asks a service edge whose a connection is. A server has no other way: the identity is taken off at the edge.
public struct EdgeCallers: Sendable {
  /// How long a request for a token waits for the edge, which answers in milliseconds.
  public static let patience = Duration.seconds(2)

  private let socket: String
  private let patience: Duration
  private let queue = DispatchQueue(label: "spurline.edge-callers", attributes: .concurrent)

  /// - Parameter socket: the edge's control socket. It is a file, and so reached from any network namespace.
  public init(socket: String, patience: Duration = patience) {
    self.socket = socket
    self.patience = patience
  }

  /// The caller of a TCP connection that goes to an address of ours; `.unknown` where the edge does not know it, is not
  /// there, or does not answer in time.
  public func caller(of ends: ConnectionEnds) async -> CallerAnswer {
    let seconds = max(1, Int(patience.components.seconds))
    let client = ControlClient(socket: socket, timeout: seconds)
    return await withCheckedContinuation { continuation in
      let first = FirstAnswer(continuation)
      // The client blocks its thread.
      queue.async {
        do {
          first.give(.known(try client.caller(of: ends)))
        } catch {
          first.give(.unknown("\(error)"))
        }
      }
      let waited =
        Int(patience.components.seconds * 1000)
        + Int(patience.components.attoseconds / 1_000_000_000_000_000)
      queue.asyncAfter(deadline: .now() + .milliseconds(waited)) {
        first.give(.unknown("the edge at \(socket) has not answered within \(patience)"))
      }
    }
  }
}

/// Of an answer and the end of patience the first.
private final class FirstAnswer: Sendable {
  private let waiting: Mutex<CheckedContinuation<CallerAnswer, Never>?>

  init(_ continuation: CheckedContinuation<CallerAnswer, Never>) { waiting = Mutex(continuation) }

  func give(_ answer: CallerAnswer) {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(returning: answer)
  }
}
