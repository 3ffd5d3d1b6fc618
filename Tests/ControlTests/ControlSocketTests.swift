import Foundation
import Testing

@testable import Control

@Suite struct ControlSocketTests {
  let directory = try! TemporaryDirectory()
  var path: String { directory.path + "/control.sock" }

  @Test("a socket that a crashed instance left behind is removed")
  func stale() throws {
    let descriptor = try listener()
    close(descriptor)
    #expect(FileManager.default.fileExists(atPath: path))
    _ = try ControlSocket(path: path).claim()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("a socket on which somebody answers is left alone")
  func inUse() throws {
    let descriptor = try listener()
    defer { close(descriptor) }
    #expect(throws: ControlSocketError.inUse(path)) { _ = try ControlSocket(path: path).claim() }
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test("a file that is no socket is never removed")
  func notASocket() throws {
    try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: ControlSocketError.notASocket(path)) {
      _ = try ControlSocket(path: path).claim()
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test("the directory of the socket is made")
  func directoryMade() throws {
    let nested = directory.path + "/a/b/control.sock"
    _ = try ControlSocket(path: nested).claim()
    #expect(FileManager.default.fileExists(atPath: directory.path + "/a/b"))
  }

  @Test("a path that the kernel cannot take is refused by name")
  func tooLong() {
    let long = "/tmp/" + String(repeating: "x", count: 120)
    #expect(throws: ControlSocketError.pathTooLong(long, limit: 107)) {
      _ = try ControlSocket(path: long).claim()
    }
  }

  @Test("without an instance, a client names the socket and says how to start one")
  func notRunning() {
    let error = #expect(throws: ControlClientError.self) {
      try ControlClient(socket: path).status()
    }
    #expect(
      error?.description == "no instance answers on \(path) (No such file or directory); "
        + "start one with `spurline run`")
  }

  @Test("an instance that dies in the middle of an answer is an error, not an empty report")
  func cutShort() async throws {
    let descriptor = try listener()
    defer { close(descriptor) }
    let server = Thread {
      let connection = accept(descriptor, nil, nil)
      let text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
      _ = text.withCString { write(connection, $0, strlen($0)) }
      close(connection)
    }
    server.start()
    let error = #expect(throws: ControlClientError.self) {
      try ControlClient(socket: path).status()
    }
    guard case .badAnswer = error else {
      Issue.record("expected a bad answer, not \(String(describing: error))")
      return
    }
  }

  private func listener() throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0 && listen(descriptor, 5) == 0)
    return descriptor
  }
}
