import Testing

@testable import Replay

@Suite("Hexadecimal digits are read as people copy them")
struct HexInputTests {
  static let bytes: [UInt8] = [
    0x45, 0, 0, 0x14, 0, 1, 0, 0, 0x40, 6, 0, 0, 0x0a, 0, 1, 4, 0x14, 0x3c, 0x1a, 0x84,
  ]

  @Test(
    "Plain digits and dumps give the same bytes",
    arguments: [
      "4500001400010000400600000a000104143c1a84",
      "0x4500001400010000400600000a000104143c1a84",
      "45 00 00 14 00 01 00 00 40 06 00 00 0a 00 01 04 14 3c 1a 84",
      "45:00:00:14:00:01:00:00:40:06:00:00:0a:00:01:04:14:3c:1a:84",
      "4500 0014 0001 0000\n4006 0000 0a00 0104\r\n143c 1a84\n",
      "0x45, 0x00, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x40, 0x06, 0, 0x00".replacing(
        ", 0,", with: ", 0x00,")
        + " 0x0a, 0x00, 0x01, 0x04, 0x14, 0x3c, 0x1a, 0x84",
      // tcpdump -x, and -X with its column of characters.
      "09:30:00.000001 IP 10.0.1.4 > 20.60.26.132: tcp 0\n\t0x0000:  4500 0014 0001 0000 4006 0000 0a00 0104\n"
        + "\t0x0010:  143c 1a84\n",
      "\t0x0000:  4500 0014 0001 0000 4006 0000 0a00 0104  E.......@.......\n\t0x0010:  143c 1a84                                .<..\n",
      // xxd.
      "00000000: 4500 0014 0001 0000 4006 0000 0a00 0104  E.......@.......\n00000010: 143c 1a84                                .<..\n",
      // hexdump -C.
      "00000000  45 00 00 14 00 01 00 00  40 06 00 00 0a 00 01 04  |E.......@.......|\n00000010  14 3c 1a 84                                       |.<..|\n00000014\n"
        .replacing("00000014\n", with: ""),
      // Wireshark.
      "0000   45 00 00 14 00 01 00 00 40 06 00 00 0a 00 01 04   E.......@.......\n0010   14 3c 1a 84                                       .<..\n",
      // A column of characters that looks like digits.
      "0x0000:  4500 0014 0001 0000 4006 0000 0a00 0104  abcdef0123456789\n0x0010:  143c 1a84                                beef\n",
    ])
  func forms(text: String) throws {
    #expect(try HexInput.bytes(text) == Self.bytes)
  }

  @Test(
    "What is no packet's digits is refused by name",
    arguments: [
      ("", "it holds no digits"), ("  \n", "it holds no digits"),
      ("450", "it has 3 digits, and a byte has two"),
      ("4500\n00zz", "'z' in line 2 is no hexadecimal digit"),
      ("tcp 10.0.1.4", "'t' in line 1 is no hexadecimal digit"),
      (String(repeating: "0", count: 131_202), "it is longer than 65600 bytes"),
    ])
  func refused(text: String, message: String) {
    do {
      _ = try HexInput.bytes(text)
      Issue.record("accepted")
    } catch {
      #expect(error.description.contains(message), "\(error)")
    }
  }

  @Test("What is said to be an IP packet must begin as one")
  func rawIP() throws {
    #expect(throws: ReplayError.self) {
      try HexInput.frame([0x20, 0, 0], isRawIP: true, at: nil)
    }
    #expect(try HexInput.frame(Self.bytes, isRawIP: nil, at: nil).count == Self.bytes.count + 14)
    #expect(try HexInput.frame([1, 2, 3], isRawIP: nil, at: nil) == [1, 2, 3])
  }
}
