import Dataplane
import Model
import Wire

/// The lines of `--verdicts`: a packet each as a JSON object, its keys always in the same order. A key whose value is
/// not known is left out. docs/replay.md has the schema.
///
/// What many packets share, such as a port with its network or a route, is put into words once (VerdictTexts.swift).
struct VerdictLines: ~Copyable {
  /// Numbers, times and addresses of one line with their keys, and what ends it.
  private static let ownSize = 1_024

  private let snapshot: Snapshot
  private let hasResources: Bool
  private var texts: VerdictTexts
  /// The lines so far, each with its line feed.
  private(set) var text = JSONBytes(capacity: 64 << 10)
  /// The second of the last packet, in words.
  private var second: UInt64?
  private var secondText: [UInt8] = []

  init(snapshot: Snapshot) {
    self.snapshot = snapshot
    hasResources = !snapshot.topology.resources.isEmpty
    texts = VerdictTexts(snapshot: snapshot)
  }

  mutating func removeAll() { text.removeAll() }

  mutating func add(_ batch: ReplayedBatch) {
    for index in 0..<batch.count { add(batch, index) }
  }

  private mutating func add(_ batch: ReplayedBatch, _ index: Int) {
    let packet = batch.pending.baseAddress.unsafelyUnwrapped + index
    let verdict = batch.verdicts[index]
    let detail = batch.details.baseAddress.unsafelyUnwrapped + index
    text.reserve(Self.ownSize)
    text.add("{\"packet\":")
    text.add(UInt64(packet.pointee.number))
    addTime(packet.pointee.timestamp)
    text.add("\",\"length\":")
    text.add(UInt64(packet.pointee.length))

    var arrivalDestination: IPAddress?
    if let outcome = packet.pointee.outcome {
      let arrival = batch.outcomes[Int(outcome)]
      if case .reply(let port, let destination) = arrival {
        arrivalDestination = destination
        add(texts.arrival(port, .reply))
      }
    } else {
      add(texts.arrival(packet.pointee.port, packet.pointee.basis))
    }
    if packet.pointee.hasConversation {
      addAddresses(packet.pointee.conversation, arrivalDestination)
    }

    switch verdict {
    case .forwarded(let port):
      add(texts.egress(port))
      if let route = detail.pointee.route { add(texts.route(route)) }
      if packet.pointee.hasConversation {
        addTranslated(packet.pointee.conversation, detail)
        if hasResources, snapshot.foretellsServices(by: port) {
          addResource(packet.pointee.conversation, detail, ingress: batch.port, egress: port)
        }
      }
    case .answered(let answer): add(texts.answer(answer))
    case .dropped(.unknownPort):
      texts.drop(.unknownPort, sentence: batch[index].sentence).withUnsafeBytes { add($0) }
    case .dropped(let reason):
      add(texts.drop(reason))
      if let rule = detail.pointee.securityRule { add(texts.securityRule(rule)) }
    }
    add(texts.end)
  }

  /// Something of which there may be much, before more of a line's own.
  @inline(__always)
  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    text.reserve(bytes.count &+ Self.ownSize)
    text.add(bytes)
  }

  private mutating func addTime(_ timestamp: UInt64) {
    let (second, fraction) = timestamp.quotientAndRemainder(dividingBy: 1_000_000_000)
    if second != self.second {
      self.second = second
      secondText = Array(CaptureTime.text(second * 1_000_000_000).utf8.dropLast(10))
    }
    text.add(",\"time\":\"")
    secondText.withUnsafeBytes { text.add($0) }
    text.add(fraction, digits: 9)
    text.add(byte: UInt8(ascii: "Z"))
  }

  private mutating func addAddresses(
    _ conversation: Conversation, _ arrivalDestination: IPAddress?
  ) {
    add(texts.transport(conversation))
    text.add(",\"source\":\"")
    text.add(conversation.address(conversation.source))
    if conversation.hasPorts {
      text.add("\",\"sourcePort\":")
      text.add(UInt64(conversation.sourcePort))
      text.add(",\"destination\":\"")
    } else {
      text.add("\",\"destination\":\"")
    }
    text.add(conversation.address(conversation.destination))
    if conversation.hasPorts {
      text.add("\",\"destinationPort\":")
      text.add(UInt64(conversation.destinationPort))
    } else {
      text.add(byte: UInt8(ascii: "\""))
    }
    if let arrivalDestination {
      text.add(",\"arrivalDestination\":\"")
      text.add(arrivalDestination)
      text.add(byte: UInt8(ascii: "\""))
    }
  }

  private mutating func addTranslated(
    _ conversation: Conversation, _ detail: UnsafePointer<PacketDetail>
  ) {
    text.add(",\"translatedSource\":\"")
    text.add(detail.pointee.translatedSource ?? conversation.address(conversation.source))
    text.add("\",\"translatedDestination\":\"")
    text.add(
      detail.pointee.translatedDestination ?? conversation.address(conversation.destination))
    text.add(byte: UInt8(ascii: "\""))
  }
}

extension VerdictLines {
  /// What the resource that it is for will say.
  private mutating func addResource(
    _ conversation: Conversation, _ detail: UnsafePointer<PacketDetail>, ingress: PortID?,
    egress: PortID
  ) {
    guard let ingress else { return }
    let answer = texts.resource(
      VerdictTexts.Request(
        source: detail.pointee.translatedSource ?? conversation.address(conversation.source),
        destination: detail.pointee.translatedDestination
          ?? conversation.address(conversation.destination), ingress: ingress, egress: egress,
        service: detail.pointee.route?.service))
    if let answer { add(answer) }
  }
}

extension Verdict {
  /// `forwarded`, `answered` or `dropped`.
  var word: String {
    switch self {
    case .forwarded: "forwarded"
    case .answered: "answered"
    case .dropped: "dropped"
    }
  }
}
