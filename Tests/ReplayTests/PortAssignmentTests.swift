import Dataplane
import Foundation
import Model
import Testing
import Wire

@testable import Replay

@Suite("A captured packet is given to the port that it arrived at")
struct PortAssignmentTests {
  private func outcome(
    _ transport: String, _ source: String, _ destination: String, mac: String? = nil,
    twin: Bool = false, place: (Snapshot) throws -> PortAssignment.Place = { _ in .unknown }
  ) throws -> (PortAssignment.Outcome, Snapshot) {
    let snapshot = ReplayFixture.snapshot(
      try ReplayFixture.configuration(extraNIC: twin ? ReplayFixture.twinNIC : ""))
    let assignment = PortAssignment(snapshot: snapshot, place: try place(snapshot))
    let tuple = try FiveTuple(protocol: transport, source: source, destination: destination)
    return (
      assignment.assign(tuple, sourceMAC: mac.flatMap(MACAddress.init)) { _ in nil }, snapshot
    )
  }

  @Test(
    "Each question in its order",
    arguments: [
      // 2. MAC before address.
      (
        "10.0.1.4:1", "198.51.100.80:80", "02:00:0a:00:64:04", "nva", PortAssignment.Basis.sourceMAC
      ),
      ("198.51.100.80:80", "203.0.113.5:1", "02:00:00:00:01:02", "internet", .sourceMAC),
      // 4, 5. Source address.
      ("10.0.2.4:1", "10.0.1.4:80", nil, "vm2", .sourceAddress),
      ("203.0.113.5:1", "198.51.100.80:80", nil, "vm2", .publicSource),
      // 6. Destination address.
      ("198.51.100.80:80", "203.0.113.5:1", nil, "internet", .publicDestination),
      ("20.60.26.132:443", "10.0.1.4:1", nil, "backbone", .endpointRoute),
      ("192.168.10.1:1", "10.0.1.4:80", nil, "gateway", .bgpRoute),
      // 7. From on-premises to anywhere.
      ("192.168.10.1:1", "20.60.26.132:443", nil, "gateway", .bgpRoute),
    ] as [(String, String, String?, String, PortAssignment.Basis)])
  func order(
    source: String, destination: String, mac: String?, port: String, basis: PortAssignment.Basis
  ) throws {
    let (outcome, snapshot) = try outcome("tcp", source, destination, mac: mac)
    #expect(outcome == .port(try snapshot.namedPort(port).id, basis))
  }

  @Test("What has no port is told why")
  func unassigned() throws {
    let stranger = try outcome("tcp", "172.20.0.1:1", "198.51.100.80:80").0
    #expect(
      stranger
        == .unassigned(
          .noOwner(source: IPAddress("172.20.0.1")!, destination: IPAddress("198.51.100.80")!)))
    // web has no endpoint, so Storage's replies cannot come over the backbone.
    let (origin, _) = try outcome("tcp", "20.60.26.132:443", "10.0.2.4:1")
    #expect(
      origin
        == .unassigned(
          .unknownOrigin(source: IPAddress("20.60.26.132")!, networkInterface: "vm2")))
    let snapshot = ReplayFixture.snapshot(try ReplayFixture.configuration())
    let assignment = PortAssignment(snapshot: snapshot, place: .unknown)
    #expect(assignment.assign(nil, sourceMAC: nil) { _ in nil } == .unassigned(.unreadable))
  }

  @Test("F5: an address of two networks is not guessed; --nic and the MAC decide")
  func ambiguous() throws {
    let address = IPAddress("10.0.1.4")!
    let ambiguous = PortAssignment.Outcome.unassigned(
      .ambiguous(address, networkInterfaces: ["vm1", "twin"]))
    #expect(try outcome("tcp", "10.0.1.4:1", "10.0.2.4:80", twin: true).0 == ambiguous)
    #expect(try outcome("tcp", "10.0.2.9:1", "10.0.1.4:80", twin: true).0 == ambiguous)
    #expect(
      ambiguous == .unassigned(.ambiguous(address, networkInterfaces: ["vm1", "twin"])))
    let (byMAC, snapshot) = try outcome(
      "tcp", "10.0.1.4:1", "10.0.2.4:80", mac: "02:00:0a:00:09:04", twin: true)
    let twin = try snapshot.namedPort("twin").id
    #expect(byMAC == .port(twin, .sourceMAC))
    let byOption = try outcome("tcp", "10.0.1.4:1", "10.0.2.4:80", twin: true) {
      try PortAssignment.Place(networkInterface: "twin", worldPort: nil, in: $0)
    }.0
    #expect(byOption == .port(twin, .option))
  }

  @Test("--nic: what is not addressed to the NIC was sent by it; --port: everything arrived there")
  func options() throws {
    let place = { (snapshot: Snapshot) in
      try PortAssignment.Place(networkInterface: "nva", worldPort: nil, in: snapshot)
    }
    let (sent, snapshot) = try outcome("tcp", "10.0.1.4:1", "198.51.100.80:80", place: place)
    #expect(sent == .port(try snapshot.namedPort("nva").id, .option))
    let received = try outcome("tcp", "198.51.100.80:80", "203.0.113.6:1", place: place).0
    #expect(received == .port(try snapshot.namedPort("internet").id, .publicDestination))
    let everything = try outcome("tcp", "10.0.1.4:1", "198.51.100.80:80") {
      try PortAssignment.Place(networkInterface: nil, worldPort: "gateway", in: $0)
    }.0
    #expect(everything == .port(try snapshot.namedPort("gateway").id, .option))
    #expect(
      throws: ReplayError.unknownNIC("vm9", known: ["vm1", "vm2", "nva"])
    ) { try PortAssignment.Place(networkInterface: "vm9", worldPort: nil, in: snapshot) }
    #expect(
      throws: ReplayError.unknownPort("vm1", known: ["internet", "gateway", "backbone"])
    ) { try PortAssignment.Place(networkInterface: nil, worldPort: "vm1", in: snapshot) }
  }

  @Test("Times are written in UTC with nanoseconds")
  func times() {
    #expect(CaptureTime.text(0) == "1970-01-01T00:00:00.000000000Z")
    #expect(CaptureTime.text(951_782_400_000_000_001) == "2000-02-29T00:00:00.000000001Z")
    #expect(CaptureTime.text(1_735_689_599_999_999_999) == "2024-12-31T23:59:59.999999999Z")
    #expect(CaptureTime.text(.max) == "2554-07-21T23:34:33.709551615Z")
  }
}
