/// ICMP errors and what they become.
extension Golden {
  /// Time exceeded, from a router, about a SYN that left with a public source.
  static let error = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0044                                # version 4, 20 bytes of header, 68 in all
    0007 0000                                # identification, no flags
    4001 1479                                # time to live 64, protocol 1, header checksum
    c633 6401                                # source 198.51.100.1
    cb00 7104                                # destination 203.0.113.4
    0b00 455f                                # ICMP time exceeded, checksum
    0000 0000                                # unused
    4500 0028                                # version 4, 20 bytes of header, 40 in all
    1234 4000                                # identification, do not fragment
    0106 1758                                # time to live 1, protocol 6, header checksum
    cb00 7104                                # source 203.0.113.4
    143c 0004                                # destination 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344 0000 0000                      # sequence, acknowledgment
    5002 ffff                                # 20 bytes of header, SYN, window
    597c 0000                                # checksum, urgent pointer
    """)

  /// The same, inside and outside made private.
  static let errorTranslated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0044                                # version 4, 20 bytes of header, 68 in all
    0007 0000                                # identification, no flags
    4001 457a                                # time to live 64, protocol 1, header checksum
    c633 6401                                # source 198.51.100.1
    0a00 0104                                # destination 10.0.1.4
    0b00 145e                                # ICMP time exceeded, checksum
    0000 0000                                # unused
    4500 0028                                # version 4, 20 bytes of header, 40 in all
    1234 4000                                # identification, do not fragment
    0106 4859                                # time to live 1, protocol 6, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344 0000 0000                      # sequence, acknowledgment
    5002 ffff                                # 20 bytes of header, SYN, window
    8a7d 0000                                # checksum, urgent pointer
    """)

  /// The same error from a router that quotes 8 bytes.
  static let shortError = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0038                                # version 4, 20 bytes of header, 56 in all
    0007 0000                                # identification, no flags
    4001 1485                                # time to live 64, protocol 1, header checksum
    c633 6401                                # source 198.51.100.1
    cb00 7104                                # destination 203.0.113.4
    0b00 eedd                                # ICMP time exceeded, checksum
    0000 0000                                # unused
    4500 0028                                # version 4, 20 bytes of header, 40 in all
    1234 4000                                # identification, do not fragment
    0106 1758                                # time to live 1, protocol 6, header checksum
    cb00 7104                                # source 203.0.113.4
    143c 0004                                # destination 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344                                # sequence
    """)

  /// Its checksum stays: what the address changes, the quoted header's checksum changes back.
  static let shortErrorTranslated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0038                                # version 4, 20 bytes of header, 56 in all
    0007 0000                                # identification, no flags
    4001 4586                                # time to live 64, protocol 1, header checksum
    c633 6401                                # source 198.51.100.1
    0a00 0104                                # destination 10.0.1.4
    0b00 eedd                                # ICMP time exceeded, checksum
    0000 0000                                # unused
    4500 0028                                # version 4, 20 bytes of header, 40 in all
    1234 4000                                # identification, do not fragment
    0106 4859                                # time to live 1, protocol 6, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344                                # sequence
    """)

  /// ICMPv6 time exceeded about a datagram.
  static let errorIPv6 = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6
    003a 3a40                                # payload 58, next header 58, hop limit 64
    2001 0db8 0000 0001 0000 0000 0000 0001  # source 2001:db8:0:1::1
    2001 0db8 ffff 0000 0000 0000 0000 0004  # destination 2001:db8:ffff::4
    0300 3023                                # ICMPv6 time exceeded, checksum
    0000 0000                                # unused
    6000 0000                                # version 6
    000a 1101                                # payload 10, next header 17, hop limit 1
    2001 0db8 ffff 0000 0000 0000 0000 0004  # source 2001:db8:ffff::4
    2001 0db8 0000 0000 0000 0000 0000 0001  # destination 2001:db8::1
    c350 ea60                                # UDP 50000 to 60000
    000a f5af                                # length 10, checksum
    0102                                     # data
    """)

  /// The same, inside and outside translated.
  static let errorIPv6Translated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6
    003a 3a40                                # payload 58, next header 58, hop limit 64
    2001 0db8 0000 0001 0000 0000 0000 0001  # source 2001:db8:0:1::1
    fd00 0001 0000 0000 0000 0000 0000 0004  # destination fd00:1::4
    0300 60da                                # ICMPv6 time exceeded, checksum
    0000 0000                                # unused
    6000 0000                                # version 6
    000a 1101                                # payload 10, next header 17, hop limit 1
    fd00 0001 0000 0000 0000 0000 0000 0004  # source fd00:1::4
    2001 0db8 0000 0000 0000 0000 0000 0001  # destination 2001:db8::1
    c350 ea60                                # UDP 50000 to 60000
    000a 2667                                # length 10, checksum
    0102                                     # data
    """)
}
