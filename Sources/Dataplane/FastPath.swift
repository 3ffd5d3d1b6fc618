import CKernels
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
    /// Nil where it may not, or its flow is not there yet.
    var half: UnsafeMutablePointer<FlowHalf>?
    var hash: UInt32 = 0
    /// Of the IP packet, in bytes; 0 where the frame is not plain.
    var length: UInt32 = 0
    var endSequence: UInt32 = 0
    var acknowledgment: UInt32 = 0
    /// `FlowKey.rest`, and the addresses of IPv4, source before destination: what its flow's key must be.
    var rest: UInt64 = 0
    var addresses: UInt64 = 0
  }

  /// What the fast path needs of a port.
  struct Link {
    /// The first twelve bytes of a frame that leaves, as the machine loads them.
    var head: UInt64 = 0
    var rest: UInt32 = 0
    /// The largest IP packet in bytes; 0 of a tunnel, whose packets go another way (`forwardIntoTunnel`).
    var mtu: UInt32 = 0

    static func all(of snapshot: Snapshot) -> UnsafeMutablePointer<Link> {
      let ports = snapshot.allPorts
      let links = UnsafeMutablePointer<Link>.allocate(capacity: max(1, ports.count))
      for (index, port) in ports.enumerated() {
        let isTunnel = index >= snapshot.ports.count
        var link = Link(mtu: isTunnel ? 0 : UInt32(clamping: port.device.mtu))
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

  /// Packets that were forwarded one after the other and count for the same: taken into the sums at once.
  struct Run {
    var passage = Passage.none
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
  }

  /// The first half of the fast path by itself, for benchmarks: what it finds is forgotten.
  public func recognizeOnly(_ vector: borrowing PacketVector, from port: PortID) {
    var start = 0
    while start < vector.count {
      let end = min(start &+ Self.batch, vector.count)
      _ = recognize(vector, start..<end, from: port)
      start = end
    }
  }

  /// Frames that go through a step together: enough for loads from memory to hide each other, few enough for all
  /// that is known of them to stay in the first-level cache.
  static var batch: Int { 64 }

  /// Bytes of the least plain packet: Ethernet, IPv4 and UDP headers.
  private static var shortest: Int { 42 }

  /// Frames whose first bytes are loaded ahead of their turn.
  private static var distance: Int { 8 }

  /// Which frames of a vector are plain, and which flows they may belong to.
  /// - Returns: how many bytes the frames had on the wire.
  @inline(__always)
  func recognize(
    _ vector: borrowing PacketVector, _ range: Range<Int>, from port: PortID
  ) -> Int {
    let frames = vector.frames
    var bytes = 0
    let count = vector.count
    let candidates = candidates - range.lowerBound
    guard limits.usesFlowTable else {
      for index in range {
        candidates[index] = Candidate()
        bytes &+= frames[index].wireLength
      }
      return bytes
    }
    let record = snapshot.ports[Int(port.index)]
    // The first six bytes of a frame for us, as the machine loads eight; or none of them.
    let mask = acceptsAnyMAC ? 0 : UInt64(0xffff_ffff_ffff_0000).bigEndian
    let ownMAC = (record.macAddress.bits << 16).bigEndian & mask
    // Longer than the link carries: a batch of segments (F7).
    let longest = record.device.mtu
    var index = range.lowerBound
    while index < range.upperBound {
      if index &+ Self.distance < count { spurline_prefetch(frames[index &+ Self.distance].bytes) }
      let frame = frames + index
      let candidate = candidates + index
      index &+= 1
      candidate.pointee.length = 0
      bytes &+= frame.pointee.wireLength
      let start = UnsafeRawPointer(frame.pointee.bytes)
      guard frame.pointee.length >= Self.shortest, !frame.pointee.isTruncated,
        start.loadUnaligned(as: UInt64.self) & mask == ownMAC
      else { continue }
      note(frame.pointee, longest: longest, from: port, candidate)
    }
    var candidate = candidates + range.lowerBound
    let end = candidates + range.upperBound
    while candidate < end {
      if candidate.pointee.length > 0 {
        candidate.pointee.half = table.candidate(
          candidate.pointee.hash, rest: candidate.pointee.rest)
        if candidate.pointee.half == nil { prefetchReplies(of: candidate.pointee) }
      } else {
        candidate.pointee.half = nil
      }
      candidate += 1
    }
    return bytes
  }

  /// Has the processor load where a new flow's replies will be entered, if it leaves as the last new one did. A wrong guess
  /// costs a load.
  @inline(__always)
  private func prefetchReplies(of candidate: Candidate) {
    guard !FlowKey.isIPv6(rest: candidate.rest) else { return }
    let source = lastNew.source.map { UInt64(truncatingIfNeeded: $0) } ?? candidate.addresses >> 32
    let ports = UInt32(truncatingIfNeeded: candidate.rest)
    let rest = FlowKey.rest(
      ports: ports >> 16 | ports << 16, port: lastNew.replyPort,
      transport: FlowKey.transport(ofRest: candidate.rest), isIPv6: false)
    table.prefetchEntry(
      FlowKey.hash(addresses: candidate.addresses << 32 | source, rest: rest, seed: table.seed))
  }

  @inline(__always)
  private func note(
    _ packet: PlainIPv4, from port: PortID, _ candidate: UnsafeMutablePointer<Candidate>
  ) {
    let rest = FlowKey.rest(
      ports: packet.ports, port: port, transport: packet.transport, isIPv6: false)
    let hash = FlowKey.hash(addresses: packet.addresses, rest: rest, seed: table.seed)
    table.prefetchEntry(hash)
    candidate.pointee = Candidate(
      hash: hash, length: UInt32(truncatingIfNeeded: packet.length),
      endSequence: packet.endSequence, acknowledgment: packet.acknowledgment, rest: rest,
      addresses: packet.addresses)
  }

  /// By itself: what needs 128 bits would take the registers from what does not.
  @inline(never)
  static func noteIPv6(
    _ start: UnsafeRawPointer, length: Int, longest: Int, from port: PortID,
    _ table: borrowing FlowTable, _ candidate: UnsafeMutablePointer<Candidate>
  ) {
    guard let packet = PlainPacket(ipv6: start, length: length), packet.length <= longest else {
      return
    }
    let key = FlowKey(packet, port: port)
    let hash = table.hash(of: key)
    table.prefetchEntry(hash)
    candidate.pointee = Candidate(
      hash: hash, length: UInt32(truncatingIfNeeded: packet.length),
      endSequence: packet.endSequence, acknowledgment: packet.acknowledgment, rest: key.rest)
  }

  /// Notes what a frame of this port's holds, if it is plain.
  /// - Parameter longest: bytes of the largest packet that the link carries.
  @inline(__always)
  func note(
    _ frame: Frame, longest: Int, from port: PortID, _ candidate: UnsafeMutablePointer<Candidate>
  ) {
    let start = UnsafeRawPointer(frame.bytes)
    guard frame.length >= Self.shortest else { return }
    let etherType = start.loadUnaligned(fromByteOffset: 12, as: UInt16.self)
    if etherType == UInt16(0x0800).bigEndian {
      guard let packet = PlainIPv4(start, length: frame.length), packet.length <= longest else {
        return
      }
      note(packet, from: port, candidate)
    } else if etherType == UInt16(0x86dd).bigEndian {
      Self.noteIPv6(start, length: frame.length, longest: longest, from: port, table, candidate)
    }
  }

  /// Forwards frames of a batch, from `index` on, as long as they are plain packets of flows that are in force and
  /// stay in their state.
  /// - Parameters:
  ///   - frames: the vector's.
  ///   - batch: where `candidates` begin in the vector.
  /// - Returns: the first frame that is none, with nothing done to it, or the end.
  @inline(never)
  mutating func forwardKnown(
    _ frames: UnsafeMutablePointer<Frame>, from first: Int, to end: Int, batch: Int,
    run: inout Run, into output: inout Transmission
  ) -> Int {
    let candidates = candidates - batch
    let generation = snapshot.generation
    let links = links
    var current = run
    var link = current.passage == .none ? links : links + Int(current.passage.egress.index)
    let (verdicts, items) = output.reserve(end &- first)
    var index = first
    while index < end {
      let candidate = candidates + index
      let frame = frames + index
      let bytes = frame.pointee.bytes
      let rest = candidate.pointee.rest
      // A frame before may have removed the flow: then its halves are not steady, or have other keys.
      guard let half = candidate.pointee.half,
        half.pointee.has(bytes, rest: rest, addresses: candidate.pointee.addresses),
        half.pointee.isDecided(by: generation)
      else { break }
      let passage = half.pointee.passage
      if passage != current.passage {
        guard passage.isSteady else { break }
        counts.count(current)
        current = Run(passage: passage)
        link = links + Int(passage.egress.index)
      }
      guard candidate.pointee.length <= link.pointee.mtu else { break }
      half.pointee.rewrite(bytes, rest: rest)
      bytes.storeBytes(of: link.pointee.head, as: UInt64.self)
      bytes.storeBytes(of: link.pointee.rest, toByteOffset: 8, as: UInt32.self)
      let length = frame.pointee.length
      half.pointee.note(length: length, now: frame.pointee.timestamp)
      if FlowKey.transport(ofRest: rest) == 6 {
        half.pointee.tcp.noteSequence(candidate.pointee.endSequence)
        half.pointee.tcp.noteAcknowledgment(candidate.pointee.acknowledgment)
      }
      current.packets &+= 1
      current.bytes &+= UInt64(truncatingIfNeeded: length)
      let egress = passage.egress
      (verdicts + (index &- first)).initialize(to: .forwarded(egress))
      (items + (index &- first)).initialize(
        to: .init(port: egress, frame: frame.pointee, cause: index))
      index &+= 1
    }
    run = current
    output.take(index &- first)
    if output.record > .nothing {
      for index in first..<index {
        note(candidates[index].half.unsafelyUnwrapped, index, into: &output)
      }
    }
    return index
  }

  /// What is to be known of a frame of a flow's that is forwarded, besides that it is. Mutating, lest `self` be copied.
  @inline(__always)
  mutating func note(
    _ half: UnsafeMutablePointer<FlowHalf>, _ index: Int, into output: inout Transmission
  ) {
    if !half.pointee.passage.hasDeparted || output.notesEveryDeparture {
      output.append(half.pointee.departure(index))
    }
    if output.record == .details { output.append(detail(of: half)) }
  }

  private mutating func detail(of half: UnsafeMutablePointer<FlowHalf>) -> PacketDetail {
    let match = table.match(half)
    let key = half.pointee.key
    var detail = PacketDetail()
    detail.route = table[match.slot].action(isReverse: match.isReverse).route
    detail.translatedSource = key.address(half.pointee.newSource)
    detail.translatedDestination = key.address(half.pointee.newDestination)
    return detail
  }
}
