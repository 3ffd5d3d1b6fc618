import Testing

@testable import Wire

@Suite("I2: HTTP hosts")
struct HTTPHostTests {
  private func read(_ text: String) -> HostNameReading { reading(Array(text.utf8)) }

  @Test("I2: the Host of a request, wherever it is cut")
  func host() {
    #expect(
      read("GET / HTTP/1.1\r\nHost: contoso.blob.core.windows.net\r\nAccept: */*\r\n\r\n")
        == .name("contoso.blob.core.windows.net"))
    #expect(
      read("PUT /c/b?x=1 HTTP/1.1\r\nA: b:c\r\nhOsT:\t Contoso.Example.:8080 \r\n\r\nbody\n\r\n")
        == .name("contoso.example"))
    #expect(read("\r\nOPTIONS * HTTP/1.1\r\nHost:a.example\r\n\r\n") == .name("a.example"))
    #expect(read("GET / HTTP/1.0\r\nHost: a.example\r\nX: \u{e4}\r\n\r\n") == .name("a.example"))
  }

  @Test("I2: a request that names no host, or an address, has none")
  func noHost() {
    for text in [
      "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: 20.60.26.4:80\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
    ] {
      #expect(read(text) == .none, "\(text)")
    }
  }

  @Test("I2: a target in absolute form names the host, and Host has to be the same")
  func absoluteForm() {
    #expect(
      read("GET http://A.example:80/x?y=http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n")
        == .name("a.example"))
    #expect(read("GET HTTPS://a.example HTTP/1.0\r\n\r\n") == .name("a.example"))
    #expect(read("GET http://a.example/ HTTP/1.1\r\nHost:\r\n\r\n") == .name("a.example"))
    #expect(
      read("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n") == .name("a.example"))
    #expect(
      read("GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n") == .malformed(.hostsDiffer))
    #expect(read("GET http:///x HTTP/1.1\r\nHost: b.example\r\n\r\n") == .malformed(.host))
    #expect(
      read("GET http://u@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n") == .malformed(.host))
  }

  @Test(
    "I2: what two readers could understand in two ways is refused",
    arguments: [
      (
        "GET / HTTP/1.1\r\nHost: a.example\r\nhost: a.example\r\n\r\n", HostNameProblem.repeatedHost
      ),
      ("GET / HTTP/1.1\r\nX: y\r\n\r\n", .hostMissing),
      ("GET / HTTP/1.1\nHost: a.example\n\n", .lineEnd),
      ("GET / HTTP/1.1\r\nHost: a.example\n\r\n", .lineEnd),
      ("GET / HTTP/1.1\r\nX: a\rHost: b.example\r\n\r\n", .lineEnd),
      ("GET / HTTP/1.1\r\nHost : a.example\r\n\r\n", .field),
      ("GET / HTTP/1.1\r\n Host: a.example\r\n\r\n", .field),
      ("GET / HTTP/1.1\r\nX: y\r\n Host: a.example\r\n\r\n", .field),
      ("GET / HTTP/1.1\r\nnothing\r\nHost: a.example\r\n\r\n", .field),
      ("GET / HTTP/1.1\r\n: x\r\nHost: a.example\r\n\r\n", .field),
      ("GET / HTTP/1.1\r\nX: a\0b\r\nHost: a.example\r\n\r\n", .field),
      ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .host),
      ("GET / HTTP/1.1\r\nHost: a.example, b\r\n\r\n", .host),
      ("GET / HTTP/1.1\r\nHost: a.example:8x\r\n\r\n", .host),
      ("GET / HTTP/1.1\r\nHost: a.example:123456\r\n\r\n", .host),
      ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .host),
      ("GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", .host),
      ("GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", .host),
      ("GET  / HTTP/1.1\r\nHost: a.example\r\n\r\n", .requestLine),
      ("GET / x HTTP/1.1\r\nHost: a.example\r\n\r\n", .requestLine),
      ("GET ftp://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", .requestLine),
      ("GET a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", .requestLine),
      ("GET /\u{e4} HTTP/1.1\r\nHost: a.example\r\n\r\n", .requestLine),
      ("GET /\r\n\r\n", .requestLine), ("GET / HTTP/2.0\r\nHost: a.example\r\n\r\n", .version),
      ("GET / http/1.1\r\nHost: a.example\r\n\r\n", .version),
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .version),
      ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", .notRequest),
    ])
  func refused(_ text: String, _ problem: HostNameProblem) {
    #expect(read(text) == .malformed(problem))
  }

  @Test("I2: other protocols are known by their first bytes")
  func otherProtocols() {
    for text in ["\0\0", "SSH-2.0-OpenSSH_9 x\r\n".replacing("-", with: "("), "{\"x\"", "<x/>"] {
      var reader = HostNameReader()
      #expect(reader.read(Array(text.utf8)) == .malformed(.notRequest), "\(text)")
    }
    #expect(read(String(repeating: "x", count: 40)) == .malformed(.notRequest))
  }

  @Test("I2: a head that does not end is refused")
  func tooLong() {
    var reader = HostNameReader()
    #expect(reader.read(Array("GET / HTTP/1.1\r\n".utf8)) == .needMore)
    var answer = HostNameReading.needMore
    var count = 0
    while answer == .needMore, count < 1_000 {
      answer = reader.read(Array("X: \(String(repeating: "y", count: 60))\r\n".utf8))
      count += 1
    }
    #expect(answer == .malformed(.requestTooLong))
    #expect(count == (16_384 - 16) / 65 + 1)
  }

  @Test("I2: each problem has a sentence and a name of its own")
  func problems() {
    #expect(Set(HostNameProblem.allCases.map(\.sentence)).count == HostNameProblem.allCases.count)
  }
}
