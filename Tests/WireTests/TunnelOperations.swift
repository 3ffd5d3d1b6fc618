import Testing
import Wire

/// Tunnels on arrays, for tests: what an encoder or decoder makes of a frame.
extension TunnelEncoder {
  /// - Returns: the frame inside the tunnel; nil where it is refused.
  func encapsulated(_ frame: [UInt8]) throws -> [UInt8] {
    let headers = try parse(frame)
    if headers.network != .arp {
      let refusal = frame.withUnsafeBytes { bytes -> TunnelRefusal? in
        do throws(TunnelRefusal) {
          try check(bytes, headers)
          return nil
        } catch {
          return error
        }
      }
      if let refusal { throw refusal }
    }
    let room = TunnelEncoder.maximumOverhead
    // Exactly as much memory as there may be: one byte too far ends the run.
    let guarded = GuardedMemory(capacity: room + frame.count)
    return withExtendedLifetime(guarded) {
      let memory = guarded.place([UInt8](repeating: 0xa5, count: room) + frame)
      let added = encapsulate(memory.baseAddress! + room, headers)
      precondition(memory[..<(room - added)].allSatisfy { $0 == 0xa5 })
      return Array(memory[(room - added)...])
    }
  }
}

extension TunnelDecoder {
  func decoded(_ frame: [UInt8], wireLength: Int? = nil) throws -> Packet {
    let guarded = GuardedMemory(capacity: frame.count)
    return try withExtendedLifetime(guarded) {
      let bytes = UnsafeRawBufferPointer(guarded.place(frame))
      let headers = try Headers.parse(bytes, wireLength: wireLength ?? frame.count)
      return try decode(bytes, headers)
    }
  }

  /// - Returns: the frame that was inside.
  func decapsulated(_ frame: [UInt8]) throws -> [UInt8] {
    let packet = try decoded(frame)
    let guarded = GuardedMemory(capacity: frame.count)
    return withExtendedLifetime(guarded) {
      let memory = guarded.place(frame)
      let place = decapsulate(memory.baseAddress!, length: frame.count, packet)
      return Array(memory[place.offset..<place.offset + place.length])
    }
  }
}

/// Every encapsulation that there is.
struct TestTunnel: CustomTestStringConvertible {
  var testDescription: String
  var encoder: TunnelEncoder
  var decoder: TunnelDecoder

  static let source = OverlayPrefix(IPPrefix("fd00:108:0:d204:0:200::/96")!)!
  static let destination = OverlayPrefix(IPPrefix("2603:10e1:100:2::/96")!)!
  static let local = IPv4Address(40, 1, 2, 1)
  static let remote = IPv4Address(192, 0, 2, 99)
  static let innerSource = MACAddress(0x0200_0100_0064)
  static let innerDestination = MACAddress(0x0200_0000_0302)

  init(_ name: String, isServiceTunnel: Bool, _ format: OuterFormat?, remote: IPv4Address? = remote)
  {
    testDescription = name
    encoder = TunnelEncoder(
      prefixes: isServiceTunnel ? (Self.source, Self.destination) : nil,
      outer: format.map {
        .init(
          format: $0, local: Self.local, remote: remote, vni: 100, sourceMAC: Self.innerSource,
          destinationMAC: Self.innerDestination)
      })
    decoder = TunnelDecoder(isServiceTunnel: isServiceTunnel, format: format)
  }

  static let plain = TestTunnel("service-tunnel", isServiceTunnel: true, nil)
  static let nvgre = TestTunnel("service-tunnel in NVGRE", isServiceTunnel: true, .nvgre)
  static let vxlan = TestTunnel("vxlan", isServiceTunnel: false, .vxlan(port: 4_789))
  static let all = [
    plain, nvgre,
    TestTunnel("service-tunnel in VXLAN", isServiceTunnel: true, .vxlan(port: 4_789)), vxlan,
  ]
}
