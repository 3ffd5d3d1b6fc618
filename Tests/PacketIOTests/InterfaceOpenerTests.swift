import Foundation
import TestSupport
import Testing

@testable import PacketIO

@Suite("Which backend an interface is opened by", .serialized, .needsNamespaces)
struct InterfaceOpenerTests {
  /// - Returns: the type of the port, and what the opener says of it.
  private func open(
    _ backend: IOBackend, in namespace: TestNamespace, _ device: String
  ) throws -> (type: String, choice: InterfaceOpener.Choice) {
    nonisolated(unsafe) var result: (String, InterfaceOpener.Choice)?
    try NetworkNamespace(namespace.name).perform { () throws(PortError) -> sending Void in
      let (port, choice) = try InterfaceOpener(backend, ports: 2).open(name: "p", device: device)
      result = ("\(type(of: port))", choice)
      port.close()
    }
    return result!
  }

  @Test(
    "What is asked for is what it is",
    arguments: [
      (IOBackend.libpcap, "PcapPort"), (.ring, "RingPort"), (.xdp, "XDPPort"),
      (.xdpGeneric, "XDPPort"),
    ])
  func asked(backend: IOBackend, type: String) throws {
    let link = try TestLink("open")
    let opened = try open(backend, in: link.b, "splb")
    #expect(opened.type == type)
    #expect(opened.choice.backend == backend)
    #expect(opened.choice.reason == "asked for")
  }

  @Test("Without a word, AF_XDP where the interface allows it, else libpcap, and why")
  func automatic() throws {
    let link = try TestLink("auto")
    #expect(try open(.automatic, in: link.b, "splb").choice.backend == .xdp)
    // A peer's frames may now be larger than a page.
    try link.a.ip("link", "set", "spla", "mtu", "9000")
    let opened = try open(.automatic, in: link.b, "splb")
    #expect(opened.type == "PcapPort")
    #expect(opened.choice.reason.contains("AF_XDP: cannot attach the program"))
    // Asked for, it is an error.
    let error = #expect(throws: PortError.self) { _ = try open(.xdp, in: link.b, "splb") }
    #expect(try #require(error).description.hasPrefix("cannot open p: interface splb: AF_XDP: "))
  }

  @Test("An interface with several receive queues is not opened by AF_XDP, which would serve one")
  func queues() throws {
    let link = try TestLink("queues")
    try Shell.run("ip", "netns", "exec", link.b.name, "ethtool", "-L", "splb", "rx", "2")
    let opened = try open(.automatic, in: link.b, "splb")
    #expect(opened.type == "PcapPort")
    #expect(opened.choice.reason.contains("it receives by 2 queues"))
  }

  @Test("A port that only sends says why it cannot be opened, and when its interface is gone")
  func sending() throws {
    let link = try TestLink("sending")
    nonisolated(unsafe) var port: SendingPort?
    try NetworkNamespace(link.b.name).perform { () throws(PortError) -> sending Void in
      port = try SendingPort(name: "p", device: "splb")
    }
    let sender = try #require(port)
    let receiver = try link.a.pcapPort("spla")
    let frames = (0..<300).map { sampleFrame(UInt8($0 & 255), count: 60 + $0) }
    try sender.send(Array(frames[..<200]))
    try sender.send(Array(frames[200...]))
    #expect(try receiver.frames(frames.count + 1, patience: 200) == frames)
    #expect(sender.statistics.transmitted == 300)
    try link.b.ip("link", "set", "splb", "down")
    try sender.send([frames[0]])
    #expect(sender.statistics.transmitErrors == 1)
    try link.b.ip("link", "del", "splb")
    #expect(throws: PortError.self) { try sender.send([frames[0]]) }
    let error = #expect(throws: PortError.self) {
      try NetworkNamespace(link.b.name).perform { () throws(PortError) -> sending Void in
        _ = try SendingPort(name: "p", device: "splb")
      }
    }
    #expect(try #require(error).description.contains("there is no such interface"))
  }

  @Test("What nobody can open is an error of the last that was tried")
  func missing() throws {
    let link = try TestLink("openmissing")
    let error = #expect(throws: PortError.self) {
      _ = try open(.automatic, in: link.b, "splnone")
    }
    #expect(try #require(error).description.contains("there is no such interface"))
  }
}
