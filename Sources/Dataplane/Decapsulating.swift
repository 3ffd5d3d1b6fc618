import Model
import Wire

/// Out of the backbone's tunnels (I1): before anything else is asked of a frame. What the encapsulation says about the
/// network becomes the port that the packet came in by; the packet then goes the way of all others.
extension PacketPath {
  /// A frame from the backbone, its encapsulation off.
  struct Arrival {
    var frame: Frame
    /// A tunnel's; the backbone's own for what concerns the link: ARP, neighbour discovery, pings to us.
    var port: PortID
    /// Nil unless it ends here.
    var refusal: DropReason?
  }

  /// Decides every frame of a vector from a backbone with an encapsulation.
  /// - Returns: how many bytes the frames had on the wire.
  mutating func processTunnelled(
    _ vector: borrowing PacketVector, from backbone: PortRecord, run: inout Run,
    into output: inout Transmission
  ) -> Int {
    var bytes = 0
    var start = 0
    while start < vector.count {
      let end = min(start &+ Self.batch, vector.count)
      for index in start..<end {
        bytes &+= vector[index].wireLength
        arrivals[index - start] = snapshot.takeOff(
          vector[index], at: backbone, acceptsAnyMAC: acceptsAnyMAC)
        inner[index - start] = arrivals[index - start].frame
      }
      recognizeArrivals(count: end - start, backbone: backbone.id)
      let frames = inner - start
      var index = start
      while true {
        index = forwardKnown(frames, from: index, to: end, batch: start, run: &run, into: &output)
        if index == end { break }
        let arrival = arrivals[index - start]
        if let refusal = arrival.refusal {
          conclude(.dropped(refusal), into: &output)
        } else {
          processAny(
            arrival.frame, cause: index, from: snapshot[arrival.port], into: &output)
        }
        index &+= 1
      }
      start = end
    }
    return bytes
  }

  /// Which of the batch's frames are plain, and which flows they may belong to.
  private func recognizeArrivals(count: Int, backbone: PortID) {
    for index in 0..<count {
      let arrival = arrivals[index]
      let candidate = candidates + index
      candidate.pointee.half = nil
      candidate.pointee.length = 0
      guard limits.usesFlowTable, arrival.refusal == nil, arrival.port != backbone,
        !arrival.frame.isTruncated
      else { continue }
      note(
        arrival.frame, longest: snapshot.tunnels.unsafelyUnwrapped.lane(arrival.port).mtu,
        from: arrival.port, candidate)
    }
    for index in 0..<count where candidates[index].length > 0 {
      candidates[index].half = table.candidate(
        candidates[index].hash, rest: candidates[index].rest)
    }
  }
}

extension Snapshot {
  /// Takes a frame's encapsulation off, where it stands.
  func takeOff(
    _ frame: Frame, at backbone: PortRecord, acceptsAnyMAC: Bool
  ) -> PacketPath.Arrival {
    var arrival = PacketPath.Arrival(frame: frame, port: backbone.id)
    do throws(DropReason) {
      guard
        let (port, packet) = try identify(frame, at: backbone, acceptsAnyMAC: acceptsAnyMAC)
      else { return arrival }
      let place = tunnels!.decoder.decapsulate(frame.bytes, length: frame.length, packet)
      arrival.port = port
      arrival.frame = Frame(
        bytes: frame.bytes + place.offset, length: place.length, wireLength: place.wireLength,
        timestamp: frame.timestamp)
      let lane = tunnels!.lane(port)
      setMACs(arrival.frame.bytes, destination: lane.macAddress, source: lane.peerMACAddress)
    } catch {
      arrival.refusal = error
    }
    return arrival
  }

  /// The tunnel that a frame came by, and where its packet stands; nil for what concerns the link itself. Nothing in
  /// the frame changes.
  func identify(
    _ frame: Frame, at backbone: PortRecord, acceptsAnyMAC: Bool
  ) throws(DropReason) -> (PortID, TunnelDecoder.Packet)? {
    guard let tunnels else { return nil }
    let headers: Headers
    do throws(ParseError) {
      headers = try Headers.parse(frame.readOnly, wireLength: frame.wireLength)
    } catch {
      throw DropReason(error)
    }
    let format = tunnels.decoder.format
    if headers.network == .arp || tunnels.isOwn(headers)
      || headers.neighborSolicitationTarget(frame.readOnly) != nil
    {
      return nil
    }
    let packet: TunnelDecoder.Packet
    do throws(TunnelRefusal) {
      packet = try tunnels.decoder.decode(frame.readOnly, headers)
    } catch {
      // A ping to us, say; what it is not is found out as on any other link.
      if error == .notEncapsulated { return nil }
      throw DropReason(error)
    }
    if !acceptsAnyMAC {
      let destination = MACAddress(destinationOf: frame.bytes)
      guard destination == backbone.macAddress else {
        throw destination.isGroup ? .groupAddress : .notForUs
      }
    }
    if format != nil, !acceptsAnyMAC,
      headers.destinationAddress != tunnels.encapsulation.local.map({ .v4($0) })
    {
      throw .notForUs
    }
    let inner = frame.bytes + packet.innerOffset
    guard let port = tunnels.port(of: packet, from: MACAddress(sourceOf: inner)) else {
      throw .unknownIdentity
    }
    if !tunnels.encapsulation.isServiceTunnel, !acceptsAnyMAC {
      let destination = MACAddress(destinationOf: inner)
      // Broadcast asks for an address; a subnet's MAC holds its network's number.
      let isOurs =
        tunnels.isEdge
        ? destination == self[port].macAddress
        : BackboneEncapsulation.isMACAddress(destination, of: packet.vni ?? 0)
      guard destination.isGroup || isOurs else { throw .notForUs }
    }
    return (port, packet)
  }
}
