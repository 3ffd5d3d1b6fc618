import Dataplane
import Model
import Wire

/// The parts of verdict lines that many packets share, each put into words when it is first asked for. All begin with a
/// comma. They are there as long as this is: nothing is retained to hand one out.
struct VerdictTexts: ~Copyable {
  /// More routes than a capture's packets take, mostly.
  private static let routeSlots = 256

  /// Requests whose answers are remembered at most: more than a capture has, mostly.
  private static let resourceSlots = 4_096

  /// What a resource's answer hangs on.
  struct Request: Hashable {
    /// As it leaves.
    var source: IPAddress
    var destination: IPAddress
    var ingress: PortID
    var egress: PortID
    /// Of an endpoint route.
    var service: Int?
  }

  /// What ends each line.
  let end: UnsafeRawBufferPointer
  private let snapshot: Snapshot
  /// By port, then by basis.
  private var arrivals: [UnsafeRawBufferPointer?]
  private var egresses: [UnsafeRawBufferPointer?]
  /// By protocol number, and ARP.
  private var transports: [UnsafeRawBufferPointer?]
  private var answers: [Answer: UnsafeRawBufferPointer] = [:]
  private var drops: [DropReason: UnsafeRawBufferPointer] = [:]
  private var rules: [SecurityGroups.RuleID: UnsafeRawBufferPointer] = [:]
  /// By request; nil for those that no resource answers.
  private var resources: [Request: UnsafeRawBufferPointer?] = [:]
  private var routes: [(route: ResolvedRoute, text: UnsafeRawBufferPointer)?]

  private static let bases = PortAssignment.Basis.allCases

  init(snapshot: Snapshot) {
    self.snapshot = snapshot
    var line = JSONFields()
    line.add("model", snapshot.topology.precedence.rawValue)
    end = Self.lasting(line.bytes + Array("}\n".utf8))
    arrivals = Array(repeating: nil, count: snapshot.ports.count * Self.bases.count)
    egresses = Array(repeating: nil, count: snapshot.ports.count)
    transports = Array(repeating: nil, count: 257)
    routes = Array(repeating: nil, count: Self.routeSlots)
  }

  deinit {
    end.deallocate()
    for text in arrivals + egresses + transports + routes.map({ $0?.text }) { text?.deallocate() }
    for text in resources.values { text?.deallocate() }
    for text in Array(answers.values) + Array(drops.values) + Array(rules.values) {
      text.deallocate()
    }
  }

  /// A copy that nobody frees but `deinit`.
  private static func lasting(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(copy)
  }

  @inline(__always)
  mutating func arrival(_ port: PortID, _ basis: PortAssignment.Basis) -> UnsafeRawBufferPointer {
    let place = Int(port.index) * Self.bases.count + basis.position
    if let text = arrivals[place] { return text }
    let text = Self.lasting(describe(port, basis))
    arrivals[place] = text
    return text
  }

  private func describe(_ port: PortID, _ basis: PortAssignment.Basis) -> [UInt8] {
    let record = snapshot.ports[Int(port.index)]
    var fields = JSONFields()
    fields.add("port", record.name)
    fields.add("portBasis", basis.rawValue)
    if let network = record.virtualNetwork {
      fields.add("virtualNetwork", snapshot.topology.virtualNetworks[network].name)
    }
    return fields.bytes
  }

  @inline(__always)
  mutating func transport(_ conversation: Conversation) -> UnsafeRawBufferPointer {
    let place = conversation.isARP ? 256 : Int(conversation.transport)
    if let text = transports[place] { return text }
    var fields = JSONFields()
    fields.add("protocol", "\(conversation.tuple.transport)")
    let text = Self.lasting(fields.bytes)
    transports[place] = text
    return text
  }

  @inline(__always)
  mutating func egress(_ port: PortID) -> UnsafeRawBufferPointer {
    if let text = egresses[Int(port.index)] { return text }
    var fields = JSONFields()
    fields.add("verdict", Verdict.forwarded(port).word)
    fields.add("egress", snapshot.ports[Int(port.index)].name)
    let text = Self.lasting(fields.bytes)
    egresses[Int(port.index)] = text
    return text
  }

  mutating func answer(_ answer: Answer) -> UnsafeRawBufferPointer {
    if let text = answers[answer] { return text }
    var fields = JSONFields()
    fields.add("verdict", Verdict.answered(answer).word)
    fields.add("answer", answer.rawValue)
    let text = Self.lasting(fields.bytes)
    answers[answer] = text
    return text
  }

  mutating func drop(_ reason: DropReason) -> UnsafeRawBufferPointer {
    if let text = drops[reason] { return text }
    let text = Self.lasting(drop(reason, sentence: reason.sentence))
    drops[reason] = text
    return text
  }

  /// With a sentence of the packet's own.
  func drop(_ reason: DropReason, sentence: String?) -> [UInt8] {
    var fields = JSONFields()
    fields.add("verdict", Verdict.dropped(reason).word)
    fields.add("dropReason", reason.rawValue)
    if let sentence { fields.add("sentence", sentence) }
    return fields.bytes
  }

  /// The rule of a security group that refused a packet (N1).
  mutating func securityRule(_ rule: SecurityGroups.RuleID) -> UnsafeRawBufferPointer {
    if let text = rules[rule] { return text }
    var fields = JSONFields()
    fields.add("securityGroup", snapshot.securityGroups.name(of: rule))
    fields.add("securityRule", snapshot.securityGroups.rule(rule).name)
    let text = Self.lasting(fields.bytes)
    rules[rule] = text
    return text
  }

  /// What the resource says that a packet is for, as far as its addresses tell; nil where it is for none.
  mutating func resource(_ request: Request) -> UnsafeRawBufferPointer? {
    if let text = resources[request] { return text }
    if resources.count >= Self.resourceSlots {
      for text in resources.values { text?.deallocate() }
      resources = [:]
    }
    let answers = snapshot.serviceAnswers(
      from: request.source, to: request.destination, ingress: request.ingress,
      egress: request.egress, service: request.service)
    let text = answers.isEmpty ? nil : Self.lasting(describe(answers))
    resources[request] = .some(text)
    return text
  }

  private func describe(_ answers: [ServiceAnswer]) -> [UInt8] {
    var fields = JSONFields()
    guard answers.count == 1, answers[0].hostNames.isEmpty else {
      fields.add("resourceVerdict", "host-name-decides")
      return fields.bytes
    }
    fields.add("resource", answers[0].resource)
    fields.add("resourceVerdict", answers[0].isAdmitted ? "admitted" : "denied")
    if let rule = answers[0].rule { fields.add("resourceRule", rule) }
    fields.add("resourceSentence", answers[0].sentence)
    return fields.bytes
  }

  /// Of the routes with the same place the last one is known.
  @inline(__always)
  mutating func route(_ route: ResolvedRoute) -> UnsafeRawBufferPointer {
    let bits = route.prefix.address.bits
    let mixed =
      UInt64(truncatingIfNeeded: bits ^ bits >> 64)
      &+ UInt64(truncatingIfNeeded: route.prefix.length)
    let place = Int((mixed &* 0x9e37_79b9_7f4a_7c15) >> 56)
    if let known = routes[place], known.route == route { return known.text }
    routes[place]?.text.deallocate()
    let text = Self.lasting(describe(route))
    routes[place] = (route, text)
    return text
  }

  private func describe(_ route: ResolvedRoute) -> [UInt8] {
    var fields = JSONFields()
    fields.add("nextHopType", route.nextHopType.rawValue)
    if let hop = route.nextHop { fields.add("nextHop", "\(hop)") }
    fields.add("routePrefix", "\(route.prefix)")
    fields.add("routeOrigin", route.origin.rawValue)
    if let service = route.service {
      fields.add("service", snapshot.topology.services.services[service].name)
    }
    return fields.bytes
  }
}

/// Members of a JSON object, each with a comma before it.
private struct JSONFields {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ key: String, _ value: String) {
    bytes += ",\"\(key)\":\(Self.quoted(value))".utf8
  }

  /// RFC 8259 section 7.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension PortAssignment.Basis {
  /// Among all cases: the byte that stands for one of an enumeration without payloads is its place.
  fileprivate var position: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}
