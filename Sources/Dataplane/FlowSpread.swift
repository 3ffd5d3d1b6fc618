import Model
import Wire

/// Which of several workers decides a packet: the same for every packet of a flow, in both directions and on
/// both sides of an address translation, which keeps ports and protocol (F1). An ICMP error goes where the
/// packet that it quotes went, a later fragment where the first one went; what comes in a tunnel goes where the packet
/// inside belongs (I1).
///
/// One of these belongs to each worker that receives, because all fragments of a datagram come in by one port.
public struct FlowSpread: ~Copyable {
  public let workers: Int
  private var tunnels: Tunnels?
  private var fragments = FragmentTable<Int>()

  /// - Parameters:
  ///   - workers: at least one.
  ///   - snapshot: that names the ports.
  public init(workers: Int, snapshot: Snapshot) {
    precondition(workers > 0)
    self.workers = workers
    tunnels = snapshot.tunnels
  }

  /// Takes a new snapshot.
  /// - Parameter samePlaces: its ports stand where they stood; else the few fragments that are under way begin anew.
  public mutating func adopt(_ snapshot: Snapshot, samePlaces: Bool) {
    tunnels = snapshot.tunnels
    if !samePlaces { fragments = FragmentTable<Int>() }
  }

  /// Nil for a frame that belongs to no flow (ARP, what cannot be read, a later fragment without its first):
  /// whoever has received it decides it.
  public mutating func worker(of frame: Frame, from port: PortID) -> Int? {
    if tunnels?.backbone.id != port, let plain = plainWorker(of: frame) { return plain }
    guard let (bytes, headers) = packet(of: frame, from: port) else { return nil }
    let worker = worker(of: headers, bytes, from: port, at: frame.timestamp)
    if headers.isFirstFragment, let worker {
      fragments.note(FragmentKey(headers, port: port), worker, now: frame.timestamp)
    }
    return worker
  }

  /// The same without taking note: for explanations.
  public func whichWorker(of frame: Frame, from port: PortID) -> Int? {
    packet(of: frame, from: port).flatMap { bytes, headers in
      worker(of: headers, bytes, from: port, at: frame.timestamp)
    }
  }

  /// The frame that decides, and what its headers say: of a tunnel's, the one inside.
  private func packet(
    of frame: Frame, from port: PortID
  ) -> (UnsafeRawBufferPointer, Headers)? {
    let bytes = frame.readOnly
    guard let headers = try? Headers.parse(bytes, wireLength: frame.wireLength) else { return nil }
    guard let tunnels, tunnels.backbone.id == port,
      let packet = try? tunnels.decoder.decode(bytes, headers)
    else { return (bytes, headers) }
    return (UnsafeRawBufferPointer(rebasing: bytes[packet.innerOffset...]), packet.inner)
  }

  private func worker(
    of headers: Headers, _ bytes: UnsafeRawBufferPointer, from port: PortID, at time: UInt64
  ) -> Int? {
    if headers.network == .arp { return nil }
    if headers.isLaterFragment {
      return fragments.outcome(of: FragmentKey(headers, port: port), now: time)
    }
    if let quoted = Headers.parseQuoted(bytes, headers) {
      return worker(quoted.transport, quoted.sourcePort, quoted.destinationPort)
    }
    // ICMP's number differs where a service tunnel makes IPv6 of IPv4; only echoes have a flow there.
    let transport = headers.transport == 58 ? 1 : headers.transport
    return worker(transport, headers.sourcePort, headers.destinationPort)
  }

  /// Of an untagged, unfragmented TCP or UDP packet without options: most are, and their ports are where they
  /// always are. Whether the rest of it is right is for the worker that gets it.
  @inline(__always)
  private func plainWorker(of frame: Frame) -> Int? {
    let bytes = UnsafeRawPointer(frame.bytes)
    guard frame.length >= 42 else { return nil }
    let transport: UInt8
    let offset: Int
    switch bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self).bigEndian {
    case 0x0800:
      guard bytes.load(fromByteOffset: 14, as: UInt8.self) == 0x45,
        bytes.loadUnaligned(fromByteOffset: 20, as: UInt16.self).bigEndian & 0x3fff == 0
      else { return nil }
      transport = bytes.load(fromByteOffset: 23, as: UInt8.self)
      offset = 34
    case 0x86dd:
      guard frame.length >= 62 else { return nil }
      transport = bytes.load(fromByteOffset: 20, as: UInt8.self)
      offset = 54
    default: return nil
    }
    guard transport == 6 || transport == 17 else { return nil }
    return worker(
      transport, bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian,
      bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self).bigEndian)
  }

  @inline(__always)
  private func worker(_ transport: UInt8, _ a: UInt16, _ b: UInt16) -> Int {
    let ports = UInt64(min(a, b)) << 16 | UInt64(max(a, b))
    let hash = (ports | UInt64(transport) << 32) &* 0x9e37_79b9_7f4a_7c15
    return Int(((hash >> 32) &* UInt64(workers)) >> 32)
  }
}
