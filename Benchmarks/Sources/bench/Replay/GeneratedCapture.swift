import PacketIO
import Wire

/// The capture that `bench replay` measures with: conversations of one virtual machine, as tcpdump sees them in it.
/// A seed makes it, so that every run has the same bytes.
///
/// Each flow begins as such flows do (SYN, SYN and ACK, ACK; a request and its answer); from then on a packet of a
/// flow drawn at random is one that the machine sends, or with some probability a reply. Frames are as long as
/// in the simple IMIX: seven of 64 bytes to four of 594 and one of 1514.
struct GeneratedCapture {
  /// What spurline is to make of it.
  static let configuration = """
    # Made by scripts/bench replay.
    virtualNetworks:
      - name: measured
        location: westeurope
        addressSpace: [10.0.0.0/16]
        subnets:
          - name: app
            addressPrefix: 10.0.1.0/24
            serviceEndpoints: [Microsoft.Storage]
    networkInterfaces:
      - name: vm1
        subnet: measured/app
        ipConfigurations:
          - { privateIPAddress: 10.0.1.4, publicIPAddress: 203.0.113.4 }
    ports:
      internet: {}
      backbone: {}

    """

  private struct Flow {
    var isTCP: Bool
    var port: UInt16
    var peer: UInt32
    var peerPort: UInt16
    /// Of its packets so far; the first three begin it.
    var packets = 0
    var sent: UInt32 = 1
    var received: UInt32 = 1
  }

  private static let machine: UInt32 = 0x0a00_0104
  private var random = SplitMix(state: 0x5eed)
  private var flows: [Flow]
  /// Of a hundred packets of a flow that has begun.
  private let replies: Int
  private var frame = [UInt8](repeating: 0x5a, count: 1514)

  init(flows count: Int, replies: Int) {
    self.replies = replies
    flows = []
    for index in 0..<count {
      // A quarter goes to Storage (20.60.26.0/23 of the built-in catalogue), the rest to the Internet.
      let toStorage = index % 4 == 0
      let low = UInt32.random(in: 1...254, using: &random)
      flows.append(
        Flow(
          isTCP: index % 8 != 7, port: UInt16(16_384 + index % 49_152),
          peer: (toStorage ? 0x143c_1a00 : 0xc633_6400) | low, peerPort: index % 8 == 7 ? 53 : 443))
    }
  }

  /// Writes the next `count` packets, a microsecond apart.
  mutating func write(_ count: Int, to path: String) throws {
    let writer = try CaptureWriter(path: path, format: .pcap(nanoseconds: false))
    for index in 0..<count {
      let length = compose(Int.random(in: 0..<flows.count, using: &random))
      try frame.withUnsafeBytes {
        try writer.write(
          UnsafeRawBufferPointer(rebasing: $0[..<length]), wireLength: length,
          timestamp: 1_700_000_000_000_000_000 + UInt64(index) * 1_000)
      }
    }
    try writer.close()
  }

  /// Puts the flow's next packet into `frame`.
  /// - Returns: its length.
  private mutating func compose(_ index: Int) -> Int {
    var flow = flows[index]
    let begins = flow.packets < (flow.isTCP ? 3 : 2)
    let isReply =
      begins ? flow.packets == 1 : Int.random(in: 0..<100, using: &random) < replies
    var length = 64
    if !begins {
      switch Int.random(in: 0..<12, using: &random) {
      case 0..<7: break
      case 7..<11: length = 594
      default: length = 1514
      }
    }
    let flags: UInt8 = flow.packets == 0 ? 0x02 : flow.packets == 1 ? 0x12 : 0x10
    flow.packets += 1

    var header = FrameWriter()
    // MAC addresses of another network, as a capture has them.
    header.put(isReply ? 0x0022_4801_0203 as UInt64 : 0x1234_5678_9abc, bytes: 6)
    header.put(isReply ? 0x1234_5678_9abc as UInt64 : 0x0022_4801_0203, bytes: 6)
    header.put(0x0800, bytes: 2)
    header.put(0x4500, bytes: 2)
    header.put(UInt64(length - 14), bytes: 2)
    header.put(0x0000_4000, bytes: 4)
    header.put(64, bytes: 1)
    header.put(flow.isTCP ? 6 : 17, bytes: 1)
    header.put(0, bytes: 2)
    header.put(UInt64(isReply ? flow.peer : Self.machine), bytes: 4)
    header.put(UInt64(isReply ? Self.machine : flow.peer), bytes: 4)
    header.put(UInt64(isReply ? flow.peerPort : flow.port), bytes: 2)
    header.put(UInt64(isReply ? flow.port : flow.peerPort), bytes: 2)
    if flow.isTCP {
      header.put(UInt64(isReply ? flow.received : flow.sent), bytes: 4)
      header.put(UInt64(isReply ? flow.sent : flow.received), bytes: 4)
      header.put(0x50, bytes: 1)
      header.put(UInt64(flags), bytes: 1)
      header.put(0xffff, bytes: 2)
      header.put(0, bytes: 4)
      let payload = UInt32(length - 54)
      if isReply { flow.received &+= payload } else { flow.sent &+= payload }
    } else {
      header.put(UInt64(length - 34), bytes: 2)
      // Zero would say that there is no checksum.
      header.put(0xffff, bytes: 2)
    }
    flows[index] = flow
    frame.replaceSubrange(0..<header.bytes.count, with: header.bytes)
    frame.withUnsafeMutableBytes { bytes in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<length])
      guard let headers = try? Headers.parse(UnsafeRawBufferPointer(bytes), wireLength: length),
        completeChecksums(bytes, headers)
      else { fatalError("a frame of ours that we cannot read") }
    }
    return length
  }
}

/// Fields in network order, one after the other.
private struct FrameWriter {
  var bytes: [UInt8] = []

  mutating func put(_ value: UInt64, bytes count: Int) {
    for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}
