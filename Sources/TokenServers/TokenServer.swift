import Control
import Hummingbird
import Logging
import Wire

/// A directory or a store at work, until it is told to stop.
public struct TokenServer: Sendable {
  private let serving: HTTPServing<ConnectionContext>
  private let address: String

  public init(_ directory: Directory, at address: TransportAddress, logger: Logger) {
    self.init(DirectoryRoutes(directory: directory, logger: logger).router, address, logger)
  }

  public init(
    _ account: Account, serving folder: ServedFolder, at address: TransportAddress, logger: Logger
  ) {
    self.init(
      StoreRoutes(account: account, folder: folder, logger: logger).router, address, logger)
  }

  private init(
    _ router: Router<ConnectionContext>, _ address: TransportAddress, _ logger: Logger
  ) {
    self.address = "\(address)"
    serving = HTTPServing(
      router, at: .hostname("\(address.address)", port: Int(address.port)), logger: logger)
  }

  /// Answers until the first `.stop`, the end of the events, or a failure.
  /// - Parameters:
  ///   - reload: on `.reload`.
  ///   - whenReady: once it answers.
  /// - Throws: `TokenServerError.cannotServe`.
  public func run(
    events: AsyncStream<Control.Service.Event>, reload: @escaping @Sendable () async -> Void,
    whenReady: @escaping @Sendable () async -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (serving, address) = (serving, address)
      group.addTask {
        do {
          try await serving.run(whenReady: whenReady)
        } catch {
          throw TokenServerError.cannotServe(address: address, reason: "\(error)")
        }
      }
      group.addTask {
        for await event in events {
          switch event {
          case .reload: await reload()
          case .stop: return
          }
        }
      }
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }
}
