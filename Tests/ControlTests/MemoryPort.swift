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
    state.withLock { $0.incoming += frames }
    wake.signal()
  }

  /// The interface breaks: the next receive fails, and so does opening, until `repair`.
  func breakDown() {
    state.withLock { $0.failure = "interface is gone" }
    wake.signal()
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
  private var own = PortStatistics()

  init(name: String, link: MemoryLink) throws(PortError) {
    self.name = name
    self.link = link
    if let failure = link.state.withLock({ $0.failure }) {
      throw .cannotOpen(port: name, reason: failure)
    }
    link.state.withLock {
      $0.timesOpened += 1
      $0.isOpen = true
    }
  }

  var pollDescriptor: Int32? { link.wake.descriptor }

  var statistics: PortStatistics {
    var sum = own
    sum.droppedByKernel = link.state.withLock { $0.droppedByKernel }
    return sum
  }

  func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    link.wake.drain()
    let (frames, failure) = link.state.withLock { state in
      defer { state.incoming = [] }
      return (state.incoming, state.failure)
    }
    if let failure { throw .failed(port: name, reason: failure) }
    for frame in frames {
      let fits = frame.withUnsafeBytes {
        vector.append($0, wireLength: frame.count, timestamp: Time.packetTime())
      }
      precondition(fits, "tests send less than a vector at a time")
    }
    own.received += UInt64(frames.count)
    return frames.count
  }

  func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    let copies = frames.map { Array(UnsafeRawBufferPointer($0.buffer)) }
    own.transmitted += UInt64(copies.count)
    link.state.withLock { $0.outgoing += copies }
  }

  func close() { link.state.withLock { $0.isOpen = false } }
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
