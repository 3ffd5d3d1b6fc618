import Foundation
import Testing

@testable import Wire

/// The answer to a whole, and whether any cut in two, or into single bytes, changes it.
func reading(
  _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) -> HostNameReading {
  var whole = HostNameReader()
  let answer = whole.read(bytes)
  for cut in 0...bytes.count {
    var reader = HostNameReader()
    let first = reader.read(bytes[..<cut])
    let second = reader.read(bytes[cut...])
    #expect(second == answer, "cut at \(cut)", sourceLocation: sourceLocation)
    #expect(first == .needMore || first == answer, "cut at \(cut)", sourceLocation: sourceLocation)
  }
  var reader = HostNameReader()
  var last = HostNameReading.needMore
  for byte in bytes { last = reader.read([byte]) }
  #expect(last == answer, "byte by byte", sourceLocation: sourceLocation)
  return answer
}

@Suite("I2: TLS server names")
struct ClientHelloTests {
  @Test("I2: the name of OpenSSL's ClientHello, wherever it is cut")
  func golden() {
    let name = HostNameReading.name("contoso.blob.core.windows.net")
    #expect(reading(ClientHellos.openSSL) == name)
    // Nothing is said before the last byte, and what follows changes nothing.
    var reader = HostNameReader()
    #expect(reader.read(ClientHellos.openSSL.dropLast()) == .needMore)
    #expect(reader.read(ClientHellos.openSSL.suffix(1)) == name)
    #expect(reader.read([0x17, 3, 3, 0, 0]) == name)
    #expect(reader.read([]) == name)
  }

  @Test("I2: a handshake in several records", arguments: [1, 2, 3, 4, 5, 40, 100, 511, 512, 513])
  func records(size: Int) {
    let message = Array(ClientHellos.openSSL.dropFirst(5))
    #expect(
      reading(ClientHellos.records(message, each: size)) == .name("contoso.blob.core.windows.net"))
  }

  @Test("I2: names are in lower case, without the dot at the end; without a name there is none")
  func names() {
    let read = { (name: String) in reading(ClientHellos.records(ClientHellos.hello(named: name))) }
    #expect(read("Contoso.BLOB.core.windows.net.") == .name("contoso.blob.core.windows.net"))
    #expect(read("a_b-1.example") == .name("a_b-1.example"))
    let label = String(repeating: "x", count: 63)
    let longest = "\(label).\(label).\(label).\(label.dropLast(2))"
    #expect(read(longest) == .name(longest))
    for extensions in [nil, [], [(type: 0x10, data: [UInt8](repeating: 0, count: 3))]] {
      let message = ClientHellos.hello(extensions: extensions)
      #expect(reading(ClientHellos.records(message)) == .none)
    }
    // A name of a type that is not defined is passed over.
    let other = ClientHellos.serverName([(9, "x"), (0, "a.example")])
    #expect(
      reading(ClientHellos.records(ClientHellos.hello(extensions: [(0, other)])))
        == .name("a.example"))
  }

  @Test(
    "I2: what is no host name is refused",
    arguments: [
      "", ".", "a..b", ".a", "a b", "a/b", "a\0b", "ä.example", "10.0.0.1", "2001:db8::1", "a:443",
      String(repeating: "x", count: 64), String(repeating: "a.", count: 127) + "a",
    ])
  func noName(name: String) {
    #expect(
      reading(ClientHellos.records(ClientHellos.hello(named: name))) == .malformed(.serverName))
  }

  @Test("I2: two names are refused, in one extension or in two")
  func repeated() {
    let both = ClientHellos.serverName([(0, "a.example"), (0, "b.example")])
    let one = ClientHellos.serverName([(0, "a.example")])
    for extensions in [[(0, both)], [(0, one), (0x10, []), (0, one)]] as [[(Int, [UInt8])]] {
      let message = ClientHellos.hello(extensions: extensions.map { (type: $0.0, data: $0.1) })
      #expect(reading(ClientHellos.records(message)) == .malformed(.repeatedServerName))
    }
  }

  @Test("I2: records that are none are refused at their first wrong byte")
  func badRecords() {
    let message = ClientHellos.hello(named: "a.example")
    let good = ClientHellos.records(message, each: 20)
    func changed(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
      var bad = good
      bad.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return bad
    }
    #expect(reading(changed(1, [2])) == .malformed(.recordVersion))
    #expect(reading(changed(3, [0, 0])) == .malformed(.recordLength))
    #expect(reading(changed(3, [0x40, 1])) == .malformed(.recordLength))
    #expect(reading(changed(5, [2])) == .malformed(.notClientHello))
    // Another kind of record inside the message: after the first one's 25 bytes.
    #expect(reading(changed(25, [20])) == .malformed(.notHandshake))
    #expect(reading(changed(6, [0, 0x40, 1])) == .malformed(.helloTooLong))
    #expect(reading(changed(6, [1, 0, 0])) == .malformed(.helloTooLong))
    // The message that ends before its own vectors do.
    #expect(reading(changed(6, [0, 0, 50])) == .malformed(.helloLengths))
    var reader = ClientHelloReader()
    #expect(reader.read([0x80]) == .malformed(.notHandshake))
  }

  @Test("I2: lengths that contradict each other are refused")
  func badLengths() {
    let refused = { (message: [UInt8]) in
      reading(ClientHellos.records(message)) == .malformed(.helloLengths)
    }
    #expect(refused(ClientHellos.hello(extensions: [], session: 33)))
    #expect(refused(ClientHellos.hello(extensions: [], suites: [])))
    #expect(refused(ClientHellos.hello(extensions: [], suites: [0x13, 1, 0x13])))
    #expect(refused(ClientHellos.hello(extensions: [], compressions: [])))
    #expect(refused([1, 0, 0, 0]))
    // Each length of the golden hello, one less and one more: at session, suites, compression, extensions.
    let golden = Array(ClientHellos.openSSL.dropFirst(5))
    for (offset, width) in [(38, 1), (71, 2), (109, 1), (111, 2), (115, 2)] {
      for step in [-1, 1] {
        var message = golden
        let last = offset + width - 1
        message[last] = UInt8(truncatingIfNeeded: Int(message[last]) + step)
        let answer = reading(ClientHellos.records(message))
        guard case .malformed = answer else {
          Issue.record("length at \(offset) by \(step): \(answer)")
          continue
        }
      }
    }
  }

  @Test("I2: Python's TLS library says the same name, in every version it speaks")
  func judge() throws {
    let script = """
      import ssl
      for name in ["contoso.blob.core.windows.net", "A-1.Example", "x" * 63 + ".example"]:
          for low in [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]:
              for protocols in [[], ["h2", "http/1.1"]]:
                  context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                  context.maximum_version = context.minimum_version = low
                  if protocols: context.set_alpn_protocols(protocols)
                  out = ssl.MemoryBIO()
                  client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
                  try: client.do_handshake()
                  except ssl.SSLWantReadError: pass
                  print(name.lower(), out.read().hex())
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus != 127 else {
      print("SKIPPED: no python3, which judges server names")
      if ProcessInfo.processInfo.environment["CI"] != nil {
        Issue.record("python3 must be there in CI")
      }
      return
    }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 12)
    for line in lines {
      let words = line.split(separator: " ")
      #expect(reading(hex(String(words[1]))) == .name(String(words[0])))
    }
  }
}
