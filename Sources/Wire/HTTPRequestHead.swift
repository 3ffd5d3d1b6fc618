/// The host that a whole request head names: from its first line to the empty one, each ended by CR LF.
enum HTTPRequestHead {
  static func host(of head: [UInt8]) -> HostNameReading {
    var lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { $0.dropLast() }
    // Behind the last LF, and the empty line.
    lines.removeLast(2)
    let words = lines[0].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(HTTPHostReader.isToken),
      !words[1].isEmpty, words[1].allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { return .malformed(.requestLine) }
    guard let minor = minorVersion(words[2]) else { return .malformed(.version) }
    var hosts: [ArraySlice<UInt8>] = []
    for line in lines.dropFirst() {
      guard let (name, value) = field(line) else { return .malformed(.field) }
      if name.count == 4, lowercased(name).elementsEqual("host".utf8) { hosts.append(value) }
    }
    if hosts.count > 1 { return .malformed(.repeatedHost) }
    if hosts.isEmpty, minor >= 1 { return .malformed(.hostMissing) }
    let written = hosts.first.map(authority)
    if written == .malformed(.host) { return .malformed(.host) }
    guard let target = self.target(words[1], method: words[0]) else { return written ?? .none }
    if case .malformed = target { return target }
    // RFC 9112 section 3.2.2: the target's host counts, and the client has to send the same as Host.
    if let written, written != target, !(hosts.first?.isEmpty ?? true) {
      return .malformed(.hostsDiffer)
    }
    return target
  }

  /// `HTTP/1.` and a digit.
  private static func minorVersion(_ word: ArraySlice<UInt8>) -> Int? {
    guard word.count == 8, word.starts(with: "HTTP/1.".utf8), let last = word.last,
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last)
    else { return nil }
    return Int(last - UInt8(ascii: "0"))
  }

  /// RFC 9112 section 5: no space before the colon, and no folded line.
  private static func field(
    _ line: ArraySlice<UInt8>
  ) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
      return nil
    }
    let name = line[..<colon]
    var value = line[(colon + 1)...]
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    value = value.drop(while: isSpace)
    while let last = value.last, isSpace(last) { value.removeLast() }
    guard name.allSatisfy(HTTPHostReader.isToken),
      value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") })
    else { return nil }
    return (name, value)
  }

  /// The host in the target itself: of `http://HOST/...`, and of `CONNECT HOST:PORT`; nil of `/...` and `*`.
  private static func target(
    _ target: ArraySlice<UInt8>, method: ArraySlice<UInt8>
  ) -> HostNameReading? {
    if method.elementsEqual("CONNECT".utf8) { return authority(target) }
    if target.first == UInt8(ascii: "/") || target.elementsEqual("*".utf8) { return nil }
    let lower = lowercased(target.prefix(8))
    let scheme = ["http://", "https://"].first { lower.starts(with: $0.utf8) }
    guard let scheme else { return .malformed(.requestLine) }
    let rest = target.dropFirst(scheme.utf8.count)
    let host = rest.prefix { !"/?#".utf8.contains($0) }
    return host.isEmpty ? .malformed(.host) : authority(host)
  }

  /// `host`, `host:port`, an address, or nothing (RFC 9110 section 7.2).
  private static func authority(_ text: ArraySlice<UInt8>) -> HostNameReading {
    if text.isEmpty { return .none }
    var host = text
    if text.first == UInt8(ascii: "[") {
      guard let end = text.firstIndex(of: UInt8(ascii: "]")), isPort(text[(end + 1)...]),
        IPv6Address(String(decoding: text[(text.startIndex + 1)..<end], as: UTF8.self)) != nil
      else { return .malformed(.host) }
      return .none
    }
    if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
      guard isPort(text[colon...]) else { return .malformed(.host) }
      host = text[..<colon]
    }
    return switch HostName.read(host) {
    case .name(let name): .name(name)
    case .address: .none
    case .invalid: .malformed(.host)
    }
  }

  /// Nothing, or `:` and at most five digits.
  private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first else { return true }
    let digits = text.dropFirst()
    return first == UInt8(ascii: ":") && digits.count <= 5
      && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func lowercased(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }
}
