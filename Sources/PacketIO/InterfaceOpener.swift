/// By what interfaces are received from and sent to.
public enum IOBackend: String, CaseIterable, Sendable {
  /// `xdp` where an interface allows it, else `libpcap`. Not the ring: a frame that comes alone waits a millisecond
  /// there.
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
  /// - Throws: `PortError.cannotOpen`; where several were tried, what libpcap said.
  public func open(name: String, device: String) throws(PortError) -> (any Port, Choice) {
    guard backend == .automatic else {
      let port = try open(name: name, device: device, by: backend)
      return (port, Choice(backend: backend, reason: "asked for"))
    }
    do throws(PortError) {
      let port = try open(name: name, device: device, by: .xdp)
      return (port, Choice(backend: .xdp, reason: "the fastest, and the interface allows it"))
    } catch {
      let port = try open(name: name, device: device, by: .libpcap)
      return (port, Choice(backend: .libpcap, reason: "\(error)"))
    }
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
