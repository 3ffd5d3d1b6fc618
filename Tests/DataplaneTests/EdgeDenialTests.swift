import Model
import Testing
import Wire

@testable import Dataplane

@Suite("I3: what a denied caller is told") struct EdgeDenialTests {
  private let text = String(decoding: Transmission.forbidden, as: UTF8.self)

  @Test(
    "I3: over HTTP a whole conversation whose only end is a 403, and no server sees it",
    arguments: FarEnd.all)
  func http(far: FarEnd) throws {
    let lab = EdgeLab(far)
    let connection = EdgeConnection(lab, "twin", to: EdgeLab.logs, sequence: .max - 20)
    let begin = connection.send(flags: .syn)
    #expect(begin.verdict == .answered(.denied) && begin.served.isEmpty)
    let answer = try #require(begin.told.first)
    #expect(answer.port == "twin" && answer.frame.flags == [.syn, .ack])
    #expect(answer.frame.acknowledgment == connection.next && answer.frame.checksumsHold)
    #expect(answer.frame.source == EdgeLab.logs && answer.frame.destination == "10.0.1.4")
    connection.serverNext = answer.frame.sequence &+ 1
    // Sent again, it has the same answer.
    #expect(
      connection.send(flags: .syn, sequence: connection.next &- 1).told.first?.frame.sequence
        == answer.frame.sequence)
    #expect(connection.send().told.isEmpty)

    let request = connection.send(httpRequest("x"), flags: [.psh, .ack])
    let denial = try #require(request.told.first?.frame)
    #expect(denial.flags == [.psh, .ack, .fin] && denial.checksumsHold)
    #expect(denial.sequence == connection.serverNext && denial.acknowledgment == connection.next)
    #expect(denial.payload == Transmission.forbidden)
    // Lost, and the request sent again: the same once more.
    let again = connection.send(
      httpRequest("x"), sequence: connection.next &- UInt32(httpRequest("x").count))
    #expect(again.told.first?.frame.payload == Transmission.forbidden)

    connection.serverNext &+= UInt32(denial.payload.count) + 1
    #expect(connection.send().told.isEmpty)
    // A body that was under way is taken and forgotten.
    let body = connection.send([1, 2, 3])
    #expect(body.told.first?.frame.flags == .ack && body.told.first?.frame.payload == [])
    #expect(body.told.first?.frame.acknowledgment == connection.next)
    let end = connection.send(flags: [.fin, .ack])
    #expect(end.told.first?.frame.flags == .ack)
    #expect(end.told.first?.frame.acknowledgment == connection.next)
    #expect(end.told.first?.frame.sequence == connection.serverNext)
    #expect(connection.send(flags: .rst).verdict == .dropped(.resourceFirewall))
    #expect(lab.edge.path.counters.flows == 0, "it needs no memory")
    #expect(lab.edge.path.counters.isBalanced)
    #expect(lab.edge.path.counters.answered[Answer.denied.rawValue] ?? 0 > 5)
  }

  @Test("I3: the 403 is a whole HTTP response below the segment that everybody accepts")
  func response() throws {
    let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
    let length = try #require(parts[0].firstMatch(of: /Content-Length: (\d+)/)?.1)
    #expect(Int(length) == parts[1].utf8.count)
    #expect(text.hasPrefix("HTTP/1.1 403 ") && text.contains("Connection: close\r\n"))
    #expect(Transmission.forbidden.count <= 536)
  }

  @Test(
    "I3: whoever has not seen our number gets no more than was sent: the source may be another's")
  func reflection() {
    let lab = EdgeLab()
    for number in [0, 1, 77_777, UInt32.max] {
      let connection = EdgeConnection(lab, "198.51.100.99", to: EdgeLab.logs)
      let answer = connection.send([1], acknowledging: number)
      #expect(answer.verdict == .answered(.denied))
      #expect(answer.told.first?.frame.flags.contains(.rst) == true)
      #expect(answer.told.first?.frame.payload.isEmpty == true)
    }
    // Our numbers depend on the connection.
    let numbers = (0..<50).map { index in
      EdgeConnection(lab, "198.51.100.99", to: EdgeLab.logs, from: UInt16(1 + index))
        .send(flags: .syn).told[0].frame.sequence
    }
    #expect(Set(numbers).count == 50)
  }

  @Test("I3: a caller that says nothing and ends is let go")
  func silent() {
    let lab = EdgeLab()
    let connection = EdgeConnection(lab, "198.51.100.99", to: EdgeLab.logs)
    connection.serverNext = connection.send(flags: .syn).told[0].frame.sequence &+ 1
    let end = connection.send(flags: [.fin, .ack])
    #expect(end.told.first?.frame.flags == [.fin, .ack])
    #expect(end.told.first?.frame.acknowledgment == connection.next)
    connection.serverNext &+= 1
    #expect(connection.send().told.isEmpty)
  }

  @Test("I3: other ports are reset, with a number that the caller accepts", arguments: FarEnd.all)
  func reset(far: FarEnd) throws {
    let lab = EdgeLab(far)
    for port in [443, 1_433, 445] as [UInt16] {
      let connection = EdgeConnection(lab, "vm1", to: EdgeLab.orders, port: port, sequence: .max)
      let answer = connection.send(flags: .syn)
      let frame = try #require(answer.told.first?.frame)
      #expect(answer.verdict == .answered(.denied) && answer.told.first?.port == "vm1")
      #expect(frame.flags == [.rst, .ack] && frame.acknowledgment == 0 && frame.checksumsHold)
    }
    #expect(lab.records.map(\.rule) == Array(repeating: "defaultAction Deny", count: 3))
  }

  @Test(
    "I3: denied by host name: the caller's numbers go on, the server's connection is reset",
    arguments: FarEnd.all)
  func byHostName(far: FarEnd) throws {
    let lab = EdgeLab(far)
    let connection = EdgeConnection(lab, "twin", to: EdgeLab.shared, sequence: .max - 30).open()
    let begin = connection.next
    let request = httpRequest(EdgeLab.alpha)
    connection.send(Array(request[..<15]))
    let end = connection.send(Array(request[15...]), flags: [.psh, .ack])
    let denial = try #require(end.told.first?.frame)
    #expect(end.told.map(\.port) == ["twin"] && denial.payload == Transmission.forbidden)
    #expect(denial.flags == [.psh, .ack, .fin] && denial.checksumsHold)
    #expect(denial.sequence == connection.serverNext && denial.acknowledgment == connection.next)
    // What the server has got is where its reset stands: it accepts no other number.
    let reset = end.served.map(\.sequence)
    #expect(reset.contains(begin &+ 15))
    #expect(end.served.allSatisfy { $0.flags.contains(.rst) && $0.checksumsHold })

    // What the server still says is nobody's.
    #expect(connection.reply([1]).verdict == .dropped(.resourceFirewall))
    connection.serverNext &-= 1
    let again = connection.send(
      Array(request[15...]), sequence: begin &+ 15)
    #expect(again.told.first?.frame.payload == Transmission.forbidden, "it was lost: once more")
    connection.serverNext &+= UInt32(denial.payload.count) + 1
    #expect(connection.send([9]).told.first?.frame.flags == .ack)
    #expect(connection.send(flags: [.fin, .ack]).told.first?.frame.flags == .ack)
    #expect(lab.edge.path.counters.flowsByState == ["denied": 1])
    lab.edge.now += FlowLimits().resetIdle + 1
    lab.edge.path.expireFlows(now: lab.edge.now)
    #expect(lab.edge.path.counters.flows == 0)
    #expect(lab.edge.path.counters.isBalanced)
  }

  @Test("I3: a TLS connection is reset, and what follows is, too")
  func tls() throws {
    let lab = EdgeLab()
    let connection = EdgeConnection(lab, "twin", to: EdgeLab.shared, port: 443).open()
    let end = connection.send(clientHello(EdgeLab.alpha), flags: [.psh, .ack])
    let frame = try #require(end.told.first?.frame)
    #expect(frame.flags == [.rst, .ack] && frame.sequence == connection.serverNext)
    let more = connection.send([1, 2])
    #expect(more.told.first?.frame.flags.contains(.rst) == true)
    // A new connection with the same ports is judged by itself.
    let again = EdgeConnection(lab, "twin", to: EdgeLab.shared, port: 443, sequence: 7_000).open()
    #expect(again.send(clientHello(EdgeLab.beta)).served.count == 1)
  }
}
