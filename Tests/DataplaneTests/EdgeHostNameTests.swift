import Model
import TestSupport
import Testing
import Wire

@testable import Dataplane

@Suite("I2: which resource is meant, by host name") struct EdgeHostNameTests {
  static let requests: [(name: String, bytes: @Sendable (String) -> [UInt8])] = [
    ("HTTP", { httpRequest($0) }), ("TLS", { clientHello($0) }),
  ]

  private func isServed(_ delivery: EdgeLab.Delivery) -> Bool { delivery.served.count == 1 }

  @Test(
    "I2: split at every position the verdict falls on the segment that completes the name",
    arguments: 0..<2)
  func splits(kind: Int) {
    let whole = Self.requests[kind].bytes(EdgeLab.alpha)
    let denied = Self.requests[kind].bytes(EdgeLab.beta)
    let lab = EdgeLab()
    for position in 1..<whole.count {
      let admitted = EdgeConnection(
        lab, "vm1", to: EdgeLab.shared, from: UInt16(20_000 + position), sequence: .max - 50
      ).open()
      #expect(isServed(admitted.send(Array(whole[..<position]))))
      #expect(isServed(admitted.send(Array(whole[position...]))), "\(position)")
    }
    for position in 1..<denied.count {
      let refused = EdgeConnection(
        lab, "vm1", to: EdgeLab.shared, from: UInt16(30_000 + position), sequence: .max - 50
      ).open()
      #expect(isServed(refused.send(Array(denied[..<position]))))
      let end = refused.send(Array(denied[position...]))
      #expect(end.verdict == .answered(.denied), "\(position)")
      // The server gets a reset, and no more of the request.
      #expect(end.served.allSatisfy { $0.flags.contains(.rst) && $0.payload.isEmpty })
      #expect(!end.served.isEmpty && end.told.count == 1)
    }
    let records = lab.records
    #expect(records.filter(\.isAdmitted).count == whole.count - 1)
    #expect(records.allSatisfy { $0.hostName == ($0.isAdmitted ? EdgeLab.alpha : EdgeLab.beta) })
    #expect(records.allSatisfy { $0.resource == ($0.isAdmitted ? "alpha" : "beta") })
    #expect(lab.edge.path.counters.isBalanced)
    #expect(lab.edge.path.inspections.count <= whole.count)
  }

  @Test(
    "I2: random pieces, lost, repeated and out of order: the server gets the request whole, or not at all"
  )
  func anyOrder() {
    var random = SeededGenerator(seed: 5)
    for round in 0..<300 {
      let lab = EdgeLab()
      let isAdmitted = round % 2 == 0
      let request = Self.requests[round / 2 % 2].bytes(isAdmitted ? EdgeLab.alpha : EdgeLab.beta)
      let begin = UInt32.random(in: 0 ... .max, using: &random)
      let connection = EdgeConnection(
        lab, "vm1", to: EdgeLab.shared, sequence: begin &- 1
      ).open()
      // What the slow, obvious server has: bytes by their place.
      var server: [Int: UInt8] = [:]
      var isRefused = false
      var last = Verdict.dropped(.noFlow)
      for _ in 0..<4_000 where !isRefused && server.count < request.count {
        let start = Int.random(in: 0..<request.count, using: &random)
        let end = min(request.count, start + Int.random(in: 1...60, using: &random))
        let delivery = connection.send(
          Array(request[start..<end]), sequence: begin &+ UInt32(start))
        isRefused = delivery.verdict == .answered(.denied)
        last = delivery.verdict
        for frame in delivery.served where frame.payload.count > 0 {
          let place = Int(frame.sequence &- begin)
          for (offset, byte) in frame.payload.enumerated() { server[place + offset] = byte }
        }
      }
      #expect(
        isRefused == !isAdmitted, "round \(round): \(server.count) of \(request.count), \(last)")
      let whole = request.indices.allSatisfy { server[$0] == request[$0] }
      #expect(whole == isAdmitted, "round \(round): \(server.count) of \(request.count), \(last)")
    }
  }

  @Test("I2: a batch of segments holds the name, and more than one segment's worth of it")
  func batches() {
    let lab = EdgeLab(FarEnd.all[3])
    let padding = String(repeating: "x", count: 4_000)
    for (host, isAdmitted) in [(EdgeLab.alpha, true), (EdgeLab.beta, false)] {
      let connection = EdgeConnection(
        lab, "vm1", to: EdgeLab.shared, from: isAdmitted ? 1 : 2
      ).open()
      let request = Array(
        "GET / HTTP/1.1\r\nX-Long: \(padding)\r\nHost: \(host)\r\n\r\n".utf8)
      let delivery = connection.send(request, flags: [.psh, .ack], checksum: .partial)
      let payload = delivery.served.filter { !$0.flags.contains(.rst) }.flatMap(\.payload)
      #expect((payload == request) == isAdmitted)
      #expect(delivery.served.allSatisfy { $0.checksumsHold })
    }
  }

  @Test("I2: at the edge itself a batch above the MTU is read whole")
  func batchFromInternet() {
    let lab = EdgeLab()
    let connection = EdgeConnection(lab, "198.51.100.21", to: EdgeLab.shared).open()
    let request = httpRequest(EdgeLab.alpha, path: "/" + String(repeating: "y", count: 5_000))
    let delivery = connection.send(request, checksum: .partial)
    #expect(delivery.served.flatMap(\.payload) == request)
    #expect(delivery.served.count == 4 && delivery.served.allSatisfy(\.checksumsHold))
  }

  @Test("I2: names that no resource has, none at all, and what is neither HTTP nor TLS")
  func unnamed() {
    let lab = EdgeLab()
    let long = Array("GET / HTTP/1.1\r\n".utf8) + Array(repeating: UInt8(ascii: "a"), count: 17_000)
    let cases: [(payload: [UInt8], problem: String, is403: Bool)] = [
      (httpRequest("gamma.blob.core.windows.net"), "unknown host", true),
      (clientHello("gamma.blob.core.windows.net"), "unknown host", false),
      (httpRequest("20.60.26.132"), "no host name", true),
      (Array("GET / HTTP/1.1\r\n\r\n".utf8), "http-host-missing", true),
      (Array("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".utf8), "http-repeated-host", true),
      (Array("\u{0}\u{1}\u{2}\u{3}".utf8), "http-not-request", false),
      ([22, 9, 9, 9], "tls-record-version", false),
      (long, "http-request-too-long", true),
    ]
    for (index, one) in cases.enumerated() {
      let connection = EdgeConnection(
        lab, "198.51.100.21", to: EdgeLab.shared, from: UInt16(100 + index)
      ).open()
      var last = EdgeLab.Delivery(verdict: .dropped(.noFlow))
      for start in stride(from: 0, to: one.payload.count, by: 1_400) {
        last = connection.send(Array(one.payload[start..<min(start + 1_400, one.payload.count)]))
        if last.verdict == .answered(.denied) { break }
      }
      #expect(last.verdict == .answered(.denied), "\(one.problem)")
      #expect(last.told.first?.frame.flags.contains(.rst) == !one.is403, "\(one.problem)")
      let records = lab.records
      #expect(records.map(\.sentence) == ["denied: \(one.problem)"])
      #expect(records.first?.resource == nil && records.first?.isAdmitted == false)
    }
    #expect(lab.edge.path.inspections.count == 0)
  }

  @Test("I2: a ClientHello in very many records is refused before it fills memory")
  func manyRecords() {
    let lab = EdgeLab()
    let connection = EdgeConnection(lab, "198.51.100.21", to: EdgeLab.shared).open()
    var hello: [UInt8] = [22, 3, 1, 0, 4, 1, 0, 0x30, 0]
    while hello.count < 24_000 { hello += [22, 3, 1, 0, 1, 3] }
    var last = EdgeLab.Delivery(verdict: .dropped(.noFlow))
    for start in stride(from: 0, to: hello.count, by: 1_400) {
      last = connection.send(Array(hello[start..<min(start + 1_400, hello.count)]))
      if last.verdict == .answered(.denied) { break }
      #expect(lab.edge.path.inspections[0]?.bytes.count ?? 0 <= Inspections.longest)
    }
    #expect(last.verdict == .answered(.denied))
    #expect(lab.records.map(\.sentence) == ["denied: too long"])
  }

  @Test("I2: only the first request of a connection is read")
  func pipelined() {
    let lab = EdgeLab()
    let connection = EdgeConnection(lab, "vm1", to: EdgeLab.shared).open()
    let both = httpRequest(EdgeLab.alpha) + httpRequest(EdgeLab.beta)
    #expect(connection.send(both).served.first?.payload == both)
    #expect(lab.records.map(\.resource) == ["alpha"])
  }

  @Test("I2: the resource that is meant decides, over an endpoint and from the Internet")
  func verdicts() {
    let lab = EdgeLab()
    let expected = [
      ("vm1", EdgeLab.alpha, true), ("vm1", EdgeLab.beta, false), ("twin", EdgeLab.beta, true),
      ("twin", EdgeLab.alpha, false), ("198.51.100.21", EdgeLab.alpha, true),
      ("198.51.100.21", EdgeLab.beta, false), ("vm2", EdgeLab.alpha, false),
      ("vm1", "www.\(EdgeLab.alpha)", true),
    ]
    for (index, (caller, host, isAdmitted)) in expected.enumerated() {
      for (kind, request) in Self.requests.enumerated() {
        let connection = EdgeConnection(
          lab, caller, to: EdgeLab.shared, port: kind == 0 ? 80 : 443,
          from: UInt16(1_000 + index)
        ).open()
        let delivery = connection.send(request.bytes(host))
        #expect(
          (delivery.verdict == .forwarded(lab.edge.port("services"))) == isAdmitted,
          "\(caller) \(host) \(request.name)")
      }
    }
  }

  @Test(
    "I2: retransmitted and keep-alive segments pass, and a SYN is no less a SYN the second time")
  func retransmissions() {
    let lab = EdgeLab()
    let connection = EdgeConnection(lab, "vm1", to: EdgeLab.shared)
    connection.send(flags: .syn)
    #expect(isServed(connection.send(flags: .syn, sequence: 1_000)))
    connection.reply(flags: [.syn, .ack])
    let begin = connection.next
    #expect(isServed(connection.send()))
    // One octet that the server has had long ago (RFC 9293 section 3.8.4).
    #expect(isServed(connection.send([0], sequence: begin &- 1)))
    let request = httpRequest(EdgeLab.alpha)
    #expect(isServed(connection.send(Array(request[..<20]))))
    #expect(isServed(connection.send(Array(request[..<20]), sequence: begin)))
    #expect(isServed(connection.send(Array(request[10..<30]), sequence: begin &+ 10)))
    #expect(isServed(connection.send(request, sequence: begin)))
    #expect(isServed(connection.send(request, sequence: begin)))
    #expect(lab.records.count == 1)
  }
}
