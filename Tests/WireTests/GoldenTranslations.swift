/// What frames of `GoldenPackets` become.
extension Golden {
  /// The same, its source made public.
  static let plainTranslated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 002b                                # version 4, 20 bytes of header, 43 in all
    1234 4000                                # identification, do not fragment
    4006 d854                                # time to live 64, protocol 6, header checksum
    cb00 7104                                # source 203.0.113.4
    143c 0004                                # destination 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344 5566 7788                      # sequence, acknowledgment
    5018 ffff                                # 20 bytes of header, PSH ACK, window
    f12e 0000                                # checksum, urgent pointer
    4745 54                                  # "GET"
    """)

  /// The same, one hop further.
  static let plainForwarded = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 002b                                # version 4, 20 bytes of header, 43 in all
    1234 4000                                # identification, do not fragment
    3f06 0a56                                # time to live 63, protocol 6, header checksum
    0a00 0104                                # source 10.0.1.4
    143c 0004                                # destination 20.60.0.4
    c000 01bb                                # TCP 49152 to 443
    1122 3344 5566 7788                      # sequence, acknowledgment
    5018 ffff                                # 20 bytes of header, PSH ACK, window
    2230 0000                                # checksum, urgent pointer
    4745 54                                  # "GET"
    """)

  /// The same, its source made public: ICMP's checksum does not cover addresses.
  static let optionsTranslated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4700 0028                                # version 4, 28 bytes of header, 40 in all
    1234 4000                                # identification, do not fragment
    4001 4057                                # time to live 64, protocol 1, header checksum
    cb00 7104                                # source 203.0.113.4
    143c 0004                                # destination 20.60.0.4
    9404 0000                                # option: router alert
    0101 0100                                # no-operations, end of options
    0800 1927                                # ICMP echo request, checksum
    0007 0001                                # identifier 7, number 1
    7069 6e67                                # "ping"
    """)

  /// The first fragment, its source made public: the checksum is the whole datagram's.
  static let firstFragmentTranslated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 0024                                # version 4, 20 bytes of header, 36 in all
    beef 2000                                # identification, more fragments
    4011 4b95                                # time to live 64, protocol 17, header checksum
    cb00 7104                                # source 203.0.113.4
    143c 0004                                # destination 20.60.0.4
    03e8 07d0                                # UDP 1000 to 2000
    0018 6b81                                # length 24, checksum
    0001 0203 0405 0607                      # data
    """)

  /// The later fragment, its source made public.
  static let laterFragmentTranslated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    0800                                     # IPv4
    4500 001c                                # version 4, 20 bytes of header, 28 in all
    beef 0002                                # identification, offset 16
    4011 6b9b                                # time to live 64, protocol 17, header checksum
    cb00 7104                                # source 203.0.113.4
    143c 0004                                # destination 20.60.0.4
    0809 0a0b 0c0d 0e0f                      # data from the middle of the datagram
    """)

  /// The same with another source.
  static let extensionHeadersTranslated = hex(
    """
    1234 5678 9abc  0200 0a00 0104           # to 12:34:56:78:9a:bc, from 02:00:0a:00:01:04
    86dd                                     # IPv6
    6000 0000                                # version 6
    0030 0040                                # payload 48, next header 0, hop limit 64
    2001 0db8 ffff 0000 0000 0000 0000 0004  # source 2001:db8:ffff::4
    2001 0db8 0000 0000 0000 0000 0000 0001  # destination 2001:db8::1
    3c00 0502 0000 0100                      # hop-by-hop: router alert; next 60
    2c00 0104 0000 0000                      # destination options: padding; next 44
    0600 0000 cafe babe                      # fragment: offset 0, the last; identification; next 6
    c000 01bb                                # TCP 49152 to 443
    0000 0001 0000 0000                      # sequence, acknowledgment
    6002 ffff                                # 24 bytes of header, SYN, window
    7b07 0000                                # checksum, urgent pointer
    0204 05a0                                # option: maximum segment 1440
    """)
}
