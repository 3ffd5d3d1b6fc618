import CPacketIO
import Dataplane
import Glibc
import Wire

/// One queue of a TAP device. It belongs to one thread, whoever has the others: the kernel spreads the guest's flows
/// over the queues, and gives a flow's packets to the queue that its replies were last sent by.
public final class TapQueue: Port {
  /// Bytes that one call receives at most before it returns: as much as stays in the second-level cache until it is sent
  /// on. Sixteen batches of 64 KiB would push each other out of it.
  static let receiveBudget = 256 << 10

  public let name: String
  /// The interface.
  public let device: String
  /// What the kernel does for it.
  public let offloads: TapPort.Offloads

  private var descriptor: Int32
  private var counts = PortStatistics()
  /// Bytes before each frame.
  private let headerLength: Int
  /// The header of the next frame to be sent, and where that and the frame are.
  private let header: UnsafeMutablePointer<virtio_net_hdr>
  private let parts: UnsafeMutablePointer<iovec>
  /// For segments that are cut here; none where the kernel cuts them.
  private let segment: UnsafeMutableRawBufferPointer

  /// - Parameter descriptor: attached; it is closed with the queue.
  init(name: String, device: String, descriptor: Int32, offloads: TapPort.Offloads) {
    self.name = name
    self.device = device
    self.descriptor = descriptor
    self.offloads = offloads
    headerLength = offloads == .none ? 0 : OffloadHeader.length
    header = .allocate(capacity: 1)
    header.initialize(to: OffloadHeader().fields)
    parts = .allocate(capacity: 2)
    parts.initialize(to: iovec(iov_base: header, iov_len: headerLength))
    (parts + 1).initialize(to: iovec())
    segment =
      offloads == .segmentation
      ? UnsafeMutableRawBufferPointer(start: nil, count: 0)
      : .allocate(byteCount: PacketVector.frameCapacity, alignment: 64)
  }

  deinit {
    close()
    header.deallocate()
    parts.deallocate()
    segment.deallocate()
  }

  public var pollDescriptor: Int32? { descriptor < 0 ? nil : descriptor }

  /// A frame whose header contradicts it is counted in `droppedByInterface`.
  /// - Throws: `PortError.failed` when the device is gone.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    guard descriptor >= 0 else { throw .failed(port: name, reason: "it is closed") }
    let before = vector.count
    defer { counts.received += UInt64(vector.count - before) }
    var budget = Self.receiveBudget
    let now = packetTime()
    while budget > 0, let slot = vector.reserve() {
      // The header falls into the slot's headroom, and the frame where it belongs.
      let start = slot.baseAddress!
      let count = read(descriptor, start - headerLength, headerLength + slot.count)
      if count < 0 {
        let code = errno
        if code == EAGAIN { break }
        if code == EINTR { continue }
        throw .failed(port: name, reason: "cannot read from TAP \(device): \(systemMessage(code))")
      }
      budget -= count
      let length = count - headerLength
      guard length <= PacketVector.frameCapacity,
        let segmentSize = settle(start, length),
        vector.commit(length: length, timestamp: now, segmentSize: segmentSize)
      else {
        counts.droppedByInterface += 1
        continue
      }
    }
    return vector.count - before
  }

  /// What the header before a frame says; see `OffloadHeader.settle`.
  private func settle(_ frame: UnsafeMutableRawPointer, _ length: Int) -> UInt16? {
    guard headerLength > 0 else { return 0 }
    guard length >= 0 else { return nil }
    // A copy: it stands wherever the frame's alignment puts it.
    let header = (frame - headerLength).loadUnaligned(as: virtio_net_hdr.self)
    return OffloadHeader(header).settle(UnsafeMutableRawBufferPointer(start: frame, count: length))
  }

  /// A frame that the kernel refuses (interface down or gone, frame below 14 bytes) is counted in
  /// `transmitErrors`. There is no limit by MTU here: to the kernel these are frames that arrive. A batch goes out whole
  /// where the kernel takes it, else in segments.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    guard descriptor >= 0 else { throw .failed(port: name, reason: "it is closed") }
    for frame in frames {
      if frame.segmentSize == 0 {
        send(frame.bytes, frame.length)
      } else if offloads == .segmentation {
        sendWhole(frame)
      } else {
        sendSegments(frame)
      }
    }
  }

  private func sendWhole(_ frame: Frame) {
    guard let batch = OffloadHeader(batch: frame) else {
      counts.transmitErrors += 1
      return
    }
    header.pointee = batch.fields
    send(frame.bytes, frame.length)
    header.pointee = OffloadHeader().fields
  }

  private func sendSegments(_ frame: Frame) {
    if !cutBatch(frame, into: segment, send: send) { counts.transmitErrors += 1 }
  }

  /// With the header as it stands.
  private func send(_ bytes: UnsafeMutableRawPointer, _ length: Int) {
    (parts + 1).pointee = iovec(iov_base: bytes, iov_len: length)
    var written: Int
    repeat {
      written = writev(descriptor, parts, 2)
    } while written < 0 && errno == EINTR
    if written == headerLength + length {
      counts.transmitted += 1
    } else {
      counts.transmitErrors += 1
    }
  }

  public var statistics: PortStatistics { counts }

  public func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Nanoseconds since 1970, UTC: of a call, not of each frame, all of which were there.
  private func packetTime() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}
