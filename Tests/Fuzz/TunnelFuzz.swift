import Foundation
import Wire

/// Bytes as frames from the backbone, for libFuzzer (Tests/Fuzz/run tunnel): each is decoded as every encapsulation,
/// and encapsulated where it can be. The address sanitizer sees any byte read or written beside the frame; what a
/// decoder accepts must be a packet, and go back into a tunnel and out again unchanged.
private struct Tunnel {
  var encoder: TunnelEncoder
  var decoder: TunnelDecoder

  init(isServiceTunnel: Bool, _ format: OuterFormat?) {
    decoder = TunnelDecoder(isServiceTunnel: isServiceTunnel, format: format)
    encoder = Self.encoder(
      isServiceTunnel
        ? (NetworkIdentity(region: 7, network: 100, subnet: 3).prefix, .services) : nil, format)
  }

  static func encoder(
    _ prefixes: (source: OverlayPrefix, destination: OverlayPrefix)?, _ format: OuterFormat?
  ) -> TunnelEncoder {
    TunnelEncoder(
      prefixes: prefixes,
      outer: format.map {
        .init(
          format: $0, local: IPv4Address(40, 1, 2, 1), remote: nil, vni: 100,
          sourceMAC: MACAddress(0x0200_0300_0064), destinationMAC: MACAddress(0x0200_0000_0302))
      })
  }
}

private let tunnels = [
  Tunnel(isServiceTunnel: true, nil), Tunnel(isServiceTunnel: true, .nvgre),
  Tunnel(isServiceTunnel: true, .vxlan(port: OuterFormat.vxlanPort)),
  Tunnel(isServiceTunnel: false, .vxlan(port: OuterFormat.vxlanPort)),
]

private let isPrinting = ProcessInfo.processInfo.environment["FUZZ_PRINT"] != nil

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTunnels(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 2 else { return 0 }
  // How much of it a capture has cut off.
  let cut = bytes[0] < 200 ? 0 : Int(bytes[1])
  var frame = Array(UnsafeBufferPointer(start: bytes + 2, count: count - 2))
  if isPrinting { print("decode \(frame), \(cut) bytes cut off") }
  if bytes[0] & 1 == 0 { repairChecksum(&frame) }
  for tunnel in tunnels {
    decode(frame, wireLength: frame.count + cut, by: tunnel)
    encode(frame, by: tunnel)
    decode(mangled(frame, by: tunnel), wireLength: nil, by: tunnel)
  }
  return 0
}

/// TCP with three bytes, as a guest sends it.
private let plain: [UInt8] = [
  0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x02, 0x00, 0x0a, 0x00, 0x01, 0x04, 0x08, 0x00, 0x45, 0x00,
  0x00, 0x2b, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x09, 0x56, 0x0a, 0x00, 0x01, 0x04, 0x14, 0x3c,
  0x00, 0x04, 0xc0, 0x00, 0x01, 0xbb, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x50, 0x18,
  0xff, 0xff, 0x22, 0x30, 0x00, 0x00, 0x47, 0x45, 0x54,
]

/// A right encapsulation with a few bytes changed, and cut: by pairs of a place and what is changed there.
private func mangled(_ changes: [UInt8], by tunnel: Tunnel) -> [UInt8] {
  guard var frame = encapsulated(plain, by: tunnel.encoder) else { fatalError("plain is refused") }
  for index in stride(from: 1, to: min(changes.count, 32) - 1, by: 2) {
    frame[Int(changes[index]) % frame.count] ^= changes[index + 1]
  }
  if tunnel.decoder.format != nil { repairChecksum(&frame) }
  if changes[0] > 127 { frame.removeLast(Int(changes[0] - 128) % frame.count) }
  return frame
}

/// Otherwise hardly any input gets past the outer header.
private func repairChecksum(_ frame: inout [UInt8]) {
  guard frame.count >= 34 else { return }
  frame[24] = 0
  frame[25] = 0
}

private func parse(_ frame: [UInt8], wireLength: Int? = nil) -> Headers? {
  frame.withUnsafeBytes { try? Headers.parse($0, wireLength: wireLength ?? frame.count) }
}

private func decapsulated(
  _ frame: [UInt8], wireLength: Int? = nil, by tunnel: Tunnel
) -> (bytes: [UInt8], wireLength: Int, packet: TunnelDecoder.Packet)? {
  guard let headers = parse(frame, wireLength: wireLength),
    let packet = frame.withUnsafeBytes({ try? tunnel.decoder.decode($0, headers) })
  else { return nil }
  // Memory of exactly this size.
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count, alignment: 1)
  defer { memory.deallocate() }
  memory.copyBytes(from: frame)
  let place = tunnel.decoder.decapsulate(memory.baseAddress!, length: frame.count, packet)
  return (
    Array(memory[place.offset..<place.offset + place.length]), place.wireLength, packet
  )
}

private func encapsulated(_ frame: [UInt8], by encoder: TunnelEncoder) -> [UInt8]? {
  guard let headers = parse(frame), headers.network != .arp,
    frame.withUnsafeBytes({ try? encoder.check($0, headers) }) != nil
  else { return nil }
  let room = TunnelEncoder.maximumOverhead
  let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: room + frame.count, alignment: 1)
  defer { memory.deallocate() }
  UnsafeMutableRawBufferPointer(rebasing: memory[room...]).copyBytes(from: frame)
  let added = encoder.encapsulate(memory.baseAddress! + room, headers)
  return Array(memory[(room - added)...])
}

/// What is accepted can be read, and goes the same way again.
private func decode(_ frame: [UInt8], wireLength: Int?, by tunnel: Tunnel) {
  guard let once = decapsulated(frame, wireLength: wireLength, by: tunnel) else { return }
  guard parse(once.bytes, wireLength: once.wireLength) != nil else {
    fatalError("what came out of \(frame) cannot be read: \(once.bytes)")
  }
  guard once.wireLength == once.bytes.count, let end = parse(once.bytes)?.end else { return }
  let encoder = Tunnel.encoder(once.packet.prefixes, tunnel.decoder.format)
  guard let outside = encapsulated(once.bytes, by: encoder),
    let twice = decapsulated(outside, by: tunnel)
  else { return }
  // What stands behind the packet is nobody's; a missing IPv4 checksum is written, once.
  let (before, after) = (Array(once.bytes.prefix(end)), Array(twice.bytes.prefix(end)))
  guard
    after == before || parse(before)?.ipv4ChecksumMissing == true
      || differsInChecksumAlone(before, after)
  else {
    fatalError("\(once.bytes) comes back as \(twice.bytes)")
  }
}

/// What is put into a tunnel comes out of it.
private func encode(_ frame: [UInt8], by tunnel: Tunnel) {
  guard let outside = encapsulated(frame, by: tunnel.encoder) else { return }
  guard let inside = decapsulated(outside, by: tunnel) else {
    // A tunnel that is none of the encoder's: a packet to VXLAN's port by another protocol, say.
    fatalError("\(frame) goes in as \(outside), and is refused")
  }
  guard let before = parse(frame), let after = parse(inside.bytes),
    before.source == after.source, before.destination == after.destination,
    before.sourcePort == after.sourcePort, before.destinationPort == after.destinationPort,
    before.transport == after.transport, before.hopLimit == after.hopLimit,
    before.packetLength == after.packetLength, before.fragmentOffset == after.fragmentOffset,
    before.moreFragments == after.moreFragments
  else { fatalError("\(frame) comes out as \(inside.bytes)") }
}

/// One's-complement arithmetic has two zeros, and UDP without a checksum gets one.
private func differsInChecksumAlone(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count, let headers = parse(a) else { return false }
  let offset =
    switch headers.transport {
    case 6: 16
    case 17, 33, 136: 6
    case 1: 2
    default: 0
    }
  guard offset > 0 else { return false }
  let field = headers.l4Offset + offset
  return zip(a, b).enumerated().allSatisfy { index, pair in
    pair.0 == pair.1 || index == field || index == field + 1
  }
}
