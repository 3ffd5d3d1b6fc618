import CPacketIO
import Dataplane
import Glibc

/// A packet socket that only sends, in batches. Belongs to one thread.
final class PacketSender {
  /// The system's error number.
  struct Refusal: Error { var code: Int32 }

  private var socket: Int32
  private let messages: UnsafeMutablePointer<spurline_packet_message>
  private let parts: UnsafeMutablePointer<iovec>

  var isOpen: Bool { socket >= 0 }

  /// - Parameter interface: its index.
  init(interface: UInt32) throws(Refusal) {
    let socket = spurline_packet_open_sender(interface)
    guard socket >= 0 else { throw Refusal(code: -socket) }
    self.socket = socket
    parts = .allocate(capacity: PacketVector.capacity)
    parts.initialize(repeating: iovec(), count: PacketVector.capacity)
    messages = .allocate(capacity: PacketVector.capacity)
    for index in 0..<PacketVector.capacity {
      var message = spurline_packet_message()
      message.header.msg_iov = parts + index
      message.header.msg_iovlen = 1
      (messages + index).initialize(to: message)
    }
  }

  deinit {
    close()
    parts.deallocate()
    messages.deallocate()
  }

  /// Sends frames in order, without waiting, and counts what became of them.
  /// - Returns: false where the interface is gone.
  func send(_ frames: UnsafeBufferPointer<Frame>, _ counts: inout PortStatistics) -> Bool {
    let (socket, parts, messages) = (socket, parts, messages)
    var isThere = true
    var first = 0
    while first < frames.count {
      let count = min(frames.count - first, PacketVector.capacity)
      for index in 0..<count {
        let frame = frames[first + index]
        (parts + index).pointee = iovec(iov_base: frame.bytes, iov_len: frame.length)
      }
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
      first += count
    }
    return isThere
  }

  func close() {
    if socket >= 0 { _ = Glibc.close(socket) }
    socket = -1
  }
}
