import TestSupport
import Testing
import Wire

@Suite("Addresses and their text") struct AddressTests {
  @Test("IPv4: four decimal bytes", arguments: ["0.0.0.0", "10.0.1.4", "255.255.255.255"])
  func ipv4(text: String) throws {
    #expect(try #require(IPv4Address(text)).description == text)
  }

  @Test(
    "IPv4: no other form is taken",
    arguments: [
      "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "01.2.3.4",
      "1.2.3.4 ",
      "+1.2.3.4", "-0.2.3.4", "0x1.2.3.4", "1.2.3.4/32", "１.2.3.4",
    ])
  func ipv4Refused(text: String) { #expect(IPv4Address(text) == nil) }

  @Test(
    "IPv6: any form in, the form of RFC 5952 out",
    arguments: [
      ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
      ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"), ("2001:0db8::0001", "2001:db8::1"),
      // One group of zeros is not shortened; of two equal runs the first is (sections 4.2.2, 4.2.3).
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
      ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
      ("::ffff:10.0.1.4", "::ffff:a00:104"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
      ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("::1.2.3.4", "::102:304"),
      ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
  func ipv6(text: String, canonical: String) throws {
    let address = try #require(IPv6Address(text))
    #expect(address.description == canonical)
    #expect(IPv6Address(canonical) == address)
  }

  @Test(
    "IPv6: what is no address is not taken",
    arguments: [
      "", ":", ":::", "::::", "1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::2",
      "1::2:",
      "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "1::2:3:4:5:6:7:8", "12345::", "::g", "::-0", "::+1",
      "::-1",
      "fe80::1%eth0", "::1/128", "[::1]", " ::1", "::1.2.3", "::1.2.3.256", "1.2.3.4::",
      "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "::１",
    ])
  func ipv6Refused(text: String) { #expect(IPv6Address(text) == nil) }

  @Test("IPv6: a random address survives its text")
  func ipv6RoundTrip() {
    var generator = SeededGenerator(seed: 5952)
    for _ in 0..<2_000 {
      // Whole groups of zeros are what the text is about.
      let groups = (0..<8).map { _ in
        Bool.random(using: &generator) ? 0 : UInt16.random(in: 0...0xffff, using: &generator)
      }
      let address = IPv6Address(groups.reduce(0) { $0 << 16 | UInt128($1) })
      #expect(IPv6Address(address.description) == address)
      #expect(!address.description.contains(":::"))
    }
  }

  @Test("The order is IPv4 before IPv6, then by number")
  func order() throws {
    let texts = [
      "0.0.0.0", "10.0.0.2", "10.0.0.10", "255.255.255.255", "::", "::2", "::10", "ff02::1",
    ]
    let addresses = try texts.map { try #require(IPAddress($0)) }
    #expect(addresses.reversed().sorted() == addresses)
    #expect(addresses.map(\.description) == texts)
    #expect(addresses.map(\.width) == [32, 32, 32, 32, 128, 128, 128, 128])
  }

  @Test("MAC: with colons, or with hyphens as Azure prints it")
  func mac() throws {
    let address = try #require(MACAddress("00-0D-3a-bC-de-F0"))
    #expect(address.description == "00:0d:3a:bc:de:f0")
    #expect(MACAddress("00:0d:3A:bc:de:f0") == address)
    #expect(address.bits == 0x000d_3abc_def0)
    #expect(!address.isGroup && MACAddress.broadcast.isGroup)
    #expect(try #require(MACAddress("01:00:5e:00:00:01")).isGroup)
    #expect(MACAddress(0xabcd_0000_0000_0001).bits == 1, "more than 48 bits are dropped")
  }

  @Test(
    "MAC: no other form is taken",
    arguments: [
      "", "000d3abcdef0", "00:0d:3a:bc:de", "00:0d:3a:bc:de:f0:01", "0:d:3a:bc:de:f0",
      "00:0d-3a:bc-de:f0", "00:0d:3a:bc:de:g0", "+0:0d:3a:bc:de:f0", "00:0d:3a:bc:de:+a",
      "000d.3abc.def0",
    ])
  func macRefused(text: String) { #expect(MACAddress(text) == nil) }
}
