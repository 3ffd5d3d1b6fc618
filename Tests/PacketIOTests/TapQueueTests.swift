import Dataplane
import Foundation
import TestSupport
import Testing

@testable import PacketIO

@Suite("Queues and offloads of TAP devices", .serialized, .needsNamespaces)
struct TapQueueTests {
  /// UDP of a flow of its own, 64 bytes: nobody looks at its checksums.
  private static func frame(_ source: UInt8, port: UInt16, isReply: Bool = false) -> [UInt8] {
    let (here, there): ([UInt8], [UInt8]) = ([10, 0, 0, source], [10, 0, 1, 1])
    let ports = [port, 53].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    let swapped = Array(ports[2...] + ports[..<2])
    return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 17, 0, 0]
      + (isReply ? there + here : here + there) + (isReply ? swapped : ports)
      + [0, 30, 0, 0] + [UInt8](repeating: 0, count: 22)
  }

  private static let ports = (0..<64).map { UInt16(2_000 + 7 * $0) }

  @Test("Each of several queues gets packets of some flow, and a flow stays in its queue")
  func spread() throws {
    let namespace = try TestNamespace("tapq")
    let tap = try TapPort(
      name: "vm2", device: "spltap", namespace: NetworkNamespace(namespace.name), bringUp: true,
      queues: 4)
    #expect(tap.queueCount == 4)
    let kernel = try namespace.pcapPort("spltap")
    let frames = Self.ports.map { Self.frame(1, port: $0) }
    for _ in 0..<2 { try kernel.send(frames) }
    var perQueue: [[[UInt8]]] = []
    for index in 0..<4 {
      perQueue.append(try tap.queue(index).frames(2 * frames.count, patience: 100))
    }
    #expect(perQueue.allSatisfy { !$0.isEmpty })
    #expect(perQueue.reduce(0) { $0 + $1.count } == 2 * frames.count)
    // Both packets of a flow, one behind the other, in the same queue.
    for queue in perQueue {
      for frame in queue { #expect(queue.count { $0 == frame } == 2) }
    }
    #expect(tap.statistics.received == UInt64(2 * frames.count))
  }

  @Test("A flow's packets come by the queue that its replies were sent by")
  func steering() throws {
    let namespace = try TestNamespace("tapsteer")
    let tap = try TapPort(
      name: "vm2", device: "spltap", namespace: NetworkNamespace(namespace.name), bringUp: true,
      queues: 3)
    let kernel = try namespace.pcapPort("spltap")
    for index in 0..<3 {
      let source = UInt8(10 + index)
      for port in Self.ports {
        try tap.queue(index).send([Self.frame(source, port: port, isReply: true)])
      }
      try kernel.send(Self.ports.map { Self.frame(source, port: $0) })
      let received = try tap.queue(index).frames(Self.ports.count, patience: 100)
      #expect(received.count == Self.ports.count)
    }
  }

  @Test("One thread is woken for every queue, and serves all of them")
  func together() throws {
    let namespace = try TestNamespace("tapall")
    let tap = try TapPort(
      name: "vm2", device: "spltap", namespace: NetworkNamespace(namespace.name), bringUp: true,
      queues: 4)
    let kernel = try namespace.pcapPort("spltap")
    let frames = Self.ports.map { Self.frame(1, port: $0) }
    try kernel.send(frames)
    #expect(Set(try tap.frames(frames.count)) == Set(frames))
    try tap.send([frames[0]])
    #expect(try kernel.frames(1) == [frames[0]])
    tap.close()
    #expect(tap.pollDescriptor == nil)
  }

  @Test("A device is attached in the way that it was made, or refused with what to do")
  func attached() throws {
    let namespace = try TestNamespace("tapway")
    let place = NetworkNamespace(namespace.name)
    try namespace.ip("tuntap", "add", "dev", "splone", "mode", "tap")
    try namespace.ip("tuntap", "add", "dev", "splmany", "mode", "tap", "multi_queue")
    try namespace.ip("tuntap", "add", "dev", "spltun", "mode", "tun")
    try namespace.ip("link", "set", "splmany", "up")
    func open(_ device: String, _ queues: Int) throws -> TapPort {
      try TapPort(name: "vm2", device: device, namespace: place, queues: queues)
    }
    #expect(try open("splone", 1).queueCount == 1)
    let many = try open("splmany", 3)
    #expect(many.queueCount == 3)
    many.close()
    // One queue of a device that could have more.
    let one = try open("splmany", 1)
    let kernel = try namespace.pcapPort("splmany")
    let frames = Self.ports.map { Self.frame(1, port: $0) }
    try kernel.send(frames)
    #expect(try one.frames(frames.count) == frames)
    for (device, queues, reason) in [
      (
        "splone", 2, "it has one queue, and 2 are asked for; make it with `ip tuntap add dev splone"
      ),
      ("spltun", 1, "is no TAP"), ("spltun", 2, "is no TAP"),
      ("spltap", 0, "0 queues are not possible; use 1 to 256"),
      ("spltap", 257, "257 queues are not possible"),
    ] {
      let error = #expect(throws: PortError.self) { _ = try open(device, queues) }
      #expect(try #require(error).description.contains(reason), "\(String(describing: error))")
    }
    // Nothing was made of a name that was refused.
    #expect(throws: Shell.Failure.self) { try namespace.ip("link", "show", "spltap") }
  }

  @Test("A device is shared by ports that each have a queue of their own")
  func shared() throws {
    let namespace = try TestNamespace("tapshare")
    let place = NetworkNamespace(namespace.name)
    func open() throws -> TapPort {
      try TapPort(name: "vm2", device: "spltap", namespace: place, bringUp: true, isShared: true)
    }
    let (first, second) = (try open(), try open())
    let kernel = try namespace.pcapPort("spltap")
    // What a port has sent the reply of comes back to it.
    for (source, port) in [(UInt8(21), first), (22, second)] {
      try port.send([Self.frame(source, port: 2_000, isReply: true)])
      try kernel.send([Self.frame(source, port: 2_000)])
      #expect(try port.frames(1) == [Self.frame(source, port: 2_000)])
    }
    second.close()
    try kernel.send(Self.ports.map { Self.frame(23, port: $0) })
    #expect(try first.frames(Self.ports.count).count == Self.ports.count)
    // Offloads are the device's: whoever closes takes them from nobody else.
    let features = try Shell.run("ip", "netns", "exec", namespace.name, "ethtool", "-k", "spltap")
    #expect(features.contains("tcp-segmentation-offload: on"), "\(features)")
  }

  @Test(
    "Without the header frames pass as before, and nothing is left over from a port that had it")
  func withoutHeader() throws {
    let namespace = try TestNamespace("tapplain")
    let place = NetworkNamespace(namespace.name)
    try namespace.ip("tuntap", "add", "dev", "spltap", "mode", "tap")
    try namespace.ip("link", "set", "spltap", "up")
    for offloads in [TapPort.Offloads.segmentation, .none, .segmentation, .none] {
      let tap = try TapPort(name: "vm2", device: "spltap", namespace: place, offloads: offloads)
      #expect(tap.offloads == offloads)
      let kernel = try namespace.pcapPort("spltap")
      let frames = [sampleFrame(1), sampleFrame(2, count: 1_514)]
      try tap.send(frames)
      #expect(try kernel.frames(2) == frames)
      try kernel.send(frames)
      #expect(try tap.frames(2) == frames)
      let features = try Shell.run(
        "ip", "netns", "exec", namespace.name, "ethtool", "-k", "spltap")
      let isOn = features.contains("tcp-segmentation-offload: on")
      #expect(isOn == (offloads == .segmentation), "\(features)")
      tap.close()
    }
  }
}
