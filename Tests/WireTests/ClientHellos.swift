/// A ClientHello as OpenSSL 3.0 makes it for contoso.blob.core.windows.net, with its record's header; and pieces to make others of.
enum ClientHellos {
  static let openSSL = hex(
    """
    1603010200  # record: handshake, 3.1, length
    010001fc  # ClientHello, length
    0303  # version 3.3
    87d5f66dc33dce0fdc7bbd50b2179babdfb13cac2b8eef6da76880d80a0e8f01  # random
    20  # session ID
    8fa71e225e8e98516e298bb773e2e9fe9ada94aaea0b27e1c45064d437bc38d9
    0024  # cipher suites
    130213031301c02cc030c02bc02fcca9cca8c024c028c023c027009f009e006b
    006700ff
    0100  # compression: null
    018f  # extensions
    00000022  # server_name
    0020  # list
    00001d  # host_name, length
    636f6e746f736f2e626c6f622e636f72652e77696e646f77732e6e6574  # contoso.blob.core.windows.net
    000b0004  # ec_point_formats
    03000102
    000a0016  # supported_groups
    0014001d0017001e0019001801000101010201030104
    00230000  # session_ticket
    00160000  # encrypt_then_mac
    00170000  # extended_master_secret
    000d002a  # signature_algorithms
    0028040305030603080708080809080a080b0804080508060401050106010303
    03010302040205020602
    002b0005  # supported_versions
    0403040303
    002d0002  # psk_key_exchange_modes
    0101
    00330026  # key_share
    0024001d0020be6033ca87da519817cda8fa2a028a0539e8003e5bb6802c7bff
    59a00ad67a17
    001500d0  # padding
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    00000000000000000000000000000000
    """)

  /// A ClientHello with these extensions: type and data.
  static func hello(
    extensions: [(type: Int, data: [UInt8])]?, session: Int = 32, suites: [UInt8] = [0x13, 0x01],
    compressions: [UInt8] = [0]
  ) -> [UInt8] {
    var body: [UInt8] = [3, 3] + Array(repeating: 0x5a, count: 32)
    body += vector(1, Array(repeating: 7, count: session)) + vector(2, suites)
    body += vector(1, compressions)
    if let extensions {
      body += vector(2, extensions.flatMap { number(2, $0.type) + vector(2, $0.data) })
    }
    return [1] + vector(3, body)
  }

  /// The data of a server_name extension with names of these types.
  static func serverName(_ names: [(type: UInt8, name: String)]) -> [UInt8] {
    vector(2, names.flatMap { [$0.type] + vector(2, Array($0.name.utf8)) })
  }

  static func hello(named name: String) -> [UInt8] {
    hello(extensions: [
      (0x2b, [2, 3, 4]), (0, serverName([(0, name)])), (0x10, [0, 3, 2, 0x68, 0x32]),
    ])
  }

  /// The message in records of at most so many bytes.
  static func records(_ message: [UInt8], each size: Int = 16_384) -> [UInt8] {
    stride(from: 0, to: message.count, by: size).flatMap { start in
      [22, 3, 1] + vector(2, Array(message[start..<min(start + size, message.count)]))
    }
  }

  static func number(_ width: Int, _ value: Int) -> [UInt8] {
    (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func vector(_ width: Int, _ bytes: [UInt8]) -> [UInt8] {
    number(width, bytes.count) + bytes
  }
}
