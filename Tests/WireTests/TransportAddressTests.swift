import Testing
import Wire

@Suite("an address and a port")
struct TransportAddressTests {
  @Test(
    "what is written can be read", arguments: ["10.0.1.4:80", "[2001:db8::4]:443", "0.0.0.0:0"])
  func roundTrip(_ text: String) throws {
    #expect(try #require(TransportAddress(text)).description == text)
  }

  @Test(
    "everything else is refused",
    arguments: [
      "", ":", "10.0.1.4", "10.0.1.4:", ":80", "10.0.1.4:65536", "10.0.1.4:+80", "10.0.1.4:-1",
      "10.0.1.4: 80", "[10.0.1.4]:80", "2001:db8::4", "2001:db8::4:80x", "[2001:db8::4]", "[]:80",
      "10.0.1:80", "host:80", "10.0.1.4:８０",
    ])
  func refused(_ text: String) { #expect(TransportAddress(text) == nil) }
}
