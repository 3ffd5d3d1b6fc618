import CPacketIO
import Dataplane
import Glibc

/// A live interface through a packet socket with a ring (TPACKET_V3) that the kernel fills and this process reads where
/// it stands; frames are sent in batches. It sees frames that arrive, once each and whole, up to 64 KiB; what it sends
/// does not come back to it. It opens in the network namespace of the thread that makes it.
///
/// The kernel hands frames over by blocks, when one is full or `blockTimeout` old: a frame that comes alone waits that
/// long.
public final class RingPort: Port {
  /// Bytes of a block: several of the largest frames.
  static let blockSize = 512 << 10
  /// At 64 bytes a frame these are 40,000, a few milliseconds of a full core's.
  public static let defaultBlocks = 16
  /// Milliseconds; the least that there is.
  static let blockTimeout: UInt32 = 1

  /// Room before each frame: for a header that is put in front of it, and for the outer tag, which the kernel takes
  /// out and we put back.
  private static let headroom = PacketVector.headroom + 16

  public let name: String
  /// The interface.
  public let device: String

  private let receiver: Int32
  private let sender: PacketSender
  private let ring: UnsafeMutableRawPointer
  private let blocks: Int
  private var isOpen = true
  /// The block that is read or waited for.
  private var block = 0
  /// Frames of it that have not been handed out, and where the next one is.
  private var left: UInt32 = 0
  private var next = 0
  /// The block is being read; it goes back when its last frame has been handed out and the next call comes.
  private var isReading = false
  /// The kernel has said so, and nothing has come since.
  private var isDown = false
  private var counts = PortStatistics()
  private var dropped: UInt64 = 0

  /// - Parameters:
  ///   - name: what statistics and errors call it.
  ///   - blocks: of 512 KiB each.
  /// - Throws: `PortError.cannotOpen` where the interface is missing, down or not Ethernet, or the process may not
  ///   capture.
  public init(
    name: String, device: String, blocks: Int = RingPort.defaultBlocks
  ) throws(PortError) {
    self.name = name
    self.device = device
    self.blocks = blocks
    let fail = { (reason: String) -> PortError in
      .cannotOpen(port: name, reason: "interface \(device): \(reason)")
    }
    let index = if_nametoindex(device)
    guard index > 0 else { throw fail(InterfaceRefusal.missing) }
    guard spurline_packet_is_ethernet(device) == 1 else { throw fail(InterfaceRefusal.notEthernet) }
    var ring: UnsafeMutableRawPointer?
    let receiver = spurline_packet_open(
      index, UInt32(Self.blockSize), UInt32(blocks), Self.blockTimeout, UInt32(Self.headroom), &ring
    )
    guard receiver >= 0, let ring else {
      throw switch -receiver {
      case ENETDOWN: fail(InterfaceRefusal.down)
      case EPERM, EACCES: fail(InterfaceRefusal.notPermitted)
      default: fail("cannot make a packet ring: \(systemMessage(-receiver))")
      }
    }
    // Binding does not say that it is down, but leaves word.
    let status = spurline_socket_error(receiver)
    let sender: PacketSender
    do throws(PacketSender.Refusal) {
      guard status == 0 else { throw PacketSender.Refusal(code: -status) }
      sender = try PacketSender(interface: index)
    } catch {
      munmap(ring, blocks * Self.blockSize)
      _ = Glibc.close(receiver)
      throw error.code == ENETDOWN
        ? fail(InterfaceRefusal.down)
        : fail("cannot make a packet socket: \(systemMessage(error.code))")
    }
    self.ring = ring
    self.receiver = receiver
    self.sender = sender
  }

  deinit { close() }

  public var pollDescriptor: Int32? { isOpen ? receiver : nil }

  /// - Throws: `PortError.failed` when the interface is gone. While it is only down, nothing arrives, poll(2) reports
  ///   an error once, and reception goes on by itself when it is up again.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    guard isOpen else { throw .failed(port: name, reason: "it is closed") }
    let before = vector.count
    var tooLong = 0
    while !vector.isFull {
      let header = (ring + block * Self.blockSize).assumingMemoryBound(
        to: tpacket_block_desc.self)
      if isReading, left == 0 {
        // Its frames have been handed out, maybe in this very call: they have to stay until the next.
        guard vector.count == before else { break }
        spurline_packet_return(header)
        isReading = false
        block = (block + 1) % blocks
        continue
      }
      if !isReading {
        guard spurline_packet_status(header).has(TP_STATUS_USER) else { break }
        left = header.pointee.hdr.bh1.num_pkts
        next = Int(header.pointee.hdr.bh1.offset_to_first_pkt)
        isReading = true
      }
      tooLong += read(UnsafeMutableRawPointer(header), into: &vector)
    }
    let received = vector.count - before
    counts.received += UInt64(received)
    counts.droppedByInterface += UInt64(tooLong)
    guard received > 0 else {
      // That it is down is said once, and passes; that it is gone after that is not said again.
      if spurline_socket_error(receiver) != 0 { isDown = true }
      guard !isDown || !isGone() else {
        throw .failed(port: name, reason: "The interface disappeared (\(device))")
      }
      return 0
    }
    isDown = false
    return received
  }

  /// Frames of a block, as many as the vector takes.
  /// - Returns: how many were longer than a frame may be.
  private func read(_ start: UnsafeMutableRawPointer, into vector: inout PacketVector) -> Int {
    var (left, next) = (left, next)
    var tooLong = 0
    while left > 0, !vector.isFull {
      let packet = (start + next).assumingMemoryBound(to: tpacket3_hdr.self)
      let header = packet.pointee
      var bytes = start + next + Int(header.tp_mac)
      var length = Int(header.tp_snaplen)
      var wireLength = Int(header.tp_len)
      if header.tp_status.has(TP_STATUS_VLAN_VALID), length >= 12 {
        bytes = Self.restoreTag(bytes, header)
        length += 4
        wireLength += 4
      }
      if length <= PacketVector.frameCapacity {
        _ = vector.append(
          Frame(
            bytes: bytes, length: length, wireLength: wireLength,
            timestamp: UInt64(header.tp_sec) &* 1_000_000_000 &+ UInt64(header.tp_nsec)),
          headroom: PacketVector.headroom)
      } else {
        tooLong += 1
      }
      next += Int(header.tp_next_offset)
      left -= 1
    }
    (self.left, self.next) = (left, next)
    return tooLong
  }

  /// Puts the outer tag back, which the kernel has taken out and noted beside the packet.
  private static func restoreTag(
    _ bytes: UnsafeMutableRawPointer, _ header: tpacket3_hdr
  ) -> UnsafeMutableRawPointer {
    let start = bytes - 4
    memmove(start, bytes, 12)
    let type: UInt16 =
      header.tp_status.has(TP_STATUS_VLAN_TPID_VALID) ? header.hv1.tp_vlan_tpid : 0x8100
    start.storeBytes(of: type.bigEndian, toByteOffset: 12, as: UInt16.self)
    start.storeBytes(
      of: UInt16(truncatingIfNeeded: header.hv1.tp_vlan_tci).bigEndian, toByteOffset: 14,
      as: UInt16.self)
    return start
  }

  /// Never waits. What the kernel refuses (above the MTU, queue full, interface down or gone) is counted in
  /// `transmitErrors`.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    guard isOpen else { throw .failed(port: name, reason: "it is closed") }
    _ = sender.send(frames, &counts)
  }

  public var statistics: PortStatistics {
    readDrops()
    var sum = counts
    sum.droppedByKernel += dropped
    return sum
  }

  public func close() {
    guard isOpen else { return }
    readDrops()
    isOpen = false
    munmap(ring, blocks * Self.blockSize)
    _ = Glibc.close(receiver)
    sender.close()
  }

  private func readDrops() {
    var now: UInt32 = 0
    guard isOpen, spurline_packet_dropped(receiver, &now) == 0 else { return }
    // Reading clears it in the kernel.
    dropped += UInt64(now)
  }

  /// A packet socket whose interface was removed is bound to none.
  private func isGone() -> Bool {
    var address = sockaddr_ll()
    var length = socklen_t(MemoryLayout<sockaddr_ll>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(receiver, $0, &length) }
    }
    return status == 0 && address.sll_ifindex <= 0
  }
}

extension UInt32 {
  /// The kernel's header has flags as signed numbers.
  fileprivate func has(_ flag: Int32) -> Bool { self & UInt32(bitPattern: flag) != 0 }
}
