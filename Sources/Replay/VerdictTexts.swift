import Dataplane
import Model

/// The parts of verdict lines that many packets share, each put into words when it is first asked for. All begin with a
/// comma.
struct VerdictTexts: ~Copyable {
  /// More routes than a capture's packets take, mostly.
  private static let routeSlots = 256

  /// What ends each line.
  let end: [UInt8]
  private let snapshot: Snapshot
  /// By port, then by basis.
  private var arrivals: [[UInt8]]
  private var egresses: [[UInt8]]
  /// By protocol number, and ARP.
  private var transports: [[UInt8]]
  private var answers: [Answer: [UInt8]] = [:]
  private var drops: [DropReason: [UInt8]] = [:]
  private var routes: [(route: ResolvedRoute, text: [UInt8])?]

  private static let bases = PortAssignment.Basis.allCases

  init(snapshot: Snapshot) {
    self.snapshot = snapshot
    var line = JSONFields()
    line.add("model", snapshot.topology.precedence.rawValue)
    end = line.bytes + Array("}\n".utf8)
    arrivals = Array(repeating: [], count: snapshot.ports.count * Self.bases.count)
    egresses = Array(repeating: [], count: snapshot.ports.count)
    transports = Array(repeating: [], count: 257)
    routes = Array(repeating: nil, count: Self.routeSlots)
  }

  @inline(__always)
  mutating func arrival(_ port: PortID, _ basis: PortAssignment.Basis) -> [UInt8] {
    let place = Int(port.index) * Self.bases.count + basis.position
    if arrivals[place].isEmpty { arrivals[place] = describe(port, basis) }
    return arrivals[place]
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
  mutating func transport(_ conversation: Conversation) -> [UInt8] {
    let place = conversation.isARP ? 256 : Int(conversation.transport)
    if transports[place].isEmpty {
      var fields = JSONFields()
      fields.add("protocol", "\(conversation.tuple.transport)")
      transports[place] = fields.bytes
    }
    return transports[place]
  }

  @inline(__always)
  mutating func egress(_ port: PortID) -> [UInt8] {
    if egresses[Int(port.index)].isEmpty {
      var fields = JSONFields()
      fields.add("verdict", Verdict.forwarded(port).word)
      fields.add("egress", snapshot.ports[Int(port.index)].name)
      egresses[Int(port.index)] = fields.bytes
    }
    return egresses[Int(port.index)]
  }

  mutating func answer(_ answer: Answer) -> [UInt8] {
    if let text = answers[answer] { return text }
    var fields = JSONFields()
    fields.add("verdict", Verdict.answered(answer).word)
    fields.add("answer", answer.rawValue)
    answers[answer] = fields.bytes
    return fields.bytes
  }

  mutating func drop(_ reason: DropReason) -> [UInt8] {
    if let text = drops[reason] { return text }
    let text = drop(reason, sentence: reason.sentence)
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

  /// Of the routes with the same place the last one is known.
  @inline(__always)
  mutating func route(_ route: ResolvedRoute) -> [UInt8] {
    let bits = route.prefix.address.bits
    let mixed =
      UInt64(truncatingIfNeeded: bits ^ bits >> 64)
      &+ UInt64(truncatingIfNeeded: route.prefix.length)
    let place = Int((mixed &* 0x9e37_79b9_7f4a_7c15) >> 56)
    if let known = routes[place], known.route == route { return known.text }
    let text = describe(route)
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

extension PortAssignment.Basis {
  /// Among all of them.
  fileprivate var position: Int {
    switch self {
    case .option: 0
    case .sourceMAC: 1
    case .sourceAddress: 2
    case .publicSource: 3
    case .reply: 4
    case .publicDestination: 5
    case .endpointRoute: 6
    case .bgpRoute: 7
    }
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
