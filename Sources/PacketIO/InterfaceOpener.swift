/// By what interfaces are received from and sent to.
public enum IOBackend: String, CaseIterable, Sendable {
  /// The first that an interface allows, in the order of `InterfaceOpener.order`.
  case automatic = "auto"
  case ring
  case xdp
  case xdpGeneric = "xdp-generic"
  case libpcap = "pcap"
}

/// Opens the interfaces of one worker, all by the same backend as far as they allow it. Belongs to one thread.
public final class InterfaceOpener {
  /// What a port was opened by, and why.
  public struct Choice: Sendable {
    public var backend: IOBackend
    public var reason: String
  }

  /// What is tried where nothing is asked for. The ring is none of it: a frame that comes alone waits a millisecond
  /// there.
  public static let order: [IOBackend] = [.xdp, .libpcap]

  private let backend: IOBackend
  private let expectedPorts: Int
  private let largestPacket: Int
  private var memory: FrameMemory?

  /// - Parameters:
  ///   - ports: how many are expected to be open at a time.
  ///   - largestPacket: the largest MTU of the ports, in bytes.
  public init(_ backend: IOBackend, ports: Int, largestPacket: Int = 1_500) {
    self.backend = backend
    expectedPorts = ports
    self.largestPacket = largestPacket
  }

  /// - Parameters:
  ///   - name: of the port.
  ///   - device: the interface, in the network namespace of the calling thread.
  /// - Throws: `PortError.cannotOpen`; where several were tried, what the last one said.
  public func open(name: String, device: String) throws(PortError) -> (any Port, Choice) {
    guard backend == .automatic else {
      let port = try open(name: name, device: device, by: backend)
      return (port, Choice(backend: backend, reason: "asked for"))
    }
    var refusals: [String] = []
    for backend in Self.order.dropLast() {
      do throws(PortError) {
        let port = try open(name: name, device: device, by: backend)
        return (port, Choice(backend: backend, reason: "the fastest, and the interface allows it"))
      } catch {
        refusals.append("\(error)")
      }
    }
    let last = Self.order.last!
    let port = try open(name: name, device: device, by: last)
    return (port, Choice(backend: last, reason: refusals.joined(separator: "; ")))
  }

  private func open(
    name: String, device: String, by backend: IOBackend
  ) throws(PortError) -> any Port {
    switch backend {
    case .automatic, .libpcap: try PcapPort(name: name, device: device)
    case .ring: try RingPort(name: name, device: device)
    case .xdp: try XDPPort(name: name, device: device, memory: sharedMemory())
    case .xdpGeneric:
      try XDPPort(name: name, device: device, memory: sharedMemory(), mode: .generic)
    }
  }

  private func sharedMemory() -> FrameMemory {
    if let memory { return memory }
    let memory = FrameMemory(largestPacket: largestPacket, ports: expectedPorts)
    self.memory = memory
    return memory
  }
}
