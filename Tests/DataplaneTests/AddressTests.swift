import Dataplane
import Testing
import Wire

@Suite("F1: addresses") struct AddressTests {
  @Test("F1: towards the Internet a NIC's packets carry its public address, and replies come back")
  func internet() throws {
    let lab = Fixture()
    let request = FrameBuilder("10.0.1.4", Fixture.web).tcp(40_000, 80)
    let (verdict, sent) = lab.receive(request, from: "vm1")
    #expect(verdict == .forwarded(lab.port("internet")))
    let out = try #require(sent.first?.frame)
    #expect(sent.count == 1)
    #expect(sent[0].port == "internet")
    #expect(out.source == "203.0.113.4")
    #expect(out.destination == Fixture.web)
    #expect(out.hopLimit == 63)
    #expect(out.destinationMAC == MACAddress(0x0200_0000_0102))
    #expect(out.sourceMAC == MACAddress(0x0200_0000_0101))
    #expect(out.checksumsHold)

    let reply = lab.outside(Fixture.web, "203.0.113.4", by: "internet")
      .tcp(80, 40_000, flags: [.syn, .ack], sequence: 500, acknowledgment: 1)
    let (back, returned) = lab.receive(reply, from: "internet")
    #expect(back == .forwarded(lab.port("vm1")))
    let seen = try #require(returned.first?.frame)
    #expect(seen.source == Fixture.web)
    #expect(seen.destination == "10.0.1.4")
    #expect(seen.destinationMAC == MACAddress(0x0200_0a00_0104))
    #expect(seen.sourceMAC == MACAddress(0x1234_5678_9abc))
    #expect(seen.checksumsHold)
  }

  @Test("F1: towards an enabled service the private address, by the backbone")
  func endpoint() throws {
    let lab = Fixture()
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    let (verdict, sent) = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.storage).tcp(40_000, 443), from: "vm1")
    #expect(verdict == .forwarded(lab.port("backbone")))
    let out = try #require(sent.first?.frame)
    #expect(out.source == "10.0.1.4")
    #expect(out.checksumsHold)
    let reply = lab.outside(Fixture.storage, "10.0.1.4", by: "backbone")
      .tcp(443, 40_000, flags: [.syn, .ack], sequence: 9, acknowledgment: 1)
    #expect(lab.receive(reply, from: "backbone").verdict == .forwarded(lab.port("vm1")))
  }

  @Test("F1: a guest with a public address leaves with its private one towards a service")
  func publicGuest() throws {
    let lab = Fixture { $0.networkInterfaces[0].guestAddress = .public }
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    let (verdict, sent) = lab.receive(
      FrameBuilder("203.0.113.4", Fixture.storage).tcp(40_000, 443), from: "vm1")
    #expect(verdict == .forwarded(lab.port("backbone")))
    #expect(sent.first?.frame.source == "10.0.1.4")
    #expect(sent.first?.frame.checksumsHold == true)
    let reply = lab.outside(Fixture.storage, "10.0.1.4", by: "backbone")
      .tcp(443, 40_000, flags: [.syn, .ack], sequence: 9, acknowledgment: 1)
    let (_, returned) = lab.receive(reply, from: "backbone")
    #expect(returned.first?.frame.destination == "203.0.113.4")
    #expect(returned.first?.frame.checksumsHold == true)

    // Towards the Internet it already has the address that it needs.
    let (_, plain) = lab.receive(
      FrameBuilder("203.0.113.4", Fixture.web).udp(5_000, 53), from: "vm1")
    #expect(plain.first?.frame.source == "203.0.113.4")
    // A neighbour in the network sees the private one, and is answered at the public one.
    let (_, local) = lab.receive(
      FrameBuilder("203.0.113.4", "10.0.2.4").udp(5_000, 7), from: "vm1")
    #expect(local.first?.frame.source == "10.0.1.4")
    let (_, answer) = lab.receive(FrameBuilder("10.0.2.4", "10.0.1.4").udp(7, 5_000), from: "vm2")
    #expect(answer.first?.frame.destination == "203.0.113.4")
    #expect(answer.first?.port == "vm1")
  }

  @Test("F1: without a public address services are reached by endpoint, the Internet not at all")
  func noPublicAddress() {
    let lab = Fixture()
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    #expect(
      lab.receive(FrameBuilder("10.0.1.5", Fixture.storage).tcp(1, 443), from: "hidden").verdict
        == .forwarded(lab.port("backbone")))
    #expect(
      lab.receive(FrameBuilder("10.0.1.5", Fixture.web).tcp(1, 443), from: "hidden").verdict
        == .dropped(.noPublicAddress))
  }

  @Test("F1: IPv6 is translated as well")
  func ipv6() throws {
    let lab = Fixture()
    let (verdict, sent) = lab.receive(
      FrameBuilder("fd00:1::4", "2001:db8:80::1").tcp(40_000, 80), from: "vm1")
    #expect(verdict == .forwarded(lab.port("internet")))
    let out = try #require(sent.first?.frame)
    #expect(out.source == "2001:db8:1::4")
    #expect(out.checksumsHold)
    let reply = lab.outside("2001:db8:80::1", "2001:db8:1::4", by: "internet")
      .tcp(80, 40_000, flags: [.syn, .ack])
    let (_, returned) = lab.receive(reply, from: "internet")
    #expect(returned.first?.frame.destination == "fd00:1::4")
    #expect(returned.first?.frame.checksumsHold == true)
  }

  @Test("F1: inside the network nothing is translated")
  func local() {
    let lab = Fixture()
    let (verdict, sent) = lab.receive(FrameBuilder("10.0.1.4", "10.0.2.4").udp(1, 2), from: "vm1")
    #expect(verdict == .forwarded(lab.port("vm2")))
    #expect(sent.first?.frame.source == "10.0.1.4")
    #expect(
      lab.receive(FrameBuilder("10.0.1.4", "10.0.2.99").udp(1, 2), from: "vm1").verdict
        == .dropped(.destinationUnknown))
  }

  @Test("F1: a NIC sends with its own addresses only, unless it may forward")
  func spoofing() {
    let lab = Fixture()
    for source in ["10.0.2.4", "203.0.113.4", "8.8.8.8"] {
      #expect(
        lab.receive(FrameBuilder(source, Fixture.web).udp(1, 2), from: "vm1").verdict
          == .dropped(.spoofedSource))
    }
    let (verdict, sent) = lab.receive(
      FrameBuilder("10.0.1.4", Fixture.web).udp(1, 2), from: "nva")
    #expect(verdict == .forwarded(lab.port("internet")))
    // The owner's public address, not the appliance's.
    #expect(sent.first?.frame.source == "203.0.113.4")
    #expect(
      lab.receive(lab.outside("10.0.1.4", "10.0.2.4", by: "gateway").udp(1, 2), from: "gateway")
        .verdict == .dropped(.spoofedSource))
  }

  @Test("F5: the same private address in two networks is two addresses")
  func overlap() throws {
    let lab = Fixture()
    var first = FrameBuilder("10.0.1.4", Fixture.web)
    let (_, one) = lab.receive(first.tcp(40_000, 80), from: "vm1")
    first.sourceMAC = MACAddress(0x0200_0a00_0106)
    let (_, two) = lab.receive(first.tcp(40_000, 80), from: "twin")
    #expect(one.first?.frame.source == "203.0.113.4")
    #expect(two.first?.frame.source == "203.0.113.14")
    let (verdict, _) = lab.receive(
      lab.outside(Fixture.web, "203.0.113.14", by: "internet").tcp(
        80, 40_000, flags: [.syn, .ack]),
      from: "internet")
    #expect(verdict == .forwarded(lab.port("twin")))
    // vm2 is not in the twin's network.
    first.destination = IPAddress("10.0.2.4")!
    #expect(lab.receive(first.udp(1, 2), from: "twin").verdict == .dropped(.destinationUnknown))

    // On a backbone without identities both replies would look the same: the second is refused by name.
    lab.switchEndpoints(["Microsoft.Storage"], of: "vnet1/app")
    lab.switchEndpoints(["Microsoft.Storage"], of: "twin/app")
    let to = FrameBuilder("10.0.1.4", Fixture.storage)
    #expect(
      lab.receive(to.tcp(41_000, 443), from: "vm1").verdict == .forwarded(lab.port("backbone")))
    #expect(lab.receive(to.tcp(41_000, 443), from: "twin").verdict == .dropped(.flowConflict))
    #expect(lab.path.counters.isBalanced)
  }
}
