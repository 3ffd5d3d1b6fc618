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

  @Test("What nobody can open is an error of the last that was tried")
  func missing() throws {
    let link = try TestLink("openmissing")
    let error = #expect(throws: PortError.self) {
      _ = try open(.automatic, in: link.b, "splnone")
    }
    #expect(try #require(error).description.contains("there is no such interface"))
  }
}
