import Foundation

/// Requests for connections that nobody will go on with, as a capture file to be sent.
enum Flood {
  /// SYNs of vm2 to the web server of the Internet, each of another connection.
  static func capture(connections: Int) -> Data {
    var file = Data()
    // The file's header (pcap, little-endian, microseconds, Ethernet).
    for word: UInt32 in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1] { file.append(little: word) }
    for number in 0..<connections {
      let frame = syn(from: UInt16(1_024 + number % 60_000), to: UInt16(80 + number / 60_000))
      for word in [0, 0, UInt32(frame.count), UInt32(frame.count)] { file.append(little: word) }
      file += frame
    }
    return file
  }

  private static func syn(from source: UInt16, to destination: UInt16) -> [UInt8] {
    let addresses: [UInt8] = [10, 0, 2, 4, 198, 51, 100, 80]
    var ip: [UInt8] = [0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0] + addresses
    put(checksum(ip), into: &ip, at: 10)
    var tcp = big(source) + big(destination)
    tcp += [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0]
    put(checksum(addresses + [0, 6, 0, 20] + tcp), into: &tcp, at: 16)
    let macs: [UInt8] = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x02, 0x00, 0x0a, 0x00, 0x02, 0x04]
    return macs + [8, 0] + ip + tcp
  }

  private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

  private static func put(_ value: UInt16, into bytes: inout [UInt8], at offset: Int) {
    bytes.replaceSubrange(offset..<offset + 2, with: big(value))
  }

  /// RFC 1071.
  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }
}

extension Data {
  fileprivate mutating func append(little word: UInt32) {
    Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
  }
}
