import Dataplane
import Foundation
import TestSupport
import Testing

@testable import PacketIO

@Suite("TAP devices", .serialized, .needsNamespaces)
struct TapPortTests {
  @Test("Frames pass in both directions between the port and the device's kernel end")
  func roundTrip() throws {
    let namespace = try TestNamespace("tap")
    let tap = try TapPort(
      name: "vm2", device: "spltap", namespace: NetworkNamespace(namespace.name), mtu: 9_000,
      bringUp: true)
    let kernel = try namespace.pcapPort("spltap")
    let frames = [sampleFrame(1), sampleFrame(2, count: 9_014)]
    try tap.send(frames)
    #expect(try kernel.frames(2) == frames)
    try kernel.send(frames)
    #expect(try tap.frames(2) == frames)
    #expect(tap.statistics.transmitted == 2)
    #expect(tap.statistics.received == 2)
    var vector = PacketVector()
    #expect(try tap.receive(into: &vector) == 0)
    // Tags stand in the frame here as well.
    let tagged = Array(frames[0][..<12]) + [0x81, 0, 0, 7] + Array(frames[0][12...])
    try kernel.send([tagged])
    #expect(try tap.frames(1) == [tagged])
    try tap.send([tagged])
    #expect(try kernel.frames(1) == [tagged])
  }

  @Test("The device stands in the namespace that was named, and the caller stays in its own")
  func namespaces() throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self/ns/net")
    let namespace = try TestNamespace("tapns")
    let tap = try TapPort(
      name: "vm2", device: "spltap", namespace: NetworkNamespace(namespace.name), mtu: 1_400,
      bringUp: true)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self/ns/net") == own)
    let link = try namespace.ip("-o", "link", "show", "spltap")
    #expect(link.contains("mtu 1400"))
    #expect(link.contains(",UP"))
    #expect(!FileManager.default.fileExists(atPath: "/sys/class/net/spltap"))
    // It goes away with the port.
    tap.close()
    #expect(throws: Shell.Failure.self) { try namespace.ip("link", "show", "spltap") }
    #expect(tap.pollDescriptor == nil)
  }

  @Test("A device that exists is attached, and stays when the port is closed")
  func persistent() throws {
    let namespace = try TestNamespace("taplab")
    try namespace.ip("tuntap", "add", "dev", "spltap", "mode", "tap")
    try namespace.ip("link", "set", "spltap", "up")
    for number in UInt8(1)...2 {
      let tap = try TapPort(
        name: "vm2", device: "spltap", namespace: NetworkNamespace(namespace.name))
      let kernel = try namespace.pcapPort("spltap")
      try tap.send([sampleFrame(number)])
      #expect(try kernel.frames(1) == [sampleFrame(number)])
      tap.close()
    }
    try namespace.ip("link", "show", "spltap")
  }

  @Test("A device that is down refuses frames; one that is gone is an error")
  func downAndGone() throws {
    let namespace = try TestNamespace("tapgone")
    let tap = try TapPort(
      name: "vm2", device: "spltap", namespace: NetworkNamespace(namespace.name))
    try tap.send([sampleFrame(1)])
    #expect(tap.statistics.transmitErrors == 1)
    var vector = PacketVector()
    #expect(try tap.receive(into: &vector) == 0)
    try namespace.ip("link", "del", "spltap")
    #expect(throws: PortError.self) { try tap.receive(into: &vector) }
    try tap.send([sampleFrame(1)])
    #expect(tap.statistics.transmitErrors == 2)
  }

  @Test("What cannot be opened says why")
  func refused() throws {
    let namespace = try TestNamespace("tapno")
    let place = NetworkNamespace(namespace.name)
    let first = try TapPort(name: "vm2", device: "spltap", namespace: place)
    try namespace.ip("link", "add", "splveth", "type", "veth", "peer", "name", "splpeer")
    let reasons = [
      "spltap": "somebody else has that", "splveth": "is no TAP",
      "a-name-that-is-too-long": "1 to 15 bytes", "": "1 to 15 bytes",
    ]
    for (device, reason) in reasons {
      let error = #expect(throws: PortError.self) {
        _ = try TapPort(name: "vm3", device: device, namespace: place)
      }
      #expect(try #require(error).description.contains(reason), "\(String(describing: error))")
    }
    #expect(throws: PortError.self) {
      _ = try TapPort(name: "vm3", device: "spltap3", namespace: place, mtu: 1_000_000)
    }
    first.close()
    #expect(throws: PortError.failed(port: "vm2", reason: "it is closed")) {
      try first.send([sampleFrame(1)])
    }
  }
}
