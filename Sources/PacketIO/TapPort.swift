import CPacketIO
import Dataplane
import Glibc

/// A TAP device: its kernel end is an ordinary interface, in any network namespace, and this port is the
/// cable that is plugged into it. Where the kernel agrees, TCP passes in frames of up to 64 KiB, both ways, and nobody
/// cuts them.
///
/// A device may have several queues. The port serves all of them by itself, in turn; or each is given to a thread of its
/// own, as a `TapQueue`, and the port is not used beside them.
public final class TapPort: Port {
  /// What passes between the kernel and a port unfinished, with a header before each frame that says so.
  public enum Offloads: String, Sendable {
    /// Checksums, and TCP in frames of up to 64 KiB, both ways.
    case segmentation
    /// Nothing, and there is no header: what is large is cut in software.
    case none
  }

  /// What Linux ties to one device at most (MAX_TAP_QUEUES).
  public static let maximumQueues = 256

  public let name: String
  /// The interface.
  public let device: String
  /// What the kernel does for it.
  public let offloads: Offloads

  private let isShared: Bool
  private let queues: [TapQueue]
  /// Watches all queues, where there are several.
  private let watch: Int32
  /// Which is received from first the next time.
  private var turn = 0
  private var isOpen = true

  /// Attaches to the device where it exists, and makes it where it does not; a device made here goes
  /// away with the port. The calling thread's network namespace does not change.
  /// - Parameters:
  ///   - name: what statistics and errors call it.
  ///   - namespace: the network namespace of the device; nil is the calling thread's own.
  ///   - mtu: the largest IP packet in bytes; nil leaves it as it is.
  ///   - bringUp: sets the interface up.
  ///   - queues: 1 to `maximumQueues`; several need a device that was made for several, or none of this name.
  ///   - isShared: makes the device, where it is missing, for other ports beside this one, each with queues of its own.
  ///   - offloads: the most that is asked for. A kernel without the header has `.none`.
  /// - Throws: `PortError.cannotOpen`.
  public init(
    name: String, device: String, namespace: NetworkNamespace? = nil, mtu: Int? = nil,
    bringUp: Bool = false, queues: Int = 1, isShared: Bool = false,
    offloads: Offloads = .segmentation
  ) throws(PortError) {
    self.name = name
    self.device = device
    self.isShared = isShared
    let tap = TapDevice(port: name, device: device)
    let opened =
      if let namespace {
        try namespace.perform { () throws(PortError) -> sending TapDevice.Opened in
          try tap.open(
            queues: queues, isShared: isShared, mtu: mtu, bringUp: bringUp, offloads: offloads)
        }
      } else {
        try tap.open(
          queues: queues, isShared: isShared, mtu: mtu, bringUp: bringUp, offloads: offloads)
      }
    self.offloads = opened.offloads
    self.queues = opened.descriptors.map {
      TapQueue(name: name, device: device, descriptor: $0, offloads: opened.offloads)
    }
    watch = queues > 1 ? spurline_tap_watch(opened.descriptors, Int32(queues)) : -1
    guard queues == 1 || watch >= 0 else {
      throw .cannotOpen(
        port: name,
        reason: "TAP \(device): cannot wait for several queues: \(systemMessage(-watch))")
    }
  }

  deinit { close() }

  public var queueCount: Int { queues.count }

  /// - Precondition: `index` is below `queueCount`.
  public func queue(_ index: Int) -> TapQueue { queues[index] }

  public var pollDescriptor: Int32? {
    guard isOpen else { return nil }
    return queues.count == 1 ? queues[0].pollDescriptor : watch
  }

  /// From every queue, as far as the vector has room.
  /// - Throws: `PortError.failed` when the device is gone.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    var received = 0
    for index in queues.indices where !vector.isFull {
      received += try queues[(turn + index) % queues.count].receive(into: &vector)
    }
    turn = (turn + 1) % queues.count
    return received
  }

  /// By the first queue; see `TapQueue.transmit`.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    try queues[0].transmit(frames)
  }

  /// Of all queues.
  public var statistics: PortStatistics {
    var sum = PortStatistics()
    for queue in queues {
      let counts = queue.statistics
      sum.received += counts.received
      sum.transmitted += counts.transmitted
      sum.droppedByInterface += counts.droppedByInterface
      sum.transmitErrors += counts.transmitErrors
    }
    return sum
  }

  /// Closes every queue. A device that stays leaves nothing more to readers that may not know of offloads, unless they
  /// are ports beside this one.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    if offloads == .segmentation, !isShared, let descriptor = queues[0].pollDescriptor {
      _ = spurline_tap_set_offload(descriptor, 0)
    }
    for queue in queues { queue.close() }
    if watch >= 0 { _ = Glibc.close(watch) }
  }
}
