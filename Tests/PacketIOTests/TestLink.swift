import Dataplane
import Foundation
import PacketIO
import TestSupport

/// A network namespace that one test made, and removes. Its name says whose it is.
final class TestNamespace: Sendable {
  let name: String

  /// Left by a run that was killed.
  private static let stale: Void = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
    for name in names where name.hasPrefix("spl-io-") {
      guard let process = name.split(separator: "-").last.flatMap({ pid_t($0) }),
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      _ = try? Shell.run("ip", "netns", "del", name)
    }
  }()

  static let canBeMade = (try? TestNamespace("probe")) != nil

  init(_ label: String) throws {
    _ = Self.stale
    name = "spl-io-\(label)-\(getpid())"
    try Shell.run("ip", "netns", "add", name)
    // No neighbour discovery among the frames that tests count.
    for scope in ["all", "default"] {
      try Shell.run(
        "ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.\(scope).disable_ipv6=1")
    }
  }

  deinit { _ = try? Shell.run("ip", "netns", "del", name) }

  /// `ip` inside it.
  @discardableResult
  func ip(_ arguments: String...) throws -> String {
    try Shell.run(["ip", "-n", name] + arguments)
  }

  func pcapPort(
    _ device: String, bufferSize: Int = PcapPort.defaultBufferSize
  ) throws -> PcapPort {
    try NetworkNamespace(name).perform { () throws(PortError) -> sending PcapPort in
      try PcapPort(name: "port-\(device)", device: device, bufferSize: bufferSize)
    }
  }
}

/// Two namespaces with a veth pair between them: `spla` in one, `splb` in the other, both up.
final class TestLink: Sendable {
  let a: TestNamespace
  let b: TestNamespace

  init(_ label: String) throws {
    a = try TestNamespace("a-\(label)")
    b = try TestNamespace("b-\(label)")
    try a.ip("link", "add", "spla", "type", "veth", "peer", "name", "splb", "netns", b.name)
    try a.ip("link", "set", "spla", "up")
    try b.ip("link", "set", "splb", "up")
  }
}

extension PacketIO.Port {
  /// Sends frames as one vector.
  func send(_ frames: [[UInt8]]) throws {
    var vector = PacketVector()
    for frame in frames {
      let isTaken = frame.withUnsafeBytes { vector.append($0, wireLength: $0.count, timestamp: 0) }
      precondition(isTaken)
    }
    try (0..<vector.count).map { vector[$0] }.withUnsafeBufferPointer { try transmit($0) }
  }

  /// The frames that arrive until there are `count` of the test's own, or nothing has come for `patience`
  /// milliseconds.
  func frames(_ count: Int, patience: Int32 = 1_000) throws -> [[UInt8]] {
    var vector = PacketVector()
    var frames: [[UInt8]] = []
    while frames.count < count {
      vector.removeAll()
      if try receive(into: &vector) == 0 {
        var descriptor = pollfd(fd: pollDescriptor!, events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, patience) == 0 { break }
      }
      frames += (0..<vector.count).map { Array(vector[$0].buffer) }
    }
    return frames
  }
}
