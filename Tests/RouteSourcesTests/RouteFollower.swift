import Foundation
import Glibc
import RouteSources
import Wire

/// What a user of `KernelRoutes` believes after taking its changes, waiting as a service does: poll, then
/// process.
final class RouteFollower {
  let source: KernelRoutes
  /// Prefix to next hop, in text; `on-link` where there is none.
  private(set) var routes: [String: String] = [:]

  init(_ source: KernelRoutes) throws {
    self.source = source
    try take()
  }

  /// Waits until the routes are as expected, ten seconds at most.
  func reaches(_ expected: [String: String]) throws -> Bool {
    try reaches { $0 == expected }
  }

  func reaches(
    within seconds: Double = 10, _ condition: ([String: String]) -> Bool
  ) throws -> Bool {
    let deadline = Date().addingTimeInterval(seconds)
    while !condition(routes), Date() < deadline {
      var wait = pollfd(fd: source.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&wait, 1, 250)
      if wait.revents != 0 { try take() }
    }
    return condition(routes)
  }

  func take() throws {
    for change in try source.process() {
      switch change {
      case .announce(let prefix, let nextHop):
        routes[prefix.description] = nextHop?.description ?? "on-link"
      case .withdraw(let prefix):
        routes[prefix.description] = nil
      }
    }
  }
}
