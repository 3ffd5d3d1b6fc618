import CLibpcap
import Dataplane
import Glibc

/// A live interface through libpcap. It sees frames that arrive, once each; what it sends does not come
/// back to it. It opens in the network namespace of the thread that makes it.
///
/// Frames are whole as long as the interface's own offloads (any of TSO, GSO, GRO; `ethtool -k`) are on when
/// it is opened, as they are on a veth: libpcap then takes room for 64 KiB a frame. With all of them off it
/// takes room for the MTU, and a longer frame that the peer's offloads leave whole arrives cut short.
public final class PcapPort: Port {
  /// Bytes. libpcap's immediate mode takes a slot for the largest frame (64 KiB) for every frame, however
  /// small, so that this is 512 frames: two vectors, 6 ms of full frames at 1 Gbit/s, which is what a
  /// scheduler may keep a worker waiting. libpcap rounds a slot up to 128 KiB: the ring takes twice
  /// this in memory.
  public static let defaultBufferSize = 32 << 20

  /// The most that libpcap takes (its MAXIMUM_SNAPLEN). Anything above `PacketVector.frameCapacity` is
  /// whole frames.
  private static let snapshotLength: Int32 = 262_144

  public let name: String
  /// The interface.
  public let device: String

  private var handle: OpaquePointer?
  private var counts = PortStatistics()
  private var kernelDrops = WrappingCounter()
  private var interfaceDrops = WrappingCounter()

  /// - Parameters:
  ///   - name: what statistics and errors call it.
  ///   - bufferSize: bytes; see `defaultBufferSize`.
  /// - Throws: `PortError.cannotOpen` where the interface is missing, down or not Ethernet, or the
  ///   process may not capture.
  public init(
    name: String, device: String, bufferSize: Int = PcapPort.defaultBufferSize
  ) throws(PortError) {
    self.name = name
    self.device = device
    handle = try Self.open(name: name, device: device, bufferSize: bufferSize)
  }

  deinit { close() }

  public var pollDescriptor: Int32? { handle.map(pcap_get_selectable_fd) }

  /// - Throws: `PortError.failed` when the interface is gone. While it is only down, nothing arrives,
  ///   poll(2) reports an error once, and reception goes on by itself when it is up again.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    guard let handle else { throw .failed(port: name, reason: "it is closed") }
    let before = vector.count
    let room = PacketVector.capacity - before
    // A limit of 0 would mean none.
    guard room > 0 else { return 0 }
    var tooLong: UInt64 = 0
    let status = withUnsafeMutablePointer(to: &vector) { vector in
      var delivery = Delivery(vector: vector)
      let status = withUnsafeMutablePointer(to: &delivery) { delivery in
        pcap_dispatch(
          handle, Int32(room),
          { user, header, bytes in
            guard let user, let header, let bytes else { return }
            UnsafeMutableRawPointer(user).assumingMemoryBound(to: Delivery.self)
              .pointee.take(header.pointee, bytes)
          }, UnsafeMutableRawPointer(delivery).assumingMemoryBound(to: UInt8.self))
      }
      tooLong = delivery.tooLong
      return status
    }
    let received = vector.count - before
    counts.received += UInt64(received)
    counts.droppedByInterface += tooLong
    guard status >= 0 else {
      throw .failed(port: name, reason: "\(String(cString: pcap_geterr(handle))) (\(device))")
    }
    return received
  }

  /// Never throws: a frame that the kernel refuses (above the MTU, queue full, interface down or gone) is
  /// counted in `transmitErrors`.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    guard let handle else { throw .failed(port: name, reason: "it is closed") }
    for frame in frames {
      if pcap_inject(handle, frame.bytes, frame.length) == Int32(frame.length) {
        counts.transmitted += 1
      } else {
        counts.transmitErrors += 1
      }
    }
  }

  /// `droppedByInterface` holds what libpcap reads from the interface's own counters, and frames longer
  /// than `PacketVector.frameCapacity`.
  public var statistics: PortStatistics {
    readDrops()
    var sum = counts
    sum.droppedByKernel += kernelDrops.total
    sum.droppedByInterface += interfaceDrops.total
    return sum
  }

  public func close() {
    readDrops()
    if let handle { pcap_close(handle) }
    handle = nil
  }

  private func readDrops() {
    var now = pcap_stat()
    guard let handle, pcap_stats(handle, &now) == 0 else { return }
    kernelDrops.advance(to: now.ps_drop)
    interfaceDrops.advance(to: now.ps_ifdrop)
  }

  private static func open(
    name: String, device: String, bufferSize: Int
  ) throws(PortError) -> OpaquePointer {
    let fail = { (reason: String) -> PortError in
      .cannotOpen(port: name, reason: "interface \(device): \(reason)")
    }
    guard let size = Int32(exactly: bufferSize), size > 0 else {
      throw fail("a buffer of \(bufferSize) bytes is not possible; use up to 2147483647")
    }
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = pcap_create(device, &message) else { throw fail(text(message)) }
    var opened = false
    defer { if !opened { pcap_close(handle) } }
    pcap_set_snaplen(handle, snapshotLength)
    pcap_set_promisc(handle, 1)
    pcap_set_immediate_mode(handle, 1)
    pcap_set_buffer_size(handle, size)
    // Refused only where a platform has no nanoseconds; Linux always has.
    guard pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO) == 0 else {
      throw fail("libpcap gives no nanosecond timestamps here")
    }
    let status = pcap_activate(handle)
    guard status >= 0 else { throw fail(explain(status, handle)) }
    guard pcap_datalink(handle) == DLT_EN10MB else {
      throw fail(InterfaceRefusal.notEthernet)
    }
    guard pcap_setdirection(handle, PCAP_D_IN) == 0, pcap_setnonblock(handle, 1, &message) == 0
    else {
      throw fail(String(cString: pcap_geterr(handle)))
    }
    // Before Linux 4.20 libpcap drops them by itself, at the price of ring slots.
    _ = spurline_ignore_outgoing(pcap_fileno(handle))
    opened = true
    return handle
  }

  private static func explain(_ status: Int32, _ handle: OpaquePointer) -> String {
    let detail = String(cString: pcap_geterr(handle))
    return switch status {
    case PCAP_ERROR_NO_SUCH_DEVICE: InterfaceRefusal.missing
    case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: InterfaceRefusal.notPermitted
    case PCAP_ERROR_IFACE_NOT_UP: InterfaceRefusal.down
    case PCAP_ERROR: detail
    default: "\(String(cString: pcap_statustostr(status))) \(detail)"
    }
  }

  private static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// What one call of pcap_dispatch fills.
  private struct Delivery {
    let vector: UnsafeMutablePointer<PacketVector>
    var tooLong: UInt64 = 0

    mutating func take(_ header: pcap_pkthdr, _ bytes: UnsafePointer<UInt8>) {
      // With nanosecond precision `tv_usec` holds nanoseconds.
      let timestamp = UInt64(header.ts.tv_sec) * 1_000_000_000 + UInt64(header.ts.tv_usec)
      let taken = vector.pointee.append(
        UnsafeRawBufferPointer(start: bytes, count: Int(header.caplen)),
        wireLength: Int(header.len), timestamp: timestamp)
      if !taken { tooLong += 1 }
    }
  }
}

/// The running total of a 32-bit counter that wraps.
struct WrappingCounter {
  private(set) var total: UInt64 = 0
  private var last: UInt32 = 0

  mutating func advance(to now: UInt32) {
    total += UInt64(now &- last)
    last = now
  }
}
