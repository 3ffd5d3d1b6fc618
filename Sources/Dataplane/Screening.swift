import Model
import Wire

/// What a frame is to the port that it came in by, before any flow or route is asked.
enum Screening {
  case route
  case answerARP(for: IPv4Address)
  case answerNeighbor(for: IPv6Address)
  case echo
}

extension Snapshot {
  func screen(
    _ headers: Headers, _ frame: Frame, at port: PortRecord, acceptsAnyMAC: Bool,
    trace: inout Trace?
  ) throws(DropReason) -> Screening {
    switch headers.network {
    case .arp:
      guard let message = ARPMessage(frame.readOnly, headers) else { throw .malformedARP }
      // An announcement or a probe for the sender's own address wants no answer.
      guard message.isRequest, message.senderAddress != message.targetAddress,
        answers(.v4(message.targetAddress), asking: .v4(message.senderAddress), at: port)
      else { throw .notForUs }
      trace.record("port", "ARP: \(message.targetAddress) is answered for by \(port.macAddress)")
      return .answerARP(for: message.targetAddress)
    case .ipv4:
      try checkMAC(frame, at: port, acceptsAnyMAC)
      try checkAddresses(headers.source, headers.destination, isIPv6: false)
    case .ipv6:
      if let target = headers.neighborSolicitationTarget(frame.readOnly) {
        guard answers(.v6(target), asking: headers.sourceAddress, at: port) else {
          throw .notForUs
        }
        trace.record("port", "neighbour discovery: \(target) is answered for by \(port.macAddress)")
        return .answerNeighbor(for: target)
      }
      try checkMAC(frame, at: port, acceptsAnyMAC)
      try checkAddresses(headers.source, headers.destination, isIPv6: true)
    }
    if headers.isEchoRequest, port.addresses.contains(headers.destinationAddress) {
      trace.record("port", "\(headers.destinationAddress) is our own address on this link")
      return .echo
    }
    return .route
  }

  /// F6: on a NIC's link every address of its subnet is the fabric's to answer for, as in Azure, except
  /// the NIC's own (it may be probing for a duplicate); elsewhere only ours and, towards the Internet, the
  /// NICs' public ones.
  private func answers(_ target: IPAddress, asking: IPAddress, at port: PortRecord) -> Bool {
    switch port.kind {
    case .networkInterface(let index), .platform(let index):
      let nic = topology.networkInterfaces[index]
      return topology.subnets[nic.subnet].addressPrefixes.contains { $0.contains(target) }
        && !nic.ipConfigurations.contains { $0.privateAddress == target }
        || port.addresses.contains(target)
    case .world(let index):
      // Inside a tunnel, its network's addresses are what the far end wants to reach.
      if tunnel(port.id) != nil, let network = port.virtualNetwork,
        owner(of: target, in: network) != nil
      {
        return true
      }
      return port.addresses.contains(target)
        || topology.worldPorts[index].kind == .internet
          && (publicOwners[target] != nil || hostAddresses.contains(target))
    }
  }

  private func checkMAC(
    _ frame: Frame, at port: PortRecord, _ acceptsAnyMAC: Bool
  ) throws(DropReason) {
    guard !acceptsAnyMAC else { return }
    let destination = MACAddress(destinationOf: frame.bytes)
    if destination == port.macAddress { return }
    throw destination.isGroup ? .groupAddress : .notForUs
  }

  /// Whether packets may have such addresses: bits in host order.
  func checkAddresses(
    _ source: UInt128, _ destination: UInt128, isIPv6: Bool
  ) throws(DropReason) {
    guard isIPv6 else {
      return try checkIPv4(
        UInt32(truncatingIfNeeded: source), UInt32(truncatingIfNeeded: destination))
    }
    if destination >> 120 == 0xff { throw .groupAddress }
    for address in [source, destination] {
      // Unspecified, loopback, multicast; link-local addresses do not leave their link (RFC 4291).
      if address <= 1 || address >> 120 == 0xff || address >> 118 == 0x3fa {
        throw .invalidAddress
      }
    }
  }

  private func checkIPv4(_ source: UInt32, _ destination: UInt32) throws(DropReason) {
    // RFC 1122 section 3.2.1.3, RFC 1812 section 5.3.7.
    if destination >> 28 == 0xe || destination == .max { throw .groupAddress }
    for address in [source, destination] {
      if address >> 24 == 0 || address >> 24 == 127 || address >> 28 >= 0xe {
        throw .invalidAddress
      }
    }
  }
}
