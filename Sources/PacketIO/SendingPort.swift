import CPacketIO
import Dataplane
import Glibc

/// A live interface that is only sent to, through a packet socket: another worker receives from it. It opens in the
/// network namespace of the thread that makes it.
public final class SendingPort: Port {
  public let name: String
  /// The interface.
  public let device: String

  private let sender: PacketSender
  private var counts = PortStatistics()

  /// - Parameter name: what statistics and errors call it.
  /// - Throws: `PortError.cannotOpen` where the interface is missing or not Ethernet, or the process may not send.
  public init(name: String, device: String) throws(PortError) {
    self.name = name
    self.device = device
    let fail = { (reason: String) -> PortError in
      .cannotOpen(port: name, reason: "interface \(device): \(reason)")
    }
    let index = if_nametoindex(device)
    guard index > 0 else { throw fail(InterfaceRefusal.missing) }
    guard spurline_packet_is_ethernet(device) == 1 else { throw fail(InterfaceRefusal.notEthernet) }
    do throws(PacketSender.Refusal) {
      sender = try PacketSender(interface: index)
    } catch {
      throw switch error.code {
      case EPERM, EACCES: fail(InterfaceRefusal.notPermitted)
      default: fail("cannot make a packet socket: \(systemMessage(error.code))")
      }
    }
  }

  deinit { close() }

  public var pollDescriptor: Int32? { nil }

  /// Nothing, ever.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int { 0 }

  /// Never waits. What the kernel refuses (above the MTU, queue full, interface down) is counted in `transmitErrors`.
  /// - Throws: `PortError.failed` when the interface is gone.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    guard sender.isOpen else { throw .failed(port: name, reason: "it is closed") }
    guard sender.send(frames, &counts) else {
      throw .failed(port: name, reason: "The interface disappeared (\(device))")
    }
  }

  public var statistics: PortStatistics { counts }

  public func close() { sender.close() }
}
