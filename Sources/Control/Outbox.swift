import Dataplane

/// The frames of one transmission, sorted by the port that they leave by; their order within a port is kept.
struct Outbox: ~Copyable {
  private var frames: UnsafeMutablePointer<Frame>
  private var capacity: Int
  /// Where each port's frames begin, and behind the last port where they end.
  private var starts: [Int] = []

  init() {
    capacity = PacketVector.capacity * 2
    frames = .allocate(capacity: capacity)
  }

  deinit { frames.deallocate() }

  /// Takes the place of what was there.
  /// - Parameter ports: how many there are.
  mutating func fill(_ items: UnsafeBufferPointer<Transmission.Item>, ports: Int) {
    if items.count > capacity {
      capacity = items.count * 2
      frames.deallocate()
      frames = .allocate(capacity: capacity)
    }
    let frames = frames
    starts.removeAll(keepingCapacity: true)
    for _ in 0...ports { starts.append(0) }
    starts.withUnsafeMutableBufferPointer { starts in
      for item in items { starts[Int(item.port.index) + 1] += 1 }
      for port in 0..<ports { starts[port + 1] += starts[port] }
      // Each start moves to its end, which is where the next one was.
      for item in items {
        let port = Int(item.port.index)
        (frames + starts[port]).initialize(to: item.frame)
        starts[port] += 1
      }
    }
  }

  /// Valid until the next `fill`.
  func frames(of port: Int) -> UnsafeBufferPointer<Frame> {
    let first = port == 0 ? 0 : starts[port - 1]
    return UnsafeBufferPointer(start: frames + first, count: starts[port] - first)
  }
}
