import CLibpcap
import CPacketIO
import Glibc

/// How a TAP device is opened: each queue is a descriptor of its own that is tied to it.
struct TapDevice {
  let port: String
  let device: String

  /// Opened, and what the kernel agreed to.
  struct Opened: Sendable {
    var descriptors: [Int32]
    var offloads: TapPort.Offloads
  }

  /// - Parameter offloads: the most that is asked for; a kernel that refuses it gets the device without.
  /// - Throws: `PortError.cannotOpen`; nothing is left open then.
  func open(
    queues: Int, isShared: Bool, mtu: Int?, bringUp: Bool, offloads: TapPort.Offloads
  ) throws(PortError) -> Opened {
    guard !device.isEmpty, device.utf8.count < Int(IFNAMSIZ) else {
      throw refusal("the name of an interface has 1 to 15 bytes")
    }
    guard (1...TapPort.maximumQueues).contains(queues) else {
      throw refusal("\(queues) queues are not possible; use 1 to \(TapPort.maximumQueues)")
    }
    let isMultiQueue = isShared || queues > 1
    for offloads in offloads == .segmentation ? [TapPort.Offloads.segmentation, .none] : [.none] {
      if let descriptors = try attach(queues, isMultiQueue, hasHeader: offloads == .segmentation) {
        do throws(PortError) {
          try configure(mtu: mtu, bringUp: bringUp)
        } catch {
          for descriptor in descriptors { close(descriptor) }
          throw error
        }
        return Opened(descriptors: descriptors, offloads: offloads)
      }
    }
    throw refusal("the kernel refuses every way to attach it")
  }

  /// - Returns: a descriptor for each queue; nil where the kernel refuses the header or the offloads.
  private func attach(
    _ queues: Int, _ isMultiQueue: Bool, hasHeader: Bool
  ) throws(PortError) -> [Int32]? {
    var descriptors: [Int32] = []
    var isComplete = false
    defer { if !isComplete { for descriptor in descriptors { close(descriptor) } } }

    let first = try openClone()
    descriptors.append(first)
    var features: UInt32 = 0
    if hasHeader {
      guard spurline_tap_features(first, &features) == 0, features & UInt32(IFF_VNET_HDR) != 0
      else { return nil }
    }
    let header = hasHeader ? IFF_VNET_HDR : 0
    var isMultiQueue = isMultiQueue
    var status = spurline_tap_attach(first, device, header | (isMultiQueue ? IFF_MULTI_QUEUE : 0))
    if status == -EINVAL {
      // A device that exists is attached in the way that it was made.
      isMultiQueue.toggle()
      status = spurline_tap_attach(first, device, header | (isMultiQueue ? IFF_MULTI_QUEUE : 0))
      guard status != 0 || isMultiQueue || queues == 1 else {
        throw refusal(
          "it has one queue, and \(queues) are asked for; make it with "
            + "`ip tuntap add dev \(device) mode tap multi_queue`")
      }
    }
    guard status == 0 else { throw attachFailure(status) }
    for _ in 1..<queues {
      let next = try openClone()
      descriptors.append(next)
      status = spurline_tap_attach(next, device, header | IFF_MULTI_QUEUE)
      guard status == 0 else { throw attachFailure(status) }
    }
    guard try setOffloads(hasHeader, descriptors) else { return nil }
    isComplete = true
    return descriptors
  }

  private func openClone() throws(PortError) -> Int32 {
    let descriptor = Glibc.open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot open /dev/net/tun", errno) }
    return descriptor
  }

  /// Asks the kernel to leave checksums and large TCP frames to us, or nothing. Not those of UDP: they could leave by no
  /// other port.
  private func setOffloads(_ hasHeader: Bool, _ descriptors: [Int32]) throws(PortError) -> Bool {
    guard hasHeader else {
      // Whoever had the device before may have left it with some.
      let status = spurline_tap_set_offload(descriptors[0], 0)
      guard status == 0 else { throw failure("cannot take its offloads back", -status) }
      return true
    }
    for descriptor in descriptors {
      guard spurline_tap_set_header_length(descriptor, Int32(OffloadHeader.length)) == 0
      else { return false }
    }
    let offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN
    return spurline_tap_set_offload(descriptors[0], UInt32(offloads)) == 0
  }

  private func configure(mtu: Int?, bringUp: Bool) throws(PortError) {
    guard mtu != nil || bringUp else { return }
    let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
    guard control >= 0 else { throw failure("cannot configure it", errno) }
    defer { close(control) }
    if let mtu {
      let status = spurline_set_mtu(control, device, Int32(clamping: mtu))
      guard status == 0 else { throw failure("cannot set its MTU to \(mtu)", -status) }
    }
    if bringUp {
      let status = spurline_set_up(control, device)
      guard status == 0 else { throw failure("cannot set it up", -status) }
    }
  }

  private func attachFailure(_ status: Int32) -> PortError {
    let hint =
      switch -status {
      case EBUSY: "it has one queue, and somebody else has that"
      case EINVAL: "the interface of this name is no TAP"
      case E2BIG: "other processes have so many of its queues that too few are left"
      case EPERM: "it needs root or CAP_NET_ADMIN"
      default: "cannot make or attach it"
      }
    return failure(hint, -status)
  }

  private func failure(_ step: String, _ code: Int32) -> PortError {
    refusal("\(step): \(systemMessage(code))")
  }

  private func refusal(_ reason: String) -> PortError {
    .cannotOpen(port: port, reason: "TAP \(device): \(reason)")
  }
}
