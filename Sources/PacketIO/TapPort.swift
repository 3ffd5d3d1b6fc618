import CLibpcap
import Dataplane
import Glibc

/// A TAP device: its kernel end is an ordinary interface, in any network namespace, and this port is the
/// cable that is plugged into it.
public final class TapPort: Port {
  public let name: String
  /// The interface.
  public let device: String

  private var descriptor: Int32
  private var counts = PortStatistics()
  /// One byte more than a frame may have, to tell a frame that read(2) cut from one that fits.
  private let scratch: UnsafeMutableRawBufferPointer

  /// Attaches to the device where it exists, and makes it where it does not; a device made here goes
  /// away with the port. The calling thread's network namespace does not change.
  /// - Parameters:
  ///   - name: what statistics and errors call it.
  ///   - namespace: the network namespace of the device; nil is the calling thread's own.
  ///   - mtu: the largest IP packet in bytes; nil leaves it as it is.
  ///   - bringUp: sets the interface up.
  /// - Throws: `PortError.cannotOpen`.
  public init(
    name: String, device: String, namespace: NetworkNamespace? = nil, mtu: Int? = nil,
    bringUp: Bool = false
  ) throws(PortError) {
    self.name = name
    self.device = device
    descriptor =
      if let namespace {
        try namespace.perform { () throws(PortError) -> sending Int32 in
          try Self.open(name: name, device: device, mtu: mtu, bringUp: bringUp)
        }
      } else {
        try Self.open(name: name, device: device, mtu: mtu, bringUp: bringUp)
      }
    scratch = .allocate(byteCount: PacketVector.frameCapacity + 1, alignment: 64)
  }

  deinit {
    close()
    scratch.deallocate()
  }

  public var pollDescriptor: Int32? { descriptor < 0 ? nil : descriptor }

  /// - Throws: `PortError.failed` when the device is gone.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    let before = vector.count
    defer { counts.received += UInt64(vector.count - before) }
    while !vector.isFull {
      let length = read(descriptor, scratch.baseAddress!, scratch.count)
      if length < 0 {
        let code = errno
        if code == EAGAIN { break }
        if code == EINTR { continue }
        throw .failed(port: name, reason: "cannot read from TAP \(device): \(systemMessage(code))")
      }
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      let taken = vector.append(
        UnsafeRawBufferPointer(rebasing: scratch[..<length]), wireLength: length,
        timestamp: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec))
      if !taken { counts.droppedByInterface += 1 }
    }
    return vector.count - before
  }

  /// A frame that the kernel refuses (interface down or gone, frame below 14 bytes) is counted in
  /// `transmitErrors`. There is no limit by MTU here: to the kernel these are frames that arrive.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    guard descriptor >= 0 else { throw .failed(port: name, reason: "it is closed") }
    for frame in frames {
      var written: Int
      repeat {
        written = write(descriptor, frame.bytes, frame.length)
      } while written < 0 && errno == EINTR
      if written == frame.length {
        counts.transmitted += 1
      } else {
        counts.transmitErrors += 1
      }
    }
  }

  public var statistics: PortStatistics { counts }

  public func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
  }

  private static func open(
    name: String, device: String, mtu: Int?, bringUp: Bool
  ) throws(PortError) -> Int32 {
    let fail = { (step: String, code: Int32) -> PortError in
      .cannotOpen(port: name, reason: "TAP \(device): \(step): \(systemMessage(code))")
    }
    guard !device.isEmpty, device.utf8.count < Int(IFNAMSIZ) else {
      throw .cannotOpen(
        port: name, reason: "TAP \(device): the name of an interface has 1 to 15 bytes")
    }
    let descriptor = Glibc.open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw fail("cannot open /dev/net/tun", errno) }
    var opened = false
    defer { if !opened { _ = Glibc.close(descriptor) } }
    var status = spurline_attach_tap(descriptor, device)
    guard status == 0 else {
      let hint =
        switch -status {
        case EBUSY: "another process has it, or it is no TAP"
        case EINVAL: "an interface that is no single-queue TAP has this name"
        case EPERM: "it needs root or CAP_NET_ADMIN"
        default: "cannot make or attach it"
        }
      throw fail(hint, -status)
    }
    if mtu != nil || bringUp {
      let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
      guard control >= 0 else { throw fail("cannot configure it", errno) }
      defer { _ = Glibc.close(control) }
      if let mtu {
        status = spurline_set_mtu(control, device, Int32(clamping: mtu))
        guard status == 0 else { throw fail("cannot set its MTU to \(mtu)", -status) }
      }
      if bringUp {
        status = spurline_set_up(control, device)
        guard status == 0 else { throw fail("cannot set it up", -status) }
      }
    }
    opened = true
    return descriptor
  }
}
