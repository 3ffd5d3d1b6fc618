import Foundation
import Glibc

/// Signals end the process where it stands; what it made goes all the same.
enum Interruption {
  nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

  static func cleanUp(_ body: @escaping () -> Void) {
    nonisolated(unsafe) let body = body
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        body()
        _exit(130)
      }
      source.resume()
      sources.append(source)
    }
  }
}
