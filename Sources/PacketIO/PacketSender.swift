import CPacketIO
import Dataplane
import Glibc

/// Packet sockets that only send: frames that are packets in batches, and one by one what is itself a batch of TCP segments,
/// which the kernel or the receiver cuts. They open in the network namespace of the thread that makes them. Belongs to one
/// thread.
final class PacketSender {
  /// The system's error number.
  struct Refusal: Error { var code: Int32 }

  private var socket: Int32
  private let messages: UnsafeMutablePointer<spurline_packet_message>
  private let parts: UnsafeMutablePointer<iovec>

  /// With a header before each frame, for batches alone: frames that need none would pay for it. Frames leave in their
  /// order all the same: the kernel has passed them on when a call returns. None where the kernel has no such header.
  private var batchSocket: Int32
  private let batchHeader: UnsafeMutablePointer<virtio_net_hdr>
  private let batchParts: UnsafeMutablePointer<iovec>
  private let batchMessage: UnsafeMutablePointer<spurline_packet_message>
  /// For segments that are cut here; none until there is one.
  private var segment = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  var isOpen: Bool { socket >= 0 }

  /// - Parameter interface: its index.
  init(interface: UInt32) throws(Refusal) {
    let socket = spurline_packet_open_sender(interface)
    guard socket >= 0 else { throw Refusal(code: -socket) }
    self.socket = socket
    batchSocket = spurline_packet_open_batch_sender(interface)
    parts = .allocate(capacity: PacketVector.capacity)
    parts.initialize(repeating: iovec(), count: PacketVector.capacity)
    messages = .allocate(capacity: PacketVector.capacity)
    for index in 0..<PacketVector.capacity {
      (messages + index).initialize(to: Self.message(parts + index, count: 1))
    }
    batchHeader = .allocate(capacity: 1)
    batchHeader.initialize(to: virtio_net_hdr())
    batchParts = .allocate(capacity: 2)
    batchParts.initialize(to: iovec(iov_base: batchHeader, iov_len: OffloadHeader.length))
    (batchParts + 1).initialize(to: iovec())
    batchMessage = .allocate(capacity: 1)
    batchMessage.initialize(to: Self.message(batchParts, count: 2))
  }

  private static func message(
    _ parts: UnsafeMutablePointer<iovec>, count: Int
  ) -> spurline_packet_message {
    var message = spurline_packet_message()
    message.header.msg_iov = parts
    message.header.msg_iovlen = count
    return message
  }

  deinit {
    close()
    parts.deallocate()
    messages.deallocate()
    batchHeader.deallocate()
    batchParts.deallocate()
    batchMessage.deallocate()
    segment.deallocate()
  }

  /// Sends frames in order, without waiting, and counts what became of them.
  /// - Returns: false where the interface is gone.
  func send(_ frames: UnsafeBufferPointer<Frame>, _ counts: inout PortStatistics) -> Bool {
    var isThere = true
    var first = 0
    while first < frames.count {
      if frames[first].segmentSize > 0 {
        if !sendBatch(frames[first], &counts) { isThere = false }
        first += 1
        continue
      }
      var count = 0
      while count < PacketVector.capacity, first + count < frames.count,
        frames[first + count].segmentSize == 0
      {
        let frame = frames[first + count]
        (parts + count).pointee = iovec(iov_base: frame.bytes, iov_len: frame.length)
        count += 1
      }
      if !send(messages, count, by: socket, &counts) { isThere = false }
      first += count
    }
    return isThere
  }

  private func send(
    _ messages: UnsafeMutablePointer<spurline_packet_message>, _ count: Int, by socket: Int32,
    _ counts: inout PortStatistics
  ) -> Bool {
    var isThere = true
    var done = 0
    while done < count {
      let taken = Int(spurline_packet_send(socket, messages + done, UInt32(count - done)))
      if taken == -Int(EINTR) { continue }
      // The error is the next frame's: those behind it may leave.
      done += max(taken, 1)
      if taken > 0 {
        counts.transmitted += UInt64(taken)
      } else {
        counts.transmitErrors += 1
        if [ENXIO, ENODEV].contains(Int32(-taken)) { isThere = false }
      }
    }
    return isThere
  }

  /// - Returns: false where the interface is gone.
  private func sendBatch(_ frame: Frame, _ counts: inout PortStatistics) -> Bool {
    guard batchSocket >= 0, let header = OffloadHeader(batch: frame) else {
      return sendSegments(frame, &counts)
    }
    batchHeader.pointee = header.fields
    (batchParts + 1).pointee = iovec(iov_base: frame.bytes, iov_len: frame.length)
    var taken: Int32
    repeat { taken = spurline_packet_send(batchSocket, batchMessage, 1) } while taken == -EINTR
    switch taken {
    case 1: counts.transmitted += 1
    // No such frame, whatever it is about it: a TCP connection would wait for it for ever.
    case -EINVAL, -EMSGSIZE, -EOPNOTSUPP: return sendSegments(frame, &counts)
    default: counts.transmitErrors += 1
    }
    return taken != -ENXIO && taken != -ENODEV
  }

  private func sendSegments(_ frame: Frame, _ counts: inout PortStatistics) -> Bool {
    if segment.isEmpty { segment = .allocate(byteCount: PacketVector.frameCapacity, alignment: 64) }
    var isThere = true
    let isCut = cutBatch(frame, into: segment) { bytes, length in
      parts.pointee = iovec(iov_base: bytes, iov_len: length)
      if !send(messages, 1, by: socket, &counts) { isThere = false }
    }
    if !isCut { counts.transmitErrors += 1 }
    return isThere
  }

  func close() {
    for socket in [socket, batchSocket] where socket >= 0 { _ = Glibc.close(socket) }
    socket = -1
    batchSocket = -1
  }
}
