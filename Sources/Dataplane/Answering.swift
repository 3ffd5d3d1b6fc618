import Model
import Wire

/// Frames that the dataplane makes by itself, in the transmission's memory.
extension Transmission {
  mutating func makeFrame(
    _ capacity: Int, timestamp: UInt64, _ write: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Frame {
    let memory = allocate(capacity)
    let length = write(memory)
    return Frame(
      bytes: memory.baseAddress!, length: length, wireLength: length, timestamp: timestamp)
  }

  mutating func makeARPReply(
    _ frame: Frame, _ headers: Headers, target: IPv4Address, from port: PortRecord
  ) -> Frame {
    makeFrame(headers.l3Offset + ARPMessage.length, timestamp: frame.timestamp) {
      writeARPReply(
        to: frame.readOnly, headers, target: target, mac: port.macAddress, into: $0)
    }
  }

  mutating func makeNeighborAdvertisement(
    _ frame: Frame, _ headers: Headers, target: IPv6Address, from port: PortRecord
  ) -> Frame {
    makeFrame(neighborAdvertisementLength(headers), timestamp: frame.timestamp) {
      writeNeighborAdvertisement(
        to: frame.readOnly, headers, target: target, mac: port.macAddress, into: $0)
    }
  }

  mutating func makeEchoReply(_ frame: Frame, _ headers: Headers) throws(DropReason) -> Frame {
    guard headers.end <= frame.length else { throw .truncated }
    // A fragmented ping to a gateway would have to be put together first.
    guard !headers.isFragment else { throw .notForUs }
    return makeFrame(headers.end, timestamp: frame.timestamp) {
      writeEchoReply(to: frame.readOnly, headers, into: $0)
    }
  }

  /// Nil where no error may be sent: about another error, say, or from a link without an address of ours.
  mutating func makeICMPError(
    _ error: ICMPError, about frame: Frame, _ headers: Headers, from port: PortRecord
  ) -> Frame? {
    guard mayAnswerWithICMPError(headers),
      let source = port.addresses.first(where: { $0.isIPv4 == (headers.network == .ipv4) })
    else { return nil }
    return makeFrame(icmpErrorLength(frame.readOnly, headers), timestamp: frame.timestamp) {
      writeICMPError(error, about: frame.readOnly, headers, from: source, into: $0)
    }
  }

  /// The reset that a closed connection answers a late packet with: its sequence number is what the packet
  /// acknowledged (RFC 9293 section 3.10.7.1).
  mutating func makeReset(answering frame: Frame, _ headers: Headers) -> Frame {
    let length =
      UInt32(truncatingIfNeeded: headers.trafficLength)
      &+ (headers.tcpFlags.contains(.syn) ? 1 : 0) &+ (headers.tcpFlags.contains(.fin) ? 1 : 0)
    let reset = TCPSegment(
      isIPv6: headers.network == .ipv6, source: headers.destination,
      destination: headers.source, sourcePort: headers.destinationPort,
      destinationPort: headers.sourcePort,
      sequence: headers.tcpFlags.contains(.ack) ? headers.tcpAcknowledgment : 0,
      acknowledgment: headers.tcpSequence &+ length,
      sourceMAC: MACAddress(destinationOf: frame.bytes),
      destinationMAC: MACAddress(sourceOf: frame.bytes),
      vlanTags: (0..<headers.vlanTags).map {
        frame.bytes.loadUnaligned(fromByteOffset: 12 + 4 * $0, as: UInt32.self)
      })
    return makeFrame(reset.length, timestamp: frame.timestamp) {
      reset.write(into: $0)
      return reset.length
    }
  }

  /// Closes one side of a connection in the name of the other (F3). The receiver takes only the number that it
  /// expects next: the one behind all that was sent to it or, if some of that was lost, the one that it
  /// last acknowledged. Both are sent where they differ; the wrong one does no harm.
  mutating func appendResets(
    from source: UInt128, _ sourcePort: UInt16, to destination: UInt128,
    _ destinationPort: UInt16, sender: TCPSide, receiver: TCPSide, by port: PortRecord,
    flow: Flow, now: UInt64
  ) {
    var numbers: [UInt32] = []
    if sender.hasSequence { numbers.append(sender.nextSequence) }
    if receiver.hasAcknowledged, numbers.first != receiver.acknowledged {
      numbers.append(receiver.acknowledged)
    }
    // Nothing was ever sent to it: a SYN without an answer is closed by acknowledging it.
    if numbers.isEmpty { numbers = [0] }
    let tags = [flow.vlanTags.0, flow.vlanTags.1].prefix(flow.vlanTagCount)
    for number in numbers {
      let reset = TCPSegment(
        isIPv6: flow.forward.key.isIPv6, source: source, destination: destination,
        sourcePort: sourcePort, destinationPort: destinationPort, sequence: number,
        acknowledgment: receiver.hasSequence ? receiver.nextSequence : 0,
        sourceMAC: port.macAddress, destinationMAC: port.peerMACAddress, vlanTags: Array(tags))
      let frame = makeFrame(reset.length, timestamp: now) {
        reset.write(into: $0)
        return reset.length
      }
      append(Item(port: port.id, frame: frame, cause: nil))
    }
  }
}

extension Frame {
  var readOnly: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer) }
}
