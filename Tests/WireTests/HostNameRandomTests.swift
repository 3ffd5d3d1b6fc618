import TestSupport
import Testing

@testable import Wire

/// Random changes to good beginnings of connections: never a crash, and the same answer wherever they are cut.
@Suite("I2: damaged beginnings")
struct HostNameRandomTests {
  private static let good: [[UInt8]] = [
    ClientHellos.openSSL, ClientHellos.records(ClientHellos.hello(named: "a.example"), each: 30),
    Array("GET http://a.example/ HTTP/1.1\r\nHost: a.example:80\r\nX: [y]\r\n\r\n".utf8),
    Array("POST / HTTP/1.1\r\nAccept: */*\r\nHost: [2001:db8::1]:80\r\n\r\nbody".utf8),
  ]

  @Test("I2: the answer depends on the bytes, not on where they are cut", arguments: 0..<40)
  func cuts(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var bytes = Self.good.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(.random(in: 0...255, using: &random), at: place)
        case 2: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        default: bytes.removeSubrange(place...)
        }
      }
      var whole = HostNameReader()
      let expected = whole.read(bytes)
      var reader = HostNameReader()
      var rest = bytes[...]
      var answer = HostNameReading.needMore
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...80, using: &random))
        rest = rest.dropFirst(piece.count)
        answer = reader.read(piece)
      }
      #expect(answer == expected, "\(pasteable(bytes))")
    }
  }
}
