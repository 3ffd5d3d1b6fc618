import Foundation
import Testing

@testable import Control

@Suite struct HTTPAnswerTests {
  struct Malformed: Error {}

  @Test("a body of stated length, whatever follows it")
  func length() throws {
    let (status, body) = try parse("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}junk")
    #expect(status == 404)
    #expect(body == "{}")
  }

  @Test("a chunked body is put together")
  func chunked() throws {
    let (_, body) = try parse(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"
    )
    #expect(body == "abc0123456789")
  }

  @Test(
    "answers that are none, or cut short",
    arguments: [
      "", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    ])
  func malformed(text: String) {
    #expect(throws: Malformed.self) { _ = try parse(text) }
  }

  private func parse(_ text: String) throws -> (Int, String) {
    let (status, body) = try HTTPAnswer.parse(Data(text.utf8)) { _ in Malformed() }
    return (status, String(decoding: body, as: UTF8.self))
  }
}
