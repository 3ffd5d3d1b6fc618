import Dataplane
import PacketIO

/// A port of a worker: open, or failed and waiting to be opened again.
struct PortSlot {
  var place: PlacedPort
  var port: (any PacketIO.Port)?
  /// Why it is not open.
  var failure: String?
  /// How often in a row poll(2) has reported an error and then there was nothing to receive. A link that
  /// goes down does so once, and reception goes on when it is up again.
  var errorsInARow = 0
  /// So many are a failure: the error is still there, and waiting for the port would only burn the core.
  static let toleratedErrors = 8
  /// What the port counted before it was opened anew, and frames sent while it was not open.
  var earlier = PortStatistics()

  init(place: PlacedPort, port: (any PacketIO.Port)?) {
    self.place = place
    self.port = port
    if port == nil { failure = "not opened yet" }
  }

  var statistics: PortStatistics {
    guard let now = port?.statistics else { return earlier }
    var sum = earlier
    sum.add(now)
    return sum
  }

  mutating func fail(_ reason: String) {
    earlier = statistics
    port?.close()
    port = nil
    failure = reason
    errorsInARow = 0
  }
}

extension PortStatistics {
  mutating func add(_ other: PortStatistics) {
    received += other.received
    transmitted += other.transmitted
    droppedByKernel += other.droppedByKernel
    droppedByInterface += other.droppedByInterface
    transmitErrors += other.transmitErrors
  }
}
