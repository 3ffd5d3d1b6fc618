import Model
import Wire

/// Stage 3: the rewrite, and what goes out of which port; every frame gets its verdict and is counted.
extension PacketPath {
  mutating func emit(
    _ frame: Frame, _ headers: Headers, _ plan: Plan, by action: Action, cause: Int,
    from port: PortRecord, into output: inout Transmission
  ) {
    let first = output.items.count
    switch plan {
    case .drop(let reason): conclude(.dropped(reason), into: &output)
    case .answer(let answer, let reply):
      if let reply { output.append(.init(port: port.id, frame: reply, cause: cause)) }
      conclude(.answered(answer), into: &output)
    case .send(let size):
      rewrite(frame, headers, by: action, size, from: port)
      output.append(frame, headers, size: size, port: action.egress, cause: cause)
      let verdict = Verdict.forwarded(snapshot.link(of: action.egress))
      counts.count(verdict, route: action.route)
      output.append(verdict, PacketDetail(headers, action))
      if output.record > .nothing {
        output.append(
          Departure(index: cause, translatedSource: action.source ?? headers.source))
      }
    }

    finish(from: first, original: frame.bytes, into: &output)
  }

  /// What stands in the output from `first` on leaves: by a tunnel, encapsulated; all of it counted.
  /// - Parameter original: where the frame stands that came in, if it may be one of them.
  mutating func finish(
    from first: Int, original: UnsafeMutableRawPointer? = nil, into output: inout Transmission
  ) {
    if snapshot.tunnels != nil { encapsulate(from: first, original: original, into: &output) }
    for item in output.items[first...] {
      counts.ports[Int(item.port.index)].transmitted.packets += 1
      counts.ports[Int(item.port.index)].transmitted.bytes += UInt64(item.frame.wireLength)
    }
  }

  /// The verdict on a frame that goes no further.
  mutating func conclude(_ verdict: Verdict, into output: inout Transmission) {
    counts.count(verdict, route: nil)
    output.append(verdict, PacketDetail(refusal: refusal))
    refusal = nil
  }

  /// Addresses, time to live, MACs; checksums follow, incrementally (F1, F2). Mutating, lest `self` be copied.
  private mutating func rewrite(
    _ frame: Frame, _ headers: Headers, by action: Action, _ size: Size, from ingress: PortRecord
  ) {
    // A sender that leaves checksums to its interface has only put the pseudo-header's sum there (F7). This
    // must be seen before the addresses change.
    let isPartial = hasPartialChecksum(frame.readOnly, headers)
    AddressRewrite(source: action.source, destination: action.destination)
      .apply(frame.bytes, headers, isPartial: isPartial)
    decrementHopLimit(frame.bytes, headers)
    let port = snapshot[action.egress]
    if snapshot.tunnels != nil { clampSegment(frame, headers, between: ingress, and: port) }
    setMACs(frame.bytes, destination: port.peerMACAddress, source: port.macAddress)
    switch size {
    // Each segment gets its own where it is cut.
    case .batch: leaveChecksumPartial(frame.buffer, headers)
    case .segments: break
    case .whole, .fragments:
      if isPartial || headers.ipv4ChecksumMissing { _ = completeChecksums(frame.buffer, headers) }
    }
  }
}

extension PacketDetail {
  fileprivate init(refusal: SecurityGroups.RuleID?) { securityRule = refusal }

  /// Of a packet as it came in.
  fileprivate init(_ headers: Headers, _ action: Action) {
    route = action.route
    translatedSource = headers.address(action.source ?? headers.source)
    translatedDestination = headers.address(action.destination ?? headers.destination)
  }
}

extension Transmission {
  /// A forwarded frame: as it is, or cut to what its way out carries.
  mutating func append(
    _ frame: Frame, _ headers: Headers, size: PacketPath.Size, port: PortID, cause: Int
  ) {
    switch size {
    case .whole:
      append(Item(port: port, frame: frame, cause: cause))
    case .batch(let segmentSize):
      var frame = frame
      frame.segmentSize = segmentSize
      append(Item(port: port, frame: frame, cause: cause))
    case .segments(let maximum):
      let count = headers.tcpSegmentCount(maximumPacketLength: maximum)
      let room = headers.tcpSegmentFrameLength(maximumPacketLength: maximum)
      for index in 0..<count {
        let memory = allocate(room)
        let length = writeTCPSegment(
          index, of: frame.readOnly, headers, maximumPacketLength: maximum,
          into: memory)
        append(memory, length, like: frame, port: port, cause: cause)
      }
    case .fragments(let maximum):
      let count = headers.ipv4FragmentCount(maximumPacketLength: maximum)
      let room = headers.ipv4FragmentFrameLength(maximumPacketLength: maximum)
      for index in 0..<count {
        let memory = allocate(room)
        let length = writeIPv4Fragment(
          index, of: frame.readOnly, headers, maximumPacketLength: maximum,
          into: memory)
        append(memory, length, like: frame, port: port, cause: cause)
      }
    }
  }

  private mutating func append(
    _ memory: UnsafeMutableRawBufferPointer, _ length: Int, like frame: Frame, port: PortID,
    cause: Int
  ) {
    append(
      Item(
        port: port,
        frame: Frame(
          bytes: memory.baseAddress!, length: length, wireLength: length,
          timestamp: frame.timestamp),
        cause: cause))
  }
}
