import Foundation

/// Clocks of the worker, in nanoseconds.
enum Time {
  /// Since 1970, UTC: the time of packets and flows.
  static func packetTime() -> UInt64 { read(CLOCK_REALTIME) }

  /// For durations; not set back by anybody.
  static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
