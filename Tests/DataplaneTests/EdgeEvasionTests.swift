import Model
import Testing
import Wire

@testable import Dataplane

/// What a caller could do to have the server read something else than the edge does.
@Suite("I2: the server reads what the edge has read") struct EdgeEvasionTests {
  private let lab = EdgeLab()
  private let admitted = httpRequest(EdgeLab.alpha)
  private let denied = httpRequest(EdgeLab.beta, path: "/?")

  private func connect(_ port: UInt16 = 40_000) -> EdgeConnection {
    EdgeConnection(lab, "198.51.100.21", to: EdgeLab.shared, from: port)
  }

  @Test(
    "Data in a SYN, which a server with TCP Fast Open would take, is dropped; the SYN without it passes"
  )
  func fastOpen() {
    let connection = connect()
    #expect(
      connection.send(denied, flags: .syn, sequence: 1_000).verdict == .dropped(.notInspectable))
    #expect(lab.edge.path.counters.flows == 0)
    connection.send(flags: .syn)
    #expect(
      connection.send(denied, flags: .syn, sequence: 1_000).verdict == .dropped(.notInspectable))
    #expect(
      connection.send(flags: [.syn, .ack], sequence: 1_000).verdict == .dropped(.notInspectable))
  }

  @Test("A fragment of the request is dropped, and those that follow it")
  func fragments() {
    let connection = connect().open()
    let begin = connection.next
    let first = connection.send(Array(denied[..<8])) {
      ($0.dontFragment, $0.moreFragments) = (false, true)
    }
    #expect(first.verdict == .dropped(.notInspectable))
    let rest = lab.from("198.51.100.21", to: EdgeLab.shared) { builder in
      var builder = builder
      (builder.dontFragment, builder.fragmentOffset) = (false, 32)
      return builder.frame(6, Array(denied[8...]))
    }
    #expect(rest.verdict == .dropped(.notInspectable) && rest.served.isEmpty)
    let syn = connect(2).send(flags: .syn) { ($0.dontFragment, $0.moreFragments) = (false, true) }
    #expect(syn.verdict == .dropped(.notInspectable))
    connection.next = begin
    #expect(connection.send(admitted).served.count == 1)
  }

  @Test(
    "What the server would not take is not read: wrong checksum, wrong or no acknowledgment, urgent data"
  )
  func notTaken() {
    let connection = connect().open()
    let begin = connection.next
    for flags in [TCPFlags.psh, [.ack, .urg]] {
      #expect(
        connection.send(admitted, flags: flags, sequence: begin).verdict
          == .dropped(.notInspectable))
    }
    for number in [connection.serverNext &+ 1, connection.serverNext &- 1_000_000] {
      #expect(
        connection.send(admitted, sequence: begin, acknowledging: number).verdict
          == .dropped(.notInspectable))
    }
    #expect(
      connection.send(admitted, sequence: begin, checksum: .none).verdict
        == .dropped(.notInspectable))
    // Had one of them been read, this would not be the beginning.
    #expect(connection.send(denied, sequence: begin).verdict == .answered(.denied))
  }

  @Test("Until the server has acknowledged it, what is sent again has to be what was read")
  func changed() {
    let connection = connect().open()
    let begin = connection.next
    #expect(connection.send(Array(admitted[..<20])).served.count == 1)
    #expect(
      connection.send(Array(denied[..<20]), sequence: begin).verdict
        == .dropped(.changedRetransmission))
    #expect(connection.send(Array(admitted[20...])).served.count == 1)
    // The verdict has fallen; had the server lost the segment it would take another in its place.
    for start in [0, 1, 19, 20, 24] {
      #expect(
        connection.send(
          Array(denied[start...]) + denied, sequence: begin &+ UInt32(start)
        ).verdict == .dropped(.changedRetransmission), "\(start)")
    }
    #expect(connection.send(admitted, sequence: begin).served.count == 1)
    // A body behind it passes meanwhile.
    #expect(connection.send(Array("body".utf8)).served.count == 1)
    connection.reply(acknowledging: begin &+ UInt32(admitted.count) &- 1)
    #expect(
      connection.send(denied, sequence: begin).verdict == .dropped(.changedRetransmission))
    connection.reply()
    #expect(connection.send(denied).served.count == 1, "the second request is not read")
  }

  @Test("Data before the server's answer, and the answer to another SYN, are dropped")
  func handshake() {
    let connection = connect()
    connection.send(flags: .syn)
    #expect(connection.send(admitted, sequence: 1_001).verdict == .dropped(.hostNameAwaited))
    // The caller has begun anew: the server's answer to the first SYN is another connection's.
    #expect(connection.send(flags: .syn, sequence: 50_000).served.count == 1)
    #expect(
      connection.reply(flags: [.syn, .ack], acknowledging: 1_001).verdict
        == .dropped(.hostNameAwaited))
    connection.serverNext &-= 1
    #expect(connection.reply(flags: [.syn, .ack], acknowledging: 50_001).told.count == 1)
    // Once it is answered another SYN changes nothing: the server has the connection, and says so.
    #expect(connection.send(flags: .syn, sequence: 90_000).served.count == 1)
    #expect(
      connection.reply(flags: [.syn, .ack], acknowledging: 90_001).verdict
        == .dropped(.hostNameAwaited))
    connection.serverNext &-= 1
    #expect(connection.send(denied, sequence: 90_001).verdict == .dropped(.hostNameAwaited))
    #expect(connection.send(denied, sequence: 50_001).verdict == .answered(.denied))
  }

  @Test("A reset or an end of the caller's does not end the reading")
  func earlyEnd() {
    let connection = connect().open()
    let begin = connection.next
    #expect(connection.send(Array(denied[..<10])).served.count == 1)
    // Outside of the window: the server does not take it.
    #expect(connection.send(flags: .rst, sequence: begin &+ 900_000).served.count == 1)
    #expect(connection.send(flags: [.fin, .ack], sequence: begin &+ 10).served.count == 1)
    #expect(
      connection.send(Array(denied[10...]), sequence: begin &+ 10).verdict == .answered(.denied))
    // With the end of the stream in the segment that completes the name.
    let other = connect(2).open()
    let end = other.send(denied, flags: [.psh, .ack, .fin])
    #expect(end.verdict == .answered(.denied))
    #expect(end.told.first?.frame.acknowledgment == other.next)
  }

  @Test("A connection picked up in the middle is none, and a reused one is read anew")
  func middle() {
    #expect(connect().send(denied).verdict == .dropped(.noFlow))
    let connection = connect(3).open()
    connection.send(admitted)
    connection.reply()
    connection.send(flags: [.fin, .ack])
    connection.reply(flags: [.fin, .ack])
    connection.send()
    let again = EdgeConnection(
      lab, "198.51.100.21", to: EdgeLab.shared, from: 3, sequence: 500_000
    ).open()
    #expect(again.send(denied).verdict == .answered(.denied))
  }

  @Test(
    "Memory is bounded: too many at once, those that take too long, and those whose flow is gone")
  func bounds() {
    let lab = EdgeLab()
    let connections = (0...Inspections.limit).map { index in
      EdgeConnection(
        lab, "198.51.100.21", to: EdgeLab.shared, from: UInt16(1_000 + index)
      ).open()
    }
    // Handshakes alone take nothing.
    #expect(lab.edge.path.inspections.count == 0)
    let verdicts = connections.map { $0.send([UInt8(ascii: "G")]).verdict }
    #expect(verdicts.last == .dropped(.tooManyInspections))
    #expect(verdicts.dropLast().allSatisfy { $0 == .forwarded(lab.edge.port("services")) })
    #expect(lab.edge.path.inspections.count == Inspections.limit)
    // One that ends makes room.
    connections[7].reply(flags: [.rst, .ack])
    lab.edge.now += 5 * FlowLimits.second
    connections[7].send(flags: .syn)
    #expect(connections.last!.send([UInt8(ascii: "G")], sequence: 1_001).served.count == 1)
    lab.edge.now += Inspections.patience
    lab.edge.path.expireFlows(now: lab.edge.now)
    #expect(lab.edge.path.inspections.count == 1)
    lab.edge.now += Inspections.patience
    lab.edge.path.expireFlows(now: lab.edge.now)
    #expect(lab.edge.path.inspections.count == 0)
    #expect(
      connections[3].send(Array("ET / HTTP/1.1\r\n".utf8)).verdict == .dropped(.noFlow),
      "a forgotten beginning is not begun in the middle")
  }

  @Test("A slot that another flow gets keeps nothing of the one before")
  func reusedSlot() {
    let lab = EdgeLab(maximumFlows: 2)
    for index in 0..<6 {
      let connection = EdgeConnection(
        lab, "198.51.100.21", to: EdgeLab.shared, from: UInt16(1_000 + index))
      connection.send(flags: .syn)
      connection.reply(flags: [.syn, .ack])
      // Half of a request, then evicted.
      #expect(connection.send(Array(admitted[..<30])).served.count == 1)
      connection.send(flags: [.fin, .ack])
    }
    let connection = EdgeConnection(lab, "198.51.100.21", to: EdgeLab.shared, from: 9).open()
    #expect(connection.send(denied).verdict == .answered(.denied))
    #expect(lab.edge.path.inspections.count <= 2)
  }
}
