import CLibnl
import Foundation
import Glibc
import TestSupport

/// A network namespace that one test made, and removes. Its name says whose it is.
final class TestNamespace: Sendable {
  let name: String

  init(_ label: String) throws {
    name = "spl-rs-\(label)-\(getpid())"
    try Shell.run("ip", "netns", "add", name)
    try Shell.run("ip", "-n", name, "link", "set", "lo", "up")
  }

  deinit { _ = try? Shell.run("ip", "netns", "del", name) }

  /// `ip` inside it.
  func ip(_ arguments: String...) throws {
    try Shell.run(["ip", "-n", name] + arguments)
  }

  /// Many lines of `ip -batch` inside it.
  func batch(_ lines: [String]) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(name).batch")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
    try Shell.run("ip", "-n", name, "-batch", file.path)
  }

  /// Runs a piece of code on a thread of its own inside the namespace. What it makes, such as a socket, stays
  /// there for good.
  func enter<Value>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let descriptor = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let outcome = Box<Result<Value, any Error>>()
    let done = DispatchSemaphore(value: 0)
    Thread {
      outcome.value =
        spurline_enter_network_namespace(descriptor) == 0
        ? Result { try body() } : .failure(Shell.Failure(message: "setns: \(errno)"))
      done.signal()
    }.start()
    done.wait()
    guard let value = outcome.value else { throw Shell.Failure(message: "no outcome") }
    return try value.get()
  }

  /// Handed from one thread to another, which waits.
  private final class Box<Value>: @unchecked Sendable {
    var value: Value?
  }
}
