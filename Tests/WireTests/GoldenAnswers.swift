/// What a router sends by itself.
extension Golden {
  /// Who has 10.0.1.1? In a frame of the least length.
  static let arpRequest = hex(
    """
    ffff ffff ffff  0200 0a00 0104           # to ff:ff:ff:ff:ff:ff, from 02:00:0a:00:01:04
    0806                                     # ARP
    0001 0800 0604 0001                      # Ethernet, IPv4, lengths 6 and 4, request
    0200 0a00 0104 0a00 0104                 # sender 02:00:0a:00:01:04, 10.0.1.4
    0000 0000 0000 0a00 0101                 # target 00:00:00:00:00:00, 10.0.1.1
    0000 0000 0000 0000 0000 0000 0000 0000 0000 # padding
    """)

  /// 12:34:56:78:9a:bc has.
  static let arpReply = hex(
    """
    0200 0a00 0104  1234 5678 9abc           # to 02:00:0a:00:01:04, from 12:34:56:78:9a:bc
    0806                                     # ARP
    0001 0800 0604 0002                      # Ethernet, IPv4, lengths 6 and 4, reply
    1234 5678 9abc 0a00 0101                 # sender 12:34:56:78:9a:bc, 10.0.1.1
    0200 0a00 0104 0a00 0104                 # target 02:00:0a:00:01:04, 10.0.1.4
    """)

  /// Who has fd00:1::1?
  static let solicitation = hex(
    """
    3333 ff00 0001  0200 0a00 0104           # to 33:33:ff:00:00:01, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6
    0020 3aff                                # payload 32, next header 58, hop limit 255
    fd00 0001 0000 0000 0000 0000 0000 0004  # source fd00:1::4
    ff02 0000 0000 0000 0000 0001 ff00 0001  # destination ff02::1:ff00:1
    8700 7291                                # ICMPv6 neighbour solicitation, checksum
    0000 0000                                # reserved
    fd00 0001 0000 0000 0000 0000 0000 0001  # target fd00:1::1
    0101 0200 0a00 0104                      # option: link-layer address of the sender
    """)

  /// 12:34:56:78:9a:bc has.
  static let advertisement = hex(
    """
    0200 0a00 0104  1234 5678 9abc           # to 02:00:0a:00:01:04, from 12:34:56:78:9a:bc
    86dd                                     # IPv6
    6000 0000                                # version 6
    0020 3aff                                # payload 32, next header 58, hop limit 255
    fd00 0001 0000 0000 0000 0000 0000 0001  # source fd00:1::1
    fd00 0001 0000 0000 0000 0000 0000 0004  # destination fd00:1::4
    8800 9b2e                                # ICMPv6 neighbour advertisement, checksum
    e000 0000                                # flags: router, solicited, override
    fd00 0001 0000 0000 0000 0000 0000 0001  # target fd00:1::1
    0201 1234 5678 9abc                      # option: link-layer address of the target
    """)

  /// Does anybody have fd00:1::1? From a host that wants it.
  static let probe = hex(
    """
    3333 ff00 0001  0200 0a00 0104           # to 33:33:ff:00:00:01, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6
    0018 3aff                                # payload 24, next header 58, hop limit 255
    0000 0000 0000 0000 0000 0000 0000 0000  # source ::
    ff02 0000 0000 0000 0000 0001 ff00 0001  # destination ff02::1:ff00:1
    8700 7da4                                # ICMPv6 neighbour solicitation, checksum
    0000 0000                                # reserved
    fd00 0001 0000 0000 0000 0000 0000 0001  # target fd00:1::1
    """)

  /// Told to all nodes.
  static let probeAnswer = hex(
    """
    3333 0000 0001  1234 5678 9abc           # to 33:33:00:00:00:01, from 12:34:56:78:9a:bc
    86dd                                     # IPv6
    6000 0000                                # version 6
    0020 3aff                                # payload 32, next header 58, hop limit 255
    fd00 0001 0000 0000 0000 0000 0000 0001  # source fd00:1::1
    ff02 0000 0000 0000 0000 0000 0000 0001  # destination ff02::1
    8800 d930                                # ICMPv6 neighbour advertisement, checksum
    a000 0000                                # flags: router, override
    fd00 0001 0000 0000 0000 0000 0000 0001  # target fd00:1::1
    0201 1234 5678 9abc                      # option: link-layer address of the target
    """)

  /// A traceroute's datagram.
  static let lastHop = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0021                                # version 4, 20 bytes of header, 33 in all
    1234 4000                                # identification, do not fragment
    0111 4855                                # time to live 1, protocol 17, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    829a 829b                                # UDP 33434 to 33435
    000d a084                                # length 13, checksum
    7472 6163 65                             # data
    """)

  /// Its answer.
  static let timeExceeded = hex(
    """
    0200 0a00 0104  1234 5678 9abc           # to 02:00:0a:00:01:04, from 12:34:56:78:9a:bc
    0800                                     # IPv4
    4500 003d                                # version 4, 20 bytes of header, 61 in all
    0000 4000                                # identification, do not fragment
    4001 24bc                                # time to live 64, protocol 1, header checksum
    0a00 0101                                # source 10.0.1.1
    0a00 0104                                # destination 10.0.1.4
    0b00 1462                                # ICMP time exceeded, checksum
    0000 0000                                # unused
    4500 0021                                # version 4, 20 bytes of header, 33 in all
    1234 4000                                # identification, do not fragment
    0111 4855                                # time to live 1, protocol 17, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    829a 829b                                # UDP 33434 to 33435
    000d a084                                # length 13, checksum
    7472 6163 65                             # data
    """)

  /// A ping to the gateway.
  static let echoRequest = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0020                                # version 4, 20 bytes of header, 32 in all
    1234 4000                                # identification, do not fragment
    4001 12a5                                # time to live 64, protocol 1, header checksum
    0a00 0104                                # source 10.0.1.4
    0a00 0101                                # destination 10.0.1.1
    0800 1927                                # ICMP echo request, checksum
    0007 0001                                # identifier 7, number 1
    7069 6e67                                # "ping"
    """)

  /// Its answer.
  static let echoReply = hex(
    """
    0200 0a00 0104  1234 5678 9abc           # to 02:00:0a:00:01:04, from 12:34:56:78:9a:bc
    0800                                     # IPv4
    4500 0020                                # version 4, 20 bytes of header, 32 in all
    1234 4000                                # identification, do not fragment
    4001 12a5                                # time to live 64, protocol 1, header checksum
    0a00 0101                                # source 10.0.1.1
    0a00 0104                                # destination 10.0.1.4
    0000 2127                                # ICMP echo reply, checksum
    0007 0001                                # identifier 7, number 1
    7069 6e67                                # "ping"
    """)

  /// A ping to the gateway over IPv6.
  static let echoRequestIPv6 = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6
    000c 3a40                                # payload 12, next header 58, hop limit 64
    fd00 0001 0000 0000 0000 0000 0000 0004  # source fd00:1::4
    fd00 0001 0000 0000 0000 0000 0000 0001  # destination fd00:1::1
    8000 a6d7                                # ICMPv6 echo request, checksum
    0007 0001                                # identifier 7, number 1
    7069 6e67                                # "ping"
    """)

  /// Its answer.
  static let echoReplyIPv6 = hex(
    """
    0200 0a00 0104  1234 5678 9abc           # to 02:00:0a:00:01:04, from 12:34:56:78:9a:bc
    86dd                                     # IPv6
    6000 0000                                # version 6
    000c 3a40                                # payload 12, next header 58, hop limit 64
    fd00 0001 0000 0000 0000 0000 0000 0001  # source fd00:1::1
    fd00 0001 0000 0000 0000 0000 0000 0004  # destination fd00:1::4
    8100 a5d7                                # ICMPv6 echo reply, checksum
    0007 0001                                # identifier 7, number 1
    7069 6e67                                # "ping"
    """)

  /// A reset in a VLAN.
  static let reset = hex(
    """
    0200 0a00 0104  1234 5678 9abc           # to 02:00:0a:00:01:04, from 12:34:56:78:9a:bc
    8100 0064                                # 802.1Q tag: priority 0, VLAN 100
    0800                                     # IPv4
    4500 0028                                # version 4, 20 bytes of header, 40 in all
    0000 4000                                # identification, do not fragment
    4006 1b8d                                # time to live 64, protocol 6, header checksum
    143c 0004                                # source 20.60.0.4
    0a00 0104                                # destination 10.0.1.4
    01bb c000                                # TCP 443 to 49152
    5566 7788 1122 3347                      # sequence, acknowledgment
    5014 0000                                # 20 bytes of header, RST ACK, window
    bd79 0000                                # checksum, urgent pointer
    """)

  /// A reset over IPv6.
  static let resetIPv6 = hex(
    """
    0200 0a00 0104  1234 5678 9abc           # to 02:00:0a:00:01:04, from 12:34:56:78:9a:bc
    86dd                                     # IPv6
    6000 0000                                # version 6
    0014 0640                                # payload 20, next header 6, hop limit 64
    2001 0db8 0000 0000 0000 0000 0000 0001  # source 2001:db8::1
    fd00 0001 0000 0000 0000 0000 0000 0004  # destination fd00:1::4
    01bb c000                                # TCP 443 to 49152
    5566 7788 1122 3347                      # sequence, acknowledgment
    5014 0000                                # 20 bytes of header, RST ACK, window
    b1fd 0000                                # checksum, urgent pointer
    """)
}
