import Model
import Wire

/// Encapsulations in words, for explanations.
extension Snapshot {
  /// What a packet that leaves is put into.
  func describe(_ tunnel: Tunnels.Tunnel, _ headers: Headers, _ action: Action) -> String {
    var parts = ["\(topology.qualifiedName(ofSubnet: tunnel.subnet)) in"]
    if let prefixes = tunnel.encoder.prefixes {
      let source = prefixes.source.address(of: action.source ?? headers.source)
      let destination = prefixes.destination.address(of: action.destination ?? headers.destination)
      parts.append(
        "a service tunnel, \(IPv6Address(source)) to \(IPv6Address(destination))"
          + (tunnel.encoder.outer == nil ? "," : ", in"))
    }
    if let outer = tunnel.encoder.outer {
      let remote = outer.remote ?? IPv4Address(UInt32(truncatingIfNeeded: headers.destination))
      parts.append("\(outer.format.name) \(outer.vni), \(outer.local) to \(remote),")
    }
    let added = tunnel.encoder.overhead(isFragment: headers.isFragment)
    parts.append("\(added) bytes more; \(tunnel.record.device.mtu) fit")
    return parts.joined(separator: " ")
  }

  /// What a packet that came was in.
  func describe(_ packet: TunnelDecoder.Packet, to port: PortID) -> String {
    var parts: [String] = []
    if let vni = packet.vni, let format = tunnels?.decoder.format {
      parts.append("\(format.name) \(vni), \(packet.outer.sourceAddress)")
    }
    if packet.prefixes != nil {
      parts.append(
        "a service tunnel, \(packet.inner.sourceAddress) to \(packet.inner.destinationAddress)")
    }
    let network = self[port].virtualNetwork.map { topology.virtualNetworks[$0].name } ?? ""
    return "out of \(parts.joined(separator: ", ")): the network \(network)'s"
  }
}

extension OuterFormat {
  fileprivate var name: String {
    switch self {
    case .nvgre: "NVGRE"
    case .vxlan: "VXLAN"
    }
  }
}
