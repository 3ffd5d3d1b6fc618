/// Reads the host of a connection's first HTTP/1.x request (RFC 9112 section 3.2), from pieces cut anywhere.
///
/// It answers when the whole head is there, and is stricter than a server has to be: whatever two readers could
/// understand in two ways (a second Host, a folded line, a bare LF, a target that names another host than Host does) is
/// refused, for the server behind might take the other one.
public struct HTTPHostReader: Sendable {
  /// The longest head that is read, in bytes.
  public static let maximumLength = 16_384

  private var answer = HostNameReading.needMore
  private var head: [UInt8] = []
  /// Where the line begins that is still to come.
  private var line = 0

  public init() {}

  /// - Parameter bytes: what follows the bytes of the calls before.
  public mutating func read(_ bytes: some Collection<UInt8>) -> HostNameReading {
    guard answer == .needMore else { return answer }
    for byte in bytes {
      head.append(byte)
      if byte == UInt8(ascii: "\n") { endLine() } else { check(byte) }
      if answer == .needMore, head.count > Self.maximumLength {
        answer = .malformed(.requestTooLong)
      }
      guard answer == .needMore else {
        head = []
        break
      }
    }
    return answer
  }

  /// What is no request shows in its first bytes: they are those of a method.
  private mutating func check(_ byte: UInt8) {
    let isFirstWord = line == 0 && !head.contains(UInt8(ascii: " "))
    if head.count >= 2, head[head.count - 2] == UInt8(ascii: "\r") {
      answer = .malformed(.lineEnd)
    } else if isFirstWord, !Self.isToken(byte), byte != UInt8(ascii: "\r") {
      answer = .malformed(.notRequest)
    } else if isFirstWord, head.count > 32 {
      answer = .malformed(.notRequest)
    }
  }

  private mutating func endLine() {
    guard head.count >= 2, head[head.count - 2] == UInt8(ascii: "\r") else {
      answer = .malformed(.lineEnd)
      return
    }
    let isEmpty = head.count - line == 2
    if isEmpty, line == 0 {
      // RFC 9112 section 2.2: an empty line before the request is passed over; here, one.
      if hasPassedOver { answer = .malformed(.notRequest) }
      hasPassedOver = true
      head = []
    } else if isEmpty {
      answer = HTTPRequestHead.host(of: head)
    } else {
      line = head.count
    }
  }

  private var hasPassedOver = false

  /// RFC 9110 section 5.6.2.
  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
