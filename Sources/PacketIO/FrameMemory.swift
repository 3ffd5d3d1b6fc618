import CKernels
import CPacketIO

/// The frames of one worker's AF_XDP ports, in one piece, on huge pages where there are any. Every port has all of it
/// registered as its own, so a frame that came in by one leaves by another where it stands.
///
/// Belongs to one thread.
public final class FrameMemory {
  /// Bytes from frame to frame: the kernel keeps 256 at the start of each to itself (XDP_PACKET_HEADROOM).
  let frameSize: Int
  let count: Int
  let start: UnsafeMutableRawPointer
  /// Frames that no port has.
  private let free: UnsafeMutablePointer<UInt32>
  private var freeCount: Int
  /// By frame: the port whose rings it is in, that number and `lent` where it has been handed out in a vector, 0
  /// where no port has it.
  private let owners: UnsafeMutablePointer<UInt8>
  private var isNumberTaken = [Bool](repeating: false, count: 128)

  static let lent: UInt8 = 0x80

  static let kernelHeadroom = 256

  /// - Parameters:
  ///   - largestPacket: the largest MTU of the ports, in bytes.
  ///   - ports: how many are expected to be open at a time.
  public init(largestPacket: Int = 1_500, ports: Int) {
    // An Ethernet header and two tags.
    frameSize = largestPacket + 22 + Self.kernelHeadroom <= 2_048 ? 2_048 : 4_096
    count = max(ports, 2) * XDPPort.ringSize * 3 / 2
    guard let memory = spurline_map(count * frameSize) else { fatalError("out of memory") }
    start = memory
    free = .allocate(capacity: count)
    // The lowest are used first.
    for index in 0..<count { free[index] = UInt32(count - 1 - index) }
    freeCount = count
    owners = .allocate(capacity: count)
    owners.initialize(repeating: 0, count: count)
    isNumberTaken[0] = true
  }

  deinit {
    spurline_unmap(start, byteCount)
    free.deallocate()
    owners.deallocate()
  }

  var byteCount: Int { count * frameSize }

  /// The largest frame that fits.
  var room: Int { frameSize - Self.kernelHeadroom }

  /// A number for a port; nil where 127 are open.
  func enroll() -> UInt8? {
    guard let number = isNumberTaken.firstIndex(of: false) else { return nil }
    isNumberTaken[number] = true
    return UInt8(number)
  }

  /// Takes back all that a port has, which the kernel no longer uses.
  func leave(_ number: UInt8) {
    for frame in 0..<count where owners[frame] & ~Self.lent == number { give(UInt32(frame)) }
    isNumberTaken[Int(number)] = false
  }

  /// A frame for a port; nil where there is none.
  @inline(__always)
  func take(for number: UInt8) -> UInt32? {
    guard freeCount > 0 else { return nil }
    freeCount &-= 1
    let frame = free[freeCount]
    owners[Int(frame)] = number
    return frame
  }

  /// Back to those that no port has.
  @inline(__always)
  func give(_ frame: UInt32) {
    owners[Int(frame)] = 0
    free[freeCount] = frame
    freeCount &+= 1
  }

  /// A frame that a port has received stands in a vector.
  @inline(__always)
  func lend(_ frame: UInt32, by number: UInt8) { owners[Int(frame)] = number | Self.lent }

  /// Takes back a frame that stood in a vector, unless a port has sent it.
  @inline(__always)
  func reclaim(_ frame: UInt32, by number: UInt8) {
    if owners[Int(frame)] == number | Self.lent { give(frame) }
  }

  /// Hands a frame that stands in a vector to the port that sends it. False for one that is being sent already.
  @inline(__always)
  func hand(_ frame: UInt32, to number: UInt8) -> Bool {
    guard owners[Int(frame)] & Self.lent != 0 else { return false }
    owners[Int(frame)] = number
    return true
  }

  /// The frame that these bytes stand in; nil where they stand elsewhere.
  @inline(__always)
  func frame(of bytes: UnsafeMutableRawPointer) -> UInt32? {
    let offset = bytes - start
    guard offset >= 0, offset < byteCount else { return nil }
    return UInt32(truncatingIfNeeded: offset / frameSize)
  }

  /// For tests: frames that no port has.
  var unused: Int { freeCount }
}
