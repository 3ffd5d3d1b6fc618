import Model
import Wire

/// Into the backbone's tunnels (I1): the last thing that happens to a frame. Headers are written into the room before
/// it; where there is none, into a copy.
extension PacketPath {
  /// Items from `first` on that leave by a tunnel: encapsulated, and the backbone's.
  mutating func encapsulate(
    from first: Int, original: UnsafeMutableRawPointer?, into output: inout Transmission
  ) {
    let (snapshot, room) = (snapshot, room)
    output.changeItems(from: first) { item, output in
      guard let tunnel = snapshot.tunnel(item.port) else { return true }
      var frame = item.frame
      if frame.bytes == original, room < TunnelEncoder.maximumOverhead {
        frame = output.copy(frame)
      }
      // What we answer with is not asked beforehand whether it can be carried.
      guard let headers = try? Headers.parse(frame.readOnly, wireLength: frame.wireLength),
        headers.network == .arp || (try? tunnel.encoder.check(frame.readOnly, headers)) != nil
      else { return false }
      frame.put(tunnel.encoder, headers, on: snapshot.tunnels!.backbone)
      item = Transmission.Item(
        port: snapshot.tunnels!.backbone.id, frame: frame, cause: item.cause)
      return true
    }
  }

  /// F6: a SYN that goes into or comes out of a tunnel announces no more than fits it. Mutating, lest `self` be copied.
  mutating func clampSegment(
    _ frame: Frame, _ headers: Headers, between ingress: PortRecord, and egress: PortRecord
  ) {
    guard headers.tcpMaximumSegment != nil else { return }
    for port in [ingress, egress] where snapshot.tunnel(port.id) != nil {
      let header = (headers.network == .ipv6 ? 40 : 20) + 20
      clampMaximumSegment(frame.bytes, headers, to: port.device.mtu - header)
    }
  }

  /// The fast path into a tunnel: plain packets of known flows, from `first` on.
  /// - Parameter batch: where `candidates` begin in the vector.
  /// - Returns: the first frame that is none, with nothing done to it, or the end.
  @inline(never)
  mutating func forwardIntoTunnel(
    _ frames: UnsafeMutablePointer<Frame>, from first: Int, to end: Int, batch: Int,
    into output: inout Transmission
  ) -> Int {
    guard let tunnels = snapshot.tunnels, room >= TunnelEncoder.maximumOverhead else {
      return first
    }
    let candidates = candidates - batch
    let generation = snapshot.generation
    let ports = snapshot.ports.count
    var index = first
    while index < end {
      let candidate = candidates + index
      var frame = frames[index]
      let rest = candidate.pointee.rest
      guard let half = candidate.pointee.half, half.pointee.isSteady,
        half.pointee.has(frame.bytes, rest: rest, addresses: candidate.pointee.addresses),
        half.pointee.isDecided(by: generation), Int(half.pointee.egress.index) >= ports
      else { break }
      let lane = tunnels.lanes[Int(half.pointee.egress.index) - ports]
      guard Int(candidate.pointee.length) <= lane.mtu else { break }
      half.pointee.rewrite(frame.bytes, rest: rest)
      half.pointee.note(length: frame.length, now: frame.timestamp)
      let transport = FlowKey.transport(ofRest: rest)
      if transport == 6 {
        half.pointee.tcp.noteSequence(candidate.pointee.endSequence)
        half.pointee.tcp.noteAcknowledgment(candidate.pointee.acknowledgment)
      }
      let headers = Headers(
        plain: FlowKey.isIPv6(rest: rest), source: half.pointee.newSource,
        destination: half.pointee.newDestination, transport: transport,
        ports: UInt32(truncatingIfNeeded: rest), length: Int(candidate.pointee.length))
      frame.put(lane.encoder, headers, on: tunnels.backbone)
      counts.count(
        Run(passage: half.pointee.passage, packets: 1, bytes: UInt64(frame.length)),
        by: tunnels.backbone.id)
      output.append(.init(port: tunnels.backbone.id, frame: frame, cause: index))
      output.append(.forwarded(tunnels.backbone.id))
      if output.record > .nothing { note(half, index, into: &output) }
      index &+= 1
    }
    return index
  }
}

extension Frame {
  /// Puts a tunnel's headers before the packet. The frame begins earlier then.
  fileprivate mutating func put(
    _ encoder: TunnelEncoder, _ headers: Headers, on link: PortRecord
  ) {
    let added = encoder.encapsulate(bytes, headers)
    self = Frame(
      bytes: bytes - added, length: length + added, wireLength: wireLength + added,
      timestamp: timestamp)
    setMACs(bytes, destination: link.peerMACAddress, source: link.macAddress)
  }
}

extension Transmission {
  /// A frame in our own memory.
  fileprivate mutating func copy(_ frame: Frame) -> Frame {
    let memory = allocate(frame.length)
    memory.copyMemory(from: frame.readOnly)
    return Frame(
      bytes: memory.baseAddress!, length: frame.length, wireLength: frame.wireLength,
      timestamp: frame.timestamp)
  }
}
