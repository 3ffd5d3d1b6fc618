import CLibnl
import Glibc

/// One descriptor to wait on for two things: a socket that becomes readable, and a timer that runs out.
final class SocketAndTimer {
  let descriptor: Int32
  private let timer: Int32

  init(socket: Int32) throws(RouteSourceError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
    for watched in [socket, timer] {
      var event = epoll_event()
      event.events = EPOLLIN.rawValue
      event.data.fd = watched
      guard epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0 else {
        throw .kernel(operation: "wait for route changes", reason: String(cString: strerror(errno)))
      }
    }
  }

  deinit {
    close(timer)
    close(descriptor)
  }

  /// Starts the timer, or starts it anew; it runs out once.
  func startTimer(nanoseconds: Int) {
    var time = itimerspec()
    time.it_value.tv_sec = nanoseconds / 1_000_000_000
    time.it_value.tv_nsec = nanoseconds % 1_000_000_000
    timerfd_settime(timer, 0, &time, nil)
  }

  /// Whether it has run out since the last call.
  func timerFired() -> Bool {
    var expirations: UInt64 = 0
    return read(timer, &expirations, 8) == 8
  }
}
