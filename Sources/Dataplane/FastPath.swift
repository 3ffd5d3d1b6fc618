import Model
import Wire

/// Stages 1 and 2 for plain packets of known flows, which most are: each step runs over the whole vector, so that the
/// loads of a step, from memory when there are many flows, are under way together. What the flow table says
/// is looked at in the frames' turn, after what came before them has changed it.
///
/// It does to a packet what the way through `decide` and `emit` does; tests hold the two against each other.
extension PacketPath {
  /// A frame that the fast path may take.
  struct Candidate {
    /// Nil where it may not.
    var half: UnsafeMutablePointer<FlowHalf>?
    var key = FlowKey(
      port: PortID(0), source: 0, destination: 0, sourcePort: 0, destinationPort: 0, transport: 0,
      isIPv6: false)
    var hash: UInt32 = 0
    /// Of the IP packet, in bytes.
    var length: UInt32 = 0
    var endSequence: UInt32 = 0
    var acknowledgment: UInt32 = 0
    var isPlain = false
  }

  /// What the fast path needs of a port.
  struct Link {
    /// The first twelve bytes of a frame that leaves, as the machine loads them.
    var head: UInt64 = 0
    var rest: UInt32 = 0
    /// The largest IP packet in bytes.
    var mtu: UInt32 = 0

    static func all(of snapshot: Snapshot) -> UnsafeMutablePointer<Link> {
      let links = UnsafeMutablePointer<Link>.allocate(capacity: max(1, snapshot.ports.count))
      for (index, port) in snapshot.ports.enumerated() {
        var link = Link(mtu: UInt32(clamping: port.device.mtu))
        withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { bytes in
          let start = bytes.baseAddress.unsafelyUnwrapped
          setMACs(start, destination: port.peerMACAddress, source: port.macAddress)
          link.head = start.load(as: UInt64.self)
          link.rest = start.load(fromByteOffset: 8, as: UInt32.self)
        }
        (links + index).initialize(to: link)
      }
      return links
    }
  }

  /// Which frames of a vector are plain, and which flows they may belong to.
  func recognize(_ vector: borrowing PacketVector, from port: PortID) {
    let count = vector.count
    guard limits.usesFlowTable else {
      for index in 0..<count { candidates[index].half = nil }
      return
    }
    let record = snapshot.ports[Int(port.index)]
    let ownMAC = record.macAddress
    // Longer than the link carries: a batch of segments (F7).
    let longest = record.device.mtu
    for index in 0..<count {
      let frame = vector[index]
      let candidate = candidates + index
      candidate.pointee.isPlain = false
      guard !frame.isTruncated, let packet = PlainPacket(frame.bytes, length: frame.length),
        packet.length <= longest,
        acceptsAnyMAC || MACAddress(destinationOf: frame.bytes) == ownMAC
      else { continue }
      let key = FlowKey(
        port: port, source: packet.source, destination: packet.destination,
        sourcePort: packet.sourcePort, destinationPort: packet.destinationPort,
        transport: packet.transport, isIPv6: packet.isIPv6)
      let hash = table.hash(of: key)
      table.prefetchEntry(hash)
      candidate.pointee.key = key
      candidate.pointee.hash = hash
      candidate.pointee.length = UInt32(truncatingIfNeeded: packet.length)
      candidate.pointee.endSequence = packet.endSequence
      candidate.pointee.acknowledgment = packet.acknowledgment
      candidate.pointee.isPlain = true
    }
    for index in 0..<count {
      let candidate = candidates + index
      candidate.pointee.half =
        candidate.pointee.isPlain ? table.candidate(candidate.pointee.hash) : nil
    }
  }

  /// Forwards a plain packet of a flow that is in force and stays in its state. False, and nothing done, for
  /// any other.
  @inline(__always)
  mutating func forwardKnown(
    _ frame: Frame, _ candidate: Candidate, cause: Int, into output: inout Transmission
  ) -> Bool {
    // A frame before may have removed the flow: then its halves are not steady, or have other keys.
    guard let half = candidate.half, half.pointee.isSteady, half.pointee.key == candidate.key,
      half.pointee.isDecided(by: snapshot.generation)
    else { return false }
    let link = links[Int(half.pointee.egress.index)]
    guard candidate.length <= link.mtu else { return false }
    let transport = candidate.key.transport
    half.pointee.rewrite.apply(frame.bytes, isIPv6: candidate.key.isIPv6, transport: transport)
    frame.bytes.storeBytes(of: link.head, as: UInt64.self)
    frame.bytes.storeBytes(of: link.rest, toByteOffset: 8, as: UInt32.self)
    half.pointee.note(length: frame.length, now: frame.timestamp)
    if transport == 6 {
      half.pointee.tcp.noteSequence(candidate.endSequence)
      half.pointee.tcp.noteAcknowledgment(candidate.acknowledgment)
    }
    counts.countForwarded(half.pointee, length: frame.length)
    let egress = half.pointee.egress
    output.items.append(.init(port: egress, frame: frame, cause: cause))
    output.append(.forwarded(egress), detail(of: half))
    return true
  }

  private func detail(of half: UnsafeMutablePointer<FlowHalf>) -> PacketDetail {
    let match = table.match(half)
    let key = half.pointee.key
    var detail = PacketDetail()
    detail.route = table[match.slot].action(isReverse: match.isReverse).route
    detail.translatedSource = key.address(half.pointee.rewrite.source)
    detail.translatedDestination = key.address(half.pointee.rewrite.destination)
    return detail
  }
}
