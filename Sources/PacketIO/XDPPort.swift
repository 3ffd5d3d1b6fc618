import CPacketIO
import Dataplane
import Glibc

/// A live interface through AF_XDP: a program in the kernel hands over what arrives before anything else sees it, in
/// memory that this process shares with the kernel, and takes what is sent from there. It opens in the network
/// namespace of the thread that makes it.
///
/// An interface with several receive queues is refused, because only the first would be served. The interface's peer, where
/// it is a veth, no longer leaves segmentation to it, so that no frame is above the MTU. What is sent to the interface is not
/// seen by the kernel's own stack or by captures on it.
public final class XDPPort: Port {
  public enum Mode: Sendable {
    /// By the driver.
    case native
    /// Behind the driver, on any interface; frames above the MTU, which a peer's offloads leave whole, are lost there.
    case generic
  }

  /// Entries of each ring; a power of two.
  static let ringSize = 2_048

  public let name: String
  /// The interface.
  public let device: String

  private let memory: FrameMemory
  private let number: UInt8
  private var socket: Int32
  private var link: Int32 = -1
  private var rings = spurline_xdp_rings()
  /// Frames that the last `receive` handed out.
  private let handed: UnsafeMutablePointer<UInt32>
  private var handedCount = 0
  /// Frames in the transmit ring or on their way.
  private var outstanding: UInt32 = 0
  private var counts = PortStatistics()

  /// - Parameter name: what statistics and errors call it.
  /// - Throws: `PortError.cannotOpen` where the interface is missing, down, has another program, several receive
  ///   queues, or frames that are larger than the memory's, and where the kernel or the process's rights do not allow it.
  public init(
    name: String, device: String, memory: FrameMemory, mode: Mode = .native
  ) throws(PortError) {
    self.name = name
    self.device = device
    self.memory = memory
    let fail = { (step: String, code: Int32) -> PortError in
      .cannotOpen(
        port: name, reason: "interface \(device): AF_XDP: \(step): \(systemMessage(code))")
    }
    let index = if_nametoindex(device)
    guard index > 0 else {
      throw .cannotOpen(
        port: name, reason: "interface \(device): \(InterfaceRefusal.missing)")
    }
    guard let number = memory.enroll() else {
      throw .cannotOpen(port: name, reason: "interface \(device): AF_XDP: 127 ports are open")
    }
    self.number = number
    handed = .allocate(capacity: PacketVector.capacity)
    socket = spurline_xdp_open(
      memory.start, memory.byteCount, UInt32(memory.frameSize), UInt32(Self.ringSize), &rings)
    guard socket >= 0 else {
      let code = -socket
      memory.leave(number)
      throw fail("cannot make a socket", code)
    }
    let queues = spurline_receive_queues(device)
    guard queues == 1 else {
      close()
      throw .cannotOpen(
        port: name,
        reason:
          "interface \(device): AF_XDP: it receives by \(queues) queues, of which one would be "
          + "served; `ethtool -L \(device)` sets their number")
    }
    var status = spurline_xdp_bind(socket, index)
    // The kernel lets go of a socket that was closed some time later.
    for _ in 0..<50 where status == -EBUSY {
      usleep(2_000)
      status = spurline_xdp_bind(socket, index)
    }
    guard status == 0 else {
      close()
      throw fail("cannot bind to its first queue", -status)
    }
    refill()
    status = spurline_xdp_attach(socket, index, mode == .native)
    guard status >= 0 else {
      close()
      throw fail("cannot attach the program", -status)
    }
    link = status
  }

  deinit {
    close()
    handed.deallocate()
  }

  public var pollDescriptor: Int32? { socket < 0 ? nil : socket }

  /// - Throws: `PortError.failed` when the interface is gone. While it is only down, nothing arrives.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    guard socket >= 0 else { throw .failed(port: name, reason: "it is closed") }
    recycle()
    // What the last attempts have left behind must not wait for a frame to follow it.
    send()
    complete()
    let ring = rings.receive
    let consumer = ring.consumer!.pointee
    let there = Int(spurline_xdp_load(ring.producer) &- consumer)
    let count = min(there, PacketVector.capacity - vector.count)
    guard count > 0 else {
      refill()
      // poll(2) does not report it.
      guard spurline_socket_error(socket) == 0 else {
        throw .failed(port: name, reason: "the interface disappeared (\(device))")
      }
      return 0
    }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let timestamp = UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    let entries = ring.entries.assumingMemoryBound(to: spurline_xdp_descriptor.self)
    let memory = memory
    let (start, frameSize, handed) = (memory.start, UInt64(memory.frameSize), handed)
    for index in 0..<count {
      let entry = entries[Int(consumer &+ UInt32(index)) & (Self.ringSize - 1)]
      _ = vector.append(
        Frame(
          bytes: start + Int(entry.address), length: Int(entry.length),
          wireLength: Int(entry.length), timestamp: timestamp),
        headroom: FrameMemory.kernelHeadroom)
      let frame = UInt32(truncatingIfNeeded: entry.address / frameSize)
      memory.lend(frame, by: number)
      handed[index] = frame
    }
    spurline_xdp_store(ring.consumer, consumer &+ UInt32(count))
    handedCount = count
    counts.received += UInt64(count)
    refill()
    return count
  }

  /// Never waits. What the interface does not take within some attempts, or is larger than a frame of the memory, is
  /// counted in `transmitErrors`.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    guard socket >= 0 else { throw .failed(port: name, reason: "it is closed") }
    let ring = rings.transmit
    let memory = memory
    let entries = ring.entries.assumingMemoryBound(to: spurline_xdp_descriptor.self)
    var producer = ring.producer!.pointee
    var space = makeSpace(frames.count)
    var errors = 0
    for frame in frames {
      guard space > 0 else {
        errors += 1
        continue
      }
      guard let address = place(frame) else {
        errors += 1
        continue
      }
      entries[Int(producer) & (Self.ringSize - 1)] = spurline_xdp_descriptor(
        address: UInt64(address - memory.start), length: UInt32(truncatingIfNeeded: frame.length),
        options: 0)
      producer &+= 1
      space -= 1
    }
    let sent = producer &- ring.producer!.pointee
    spurline_xdp_store(ring.producer, producer)
    outstanding &+= sent
    counts.transmitted += UInt64(sent)
    counts.transmitErrors += UInt64(errors)
    for _ in 0..<8 where hasUnsent { send() }
    complete()
  }

  public var statistics: PortStatistics {
    var dropped: UInt64 = 0
    var sum = counts
    if socket >= 0, spurline_xdp_dropped(socket, &dropped) == 0 { sum.droppedByKernel += dropped }
    return sum
  }

  public func close() {
    guard socket >= 0 else { return }
    counts = statistics
    if link >= 0 { spurline_xdp_detach(link) }
    link = -1
    _ = Glibc.close(socket)
    socket = -1
    spurline_xdp_unmap(&rings)
    handedCount = 0
    outstanding = 0
    memory.leave(number)
  }

  /// Where a frame's bytes stand when they are sent: where they are, in a frame that came in by any port of the memory,
  /// or copied. Nil where it does not fit, or there is no memory.
  private func place(_ frame: Frame) -> UnsafeMutableRawPointer? {
    if let shared = memory.frame(of: frame.bytes), memory.hand(shared, to: number) {
      return frame.bytes
    }
    guard frame.length <= memory.room, let own = memory.take(for: number) else { return nil }
    let bytes = memory.start + Int(own) * memory.frameSize + FrameMemory.kernelHeadroom
    bytes.copyMemory(from: frame.bytes, byteCount: frame.length)
    return bytes
  }

  /// How many of `wanted` frames the transmit ring takes, after some attempts to have it emptied.
  private func makeSpace(_ wanted: Int) -> Int {
    for _ in 0..<64 {
      let space = Self.ringSize - Int(outstanding)
      if space >= wanted { return space }
      send()
      complete()
    }
    return Self.ringSize - Int(outstanding)
  }

  /// Whether the transmit ring has frames that the kernel has not looked at.
  private var hasUnsent: Bool {
    spurline_xdp_load(rings.transmit.consumer) != rings.transmit.producer.pointee
  }

  private func send() {
    guard hasUnsent else { return }
    switch -spurline_xdp_send(socket) {
    case ENETDOWN, ENXIO, ENODEV: withdraw()
    // The budget is used up, or the device is busy: the next call goes on.
    default: break
    }
  }

  /// Takes what the kernel has not looked at out of the transmit ring: the interface is down, and frames that leave
  /// when it is up again would be old.
  private func withdraw() {
    let ring = rings.transmit
    let entries = ring.entries.assumingMemoryBound(to: spurline_xdp_descriptor.self)
    let (first, end) = (spurline_xdp_load(ring.consumer), ring.producer!.pointee)
    for index in 0..<(end &- first) {
      let entry = entries[Int(first &+ index) & (Self.ringSize - 1)]
      memory.give(UInt32(truncatingIfNeeded: Int(entry.address) / memory.frameSize))
    }
    // The kernel reads it only in a call of ours.
    spurline_xdp_store(ring.producer, first)
    outstanding &-= end &- first
    counts.transmitted -= UInt64(end &- first)
    counts.transmitErrors += UInt64(end &- first)
  }

  /// What has left goes back to the free frames.
  private func complete() {
    guard outstanding > 0 else { return }
    let ring = rings.completion
    let consumer = ring.consumer!.pointee
    let count = spurline_xdp_load(ring.producer) &- consumer
    guard count > 0 else { return }
    let memory = memory
    let entries = ring.entries.assumingMemoryBound(to: UInt64.self)
    let frameSize = UInt64(memory.frameSize)
    for index in 0..<count {
      let address = entries[Int(consumer &+ index) & (Self.ringSize - 1)]
      memory.give(UInt32(truncatingIfNeeded: address / frameSize))
    }
    spurline_xdp_store(ring.consumer, consumer &+ count)
    outstanding &-= count
  }

  /// Frames of the last vector that no port has sent.
  private func recycle() {
    let memory = memory
    for index in 0..<handedCount { memory.reclaim(handed[index], by: number) }
    handedCount = 0
  }

  /// Gives the kernel frames to receive into.
  private func refill() {
    let ring = rings.fill
    var producer = ring.producer!.pointee
    let space = Self.ringSize - Int(producer &- spurline_xdp_load(ring.consumer))
    // A few at a time are not worth a store that the kernel's core has to fetch.
    guard space >= 64 else { return }
    let memory = memory
    let entries = ring.entries.assumingMemoryBound(to: UInt64.self)
    for _ in 0..<space {
      guard let frame = memory.take(for: number) else { break }
      entries[Int(producer) & (Self.ringSize - 1)] = UInt64(frame) * UInt64(memory.frameSize)
      producer &+= 1
    }
    spurline_xdp_store(ring.producer, producer)
  }
}
