import Dispatch
import Foundation
import Logging

/// An instance and its server as one, from ready to stopped.
public enum Service {
  /// What a process is told from outside.
  public enum Event: Sendable {
    case reload
    case stop
  }

  /// Serves until the first `.stop`, the end of the events, or a failure of the server; then everything is
  /// stopped in order. A reload that is refused has been logged, and the instance goes on.
  /// - Returns: the final counts.
  public static func run(
    _ instance: Instance, server: ControlServer, events: AsyncStream<Event>,
    whenReady: @escaping @Sendable () async -> Void = {}
  ) async throws -> CountersReport {
    let serving = await withTaskGroup(of: Result<Void, any Error>.self) { group in
      group.addTask {
        do {
          return .success(try await server.run(instance, whenReady: whenReady))
        } catch {
          return .failure(error)
        }
      }
      group.addTask {
        for await event in events {
          switch event {
          case .reload: _ = try? await instance.reload()
          case .stop: return .success(())
          }
        }
        return .success(())
      }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      await group.waitForAll()
      return first
    }
    let report = try await instance.stop()
    try serving.get()
    return report
  }
}

/// The signals of a foreground process as events: SIGHUP reloads, SIGINT and SIGTERM stop.
public final class SignalEvents {
  public let events: AsyncStream<Service.Event>
  private let sources: [any DispatchSourceSignal]

  /// From here on the signals do nothing else.
  public init() {
    let (events, continuation) = AsyncStream<Service.Event>.makeStream()
    self.events = events
    // A client that hangs up is an error of its connection, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let meanings: [(Int32, Service.Event)] = [(SIGHUP, .reload), (SIGINT, .stop), (SIGTERM, .stop)]
    sources = meanings.map { number, event in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(event) }
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }
}
