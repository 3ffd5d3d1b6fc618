import Collections
import Dataplane
import Wire

/// A packet that was forwarded, as far as its reply is concerned.
public struct ForwardedRequest: Hashable, Sendable {
  public var egress: PortID
  /// The source as it left.
  public var translatedSource: IPAddress
}

/// What has been forwarded so far, by the addresses that it was captured with: a reply in the capture
/// has them the other way round. Only port assignment asks; the packet path has its own flow table.
struct ForwardedRequests: ~Copyable {
  private struct FragmentKey: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var transport: UInt8
    var identification: UInt32
  }

  private var requests = RequestTable()
  /// What first fragments of replies answered, for the later ones, which have no ports.
  private var fragments = Newest<FragmentKey, ForwardedRequest>()

  /// Whether what was noted of a flow may have given way, or may within so many notes: then each of its packets says it
  /// again.
  func mayForget(within count: Int) -> Bool {
    requests.hasForgotten || requests.count + count > RequestTable.limit
  }

  mutating func note(_ conversation: Conversation, egress: PortID, translatedSource: UInt128) {
    requests.note(conversation, egress: egress, translatedSource: translatedSource)
  }

  /// The request that a packet answers, if it was forwarded; of an ICMP error the one that it quotes.
  mutating func answered(by tuple: FiveTuple, _ headers: Headers, quoted: FiveTuple?)
    -> ForwardedRequest?
  {
    if headers.isFragment {
      let key = FragmentKey(
        source: tuple.source, destination: tuple.destination, transport: headers.transport,
        identification: headers.fragmentID)
      if headers.isLaterFragment { return fragments[key] }
      let request = request(tuple.reversed)
      fragments[key] = request
      return request
    }
    return request(quoted ?? tuple.reversed)
  }

  private func request(_ tuple: FiveTuple) -> ForwardedRequest? {
    Conversation(tuple).flatMap { requests.request($0) }
  }
}

/// A dictionary of the newest keys: a capture may hold more packets than memory.
private struct Newest<Key: Hashable, Value> {
  private var values: [Key: Value] = [:]
  /// In the order in which they first came.
  private var keys = Deque<Key>()

  subscript(key: Key) -> Value? {
    get { values[key] }
    set {
      guard let newValue else { return }
      if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      if keys.count > RequestTable.limit { values[keys.removeFirst()] = nil }
    }
  }
}
