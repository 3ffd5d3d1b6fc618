/// Frames byte by byte, every field with its meaning. Made from the diagrams of the RFCs by a program of its own;
/// Wireshark finds no error in them and no wrong checksum.
enum Golden {}

/// Whole frames as they are read.
extension Golden {
  /// TCP from a private address.
  static let plain = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 002b                                # version 4, 20 bytes of header, 43 in all
    1234 4000                                # identification, do not fragment
    4006 0956                                # time to live 64, protocol 6, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344 5566 7788                      # sequence, acknowledgment
    5018 ffff                                # 20 bytes of header, PSH ACK, window
    2230 0000                                # checksum, urgent pointer
    4745 54                                  # "GET"
    """)

  /// UDP in a VLAN.
  static let tagged = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    8100 2064                                # 802.1Q tag: priority 1, VLAN 100
    0800                                     # IPv4
    4500 001d                                # version 4, 20 bytes of header, 29 in all
    1234 4000                                # identification, do not fragment
    4011 0959                                # time to live 64, protocol 17, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    c350 ea60                                # UDP 50000 to 60000
    0009 31e7                                # length 9, checksum
    01                                       # data
    """)

  /// UDP over IPv6 in a VLAN of a provider's VLAN.
  static let doubleTagged = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    88a8 0064                                # 802.1ad tag: priority 0, VLAN 100
    8100 00c8                                # 802.1Q tag: priority 0, VLAN 200
    86dd                                     # IPv6
    6000 0000                                # version 6
    0009 1140                                # payload 9, next header 17, hop limit 64
    fd00 0001 0000 0000 0000 0000 0000 0004  # source fd00:1::4
    2001 0db8 0000 0000 0000 0000 0000 0001  # destination 2001:db8::1
    c350 ea60                                # UDP 50000 to 60000
    0009 266b                                # length 9, checksum
    01                                       # data
    """)

  /// A ping with the router alert option.
  static let options = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4700 0028                                # version 4, 28 bytes of header, 40 in all
    1234 4000                                # identification, do not fragment
    4001 7158                                # time to live 64, protocol 1, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    9404 0000                                # option: router alert
    0101 0100                                # no-operations, end of options
    0800 1927                                # ICMP echo request, checksum
    0007 0001                                # identifier 7, number 1
    7069 6e67                                # "ping"
    """)

  /// The first 16 bytes of a UDP datagram of 24.
  static let firstFragment = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0024                                # version 4, 20 bytes of header, 36 in all
    beef 2000                                # identification, more fragments
    4011 7c96                                # time to live 64, protocol 17, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    03e8 07d0                                # UDP 1000 to 2000
    0018 9c82                                # length 24, checksum
    0001 0203 0405 0607                      # data
    """)

  /// The other 8.
  static let laterFragment = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 001c                                # version 4, 20 bytes of header, 28 in all
    beef 0002                                # identification, offset 16
    4011 9c9c                                # time to live 64, protocol 17, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    0809 0a0b 0c0d 0e0f                      # data from the middle of the datagram
    """)

  /// A SYN behind hop-by-hop options, destination options and an atomic fragment header.
  static let extensionHeaders = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6
    0030 0040                                # payload 48, next header 0, hop limit 64
    fd00 0001 0000 0000 0000 0000 0000 0004  # source fd00:1::4
    2001 0db8 0000 0000 0000 0000 0000 0001  # destination 2001:db8::1
    3c00 0502 0000 0100                      # hop-by-hop: router alert; next 60
    2c00 0104 0000 0000                      # destination options: padding; next 44
    0600 0000 cafe babe                      # fragment: offset 0, the last; identification; next 6
    c000 01bb                                # TCP 49152 to 443
    0000 0001 0000 0000                      # sequence, acknowledgment
    6002 ffff                                # 24 bytes of header, SYN, window
    abbe 0000                                # checksum, urgent pointer
    0204 05a0                                # option: maximum segment 1440
    """)
}
