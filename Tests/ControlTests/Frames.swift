import Dataplane
import Wire

/// A TCP segment over IPv4 without options, as a NIC sends it to the fabric (RFC 791, RFC 9293).
func tcpFrame(
  from source: String, _ sourcePort: UInt16, to destination: String, _ destinationPort: UInt16,
  flags: UInt8, sequence: UInt32 = 1_000, acknowledgment: UInt32 = 0, sourceMAC: UInt64,
  destinationMAC: UInt64 = Snapshot.fabricMAC.bits
) -> [UInt8] {
  let addresses = bytes(of: source) + bytes(of: destination)
  var segment = big(sourcePort) + big(destinationPort) + big(sequence) + big(acknowledgment)
  segment += [0x50, flags] + big(UInt16(65_000)) + [0, 0, 0, 0]
  let pseudo = addresses + [0, 6] + big(UInt16(segment.count))
  segment.replaceSubrange(16..<18, with: big(checksum(pseudo + segment)))
  var header: [UInt8] = [0x45, 0] + big(UInt16(20 + segment.count)) + [0, 1, 0x40, 0, 64, 6, 0, 0]
  header += addresses
  header.replaceSubrange(10..<12, with: big(checksum(header)))
  return mac(destinationMAC) + mac(sourceMAC) + [0x08, 0x00] + header + segment
}

/// What a test looks at in a frame that `tcpFrame`'s form has.
struct SeenSegment: Equatable {
  var source: String
  var sourcePort: UInt16
  var destination: String
  var flags: UInt8

  init(_ frame: [UInt8]) {
    source = frame[26..<30].map(String.init).joined(separator: ".")
    destination = frame[30..<34].map(String.init).joined(separator: ".")
    sourcePort = UInt16(frame[34]) << 8 | UInt16(frame[35])
    flags = frame[47]
  }
}

let synFlag: UInt8 = 0x02
let resetFlag: UInt8 = 0x04
let ackFlag: UInt8 = 0x10

private func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

private func mac(_ bits: UInt64) -> [UInt8] { Array(big(bits).suffix(6)) }

private func bytes(of address: String) -> [UInt8] {
  address.split(separator: ".").map { UInt8($0)! }
}

private func checksum(_ bytes: [UInt8]) -> UInt16 {
  var sum: UInt32 = 0
  for index in stride(from: 0, to: bytes.count, by: 2) {
    sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
  }
  while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
  return ~UInt16(sum)
}
