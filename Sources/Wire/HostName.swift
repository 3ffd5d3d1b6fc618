/// A host name as requests carry it: TLS server names and HTTP hosts (RFC 1123 section 2.1, RFC 6066 section 3).
enum HostName {
  enum Kind: Equatable {
    /// In lower case, without a dot at the end.
    case name(String)
    /// An address in dotted decimal.
    case address
    case invalid
  }

  /// At most 253 bytes in labels of 1 to 63 letters, digits, `-` and `_`. An underscore is in no host name, but in names
  /// that people use.
  static func read(_ bytes: some Collection<UInt8>) -> Kind {
    var text = Array(bytes)
    if text.last == UInt8(ascii: ".") { text.removeLast() }
    guard (1...253).contains(text.count) else { return .invalid }
    var label = 0
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): text[index] |= 0x20
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        break
      case UInt8(ascii: ".") where label > 0:
        label = 0
        continue
      default: return .invalid
      }
      label += 1
      guard label <= 63 else { return .invalid }
    }
    guard label > 0 else { return .invalid }
    let name = String(decoding: text, as: UTF8.self)
    return IPv4Address(name) == nil ? .name(name) : .address
  }
}
