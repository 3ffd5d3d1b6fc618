import TestSupport
import Testing
import Wire

@Suite("Prefixes") struct PrefixTests {
  private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

  @Test(
    "The text of a prefix",
    arguments: [
      ("10.0.0.0/16", "10.0.0.0/16"), ("0.0.0.0/0", "0.0.0.0/0"), ("10.0.1.4", "10.0.1.4/32"),
      ("FD00::/8", "fd00::/8"), ("::/0", "::/0"), ("2001:db8::1", "2001:db8::1/128"),
    ])
  func text(text: String, canonical: String) throws {
    #expect(try prefix(text).description == canonical)
  }

  @Test(
    "What is no prefix is not taken",
    arguments: [
      "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
      "10.0.0/8",
      "::/129", "::/1000", "10.0.0.0/ 8", "10.0.0.0/255.0.0.0",
    ])
  func refused(text: String) {
    #expect(IPPrefix(text) == nil)
    #expect(IPPrefix(lenient: text) == nil)
  }

  @Test("Bits behind the length are an error, or are cleared by those who say so")
  func hostBits() throws {
    #expect(IPPrefix("10.0.1.4/16") == nil)
    #expect(IPPrefix("fd00::1/64") == nil)
    #expect(try #require(IPPrefix(lenient: "10.0.1.4/16")) == prefix("10.0.0.0/16"))
    #expect(try #require(IPPrefix(lenient: "fd00::1/64")) == prefix("fd00::/64"))
  }

  @Test("A prefix holds its own, and nothing of the other version")
  func contains() throws {
    let network = try prefix("10.0.0.0/16")
    for (text, isInside) in [
      ("10.0.0.0", true), ("10.0.255.255", true), ("10.1.0.0", false), ("9.255.255.255", false),
      ("::a00:0", false),
    ] {
      #expect(network.contains(try #require(IPAddress(text))) == isInside, "\(text)")
    }
    #expect(network.contains(try prefix("10.0.1.0/24")))
    #expect(network.contains(network))
    #expect(!network.contains(try prefix("10.0.0.0/15")))
    #expect(!IPPrefix.anyIPv6.contains(network))
    #expect(IPPrefix.anyIPv4.contains(network) && IPPrefix.anyIPv4.isDefault)
  }

  @Test("Of two prefixes one holds the other, or they share nothing")
  func intersection() throws {
    var generator = SeededGenerator(seed: 4632)
    for _ in 0..<2_000 {
      let prefixes = (0..<2).map { _ in
        IPPrefix(
          .v4(IPv4Address(.random(in: 0...0xff, using: &generator) << 24)),
          length: .random(in: 0...10, using: &generator))
      }
      let (a, b) = (prefixes[0], prefixes[1])
      let first = max(a.address, b.address)
      let last = min(a.last, b.last)
      #expect(a.overlaps(b) == (first <= last), "\(a) \(b)")
      #expect(a.intersection(b) == b.intersection(a), "\(a) \(b)")
      if let shared = a.intersection(b) {
        #expect(shared.address == first && shared.last == last, "\(a) \(b)")
      } else {
        #expect(first > last, "\(a) \(b)")
      }
    }
  }

  @Test("The first, the last, and the addresses between")
  func ends() throws {
    #expect(try prefix("10.0.1.0/24").last.description == "10.0.1.255")
    #expect(IPPrefix.anyIPv4.last.description == "255.255.255.255")
    #expect(try prefix("fd00::/126").last.description == "fd00::3")
    #expect(IPPrefix.anyIPv6.last.bits == .max)
    #expect(try prefix("10.0.1.0/24").address(at: 1).description == "10.0.1.1")
    #expect(try prefix("fd00:1::/64").address(at: 4).description == "fd00:1::4")
    #expect(try IPPrefix(host: #require(IPAddress("::1"))).length == 128)
  }

  @Test("The order of a routing table: by address, the shorter first, IPv4 before IPv6")
  func order() throws {
    let sorted = try ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24", "::/0", "fd00::/8"]
      .map(prefix)
    #expect(sorted.shuffled().sorted() == sorted)
  }
}
