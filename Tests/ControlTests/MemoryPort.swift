import Dataplane
import PacketIO
import Synchronization

@testable import Control

/// The far end of a port without an interface: what a test puts in, the worker receives; what the worker
/// sends, the test reads.
final class MemoryLink: Sendable {
  struct State {
    var incoming: [[UInt8]] = []
    var outgoing: [[UInt8]] = []
    var failure: String?
    var timesOpened = 0
    var isOpen = false
    var droppedByKernel: UInt64 = 0
  }

  let state = Mutex(State())
  let wake: WakePipe

  init() throws { wake = try WakePipe() }

  func send(_ frames: [UInt8]...) {
    state.withLock {
      $0.incoming += frames
      wake.signal()
    }
  }

  /// The interface breaks: the next receive fails, and so does opening, until `repair`.
  func breakDown() {
    state.withLock {
      $0.failure = "interface is gone"
      wake.signal()
    }
  }

  func repair() { state.withLock { $0.failure = nil } }

  var received: [[UInt8]] { state.withLock { $0.outgoing } }

  /// Waits until the worker has sent so many frames in all.
  func waitForFrames(_ count: Int) async throws -> [[UInt8]] {
    try await waitUntil("\(count) frames, of which there are \(received.count)") {
      self.received.count >= count
    }
    return received
  }
}

/// A `Port` over a link, as a second implementation beside the kernel's.
final class MemoryPort: PacketIO.Port {
  let name: String
  private let link: MemoryLink
  private let role: PortRole
  private var own = PortStatistics()

  init(name: String, link: MemoryLink, role: PortRole = .whole) throws(PortError) {
    self.name = name
    self.link = link
    self.role = role
    if let failure = link.state.withLock({ $0.failure }) {
      throw .cannotOpen(port: name, reason: failure)
    }
    guard role == .whole else { return }
    link.state.withLock {
      $0.timesOpened += 1
      $0.isOpen = true
    }
  }

  var pollDescriptor: Int32? { role == .whole ? link.wake.descriptor : nil }

  var statistics: PortStatistics {
    guard role == .whole else { return own }
    var sum = own
    sum.droppedByKernel = link.state.withLock { $0.droppedByKernel }
    return sum
  }

  func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    guard role == .whole else { return 0 }
    let room = PacketVector.capacity - vector.count
    let (frames, failure) = link.state.withLock { state in
      let frames = state.incoming.prefix(room)
      state.incoming.removeFirst(frames.count)
      if state.incoming.isEmpty { link.wake.drain() }
      return (frames, state.failure)
    }
    if let failure { throw .failed(port: name, reason: failure) }
    for frame in frames {
      let fits = frame.withUnsafeBytes {
        vector.append($0, wireLength: frame.count, timestamp: Time.packetTime())
      }
      precondition(fits)
    }
    own.received += UInt64(frames.count)
    return frames.count
  }

  func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    let copies = frames.map { Array(UnsafeRawBufferPointer($0.buffer)) }
    own.transmitted += UInt64(copies.count)
    link.state.withLock { $0.outgoing += copies }
  }

  func close() {
    guard role == .whole else { return }
    link.state.withLock { $0.isOpen = false }
  }
}

struct TimedOut: Error, CustomStringConvertible {
  var description: String
}

/// Polls: what is waited for happens on the worker's thread.
func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while try await !condition() {
    guard ContinuousClock.now < deadline else { throw TimedOut(description: "waited for \(what)") }
    try await Task.sleep(for: .milliseconds(2))
  }
}
