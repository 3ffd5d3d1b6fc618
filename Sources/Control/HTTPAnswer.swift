import Foundation

/// An HTTP/1.1 answer whose connection has been closed behind it (RFC 9112).
enum HTTPAnswer {
  /// - Parameter failure: makes the error that is thrown for a malformed answer.
  /// - Returns: the status code and the body, its transfer coding undone.
  static func parse(_ data: Data, failure: (String) -> any Error) throws -> (Int, Data) {
    guard let end = data.range(of: Data("\r\n\r\n".utf8)) else {
      throw failure(data.isEmpty ? "the connection was closed" : "its header has no end")
    }
    let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw failure("it begins with '\(lines[0].prefix(40))'")
    }
    let body = data[end.upperBound...]
    var length: Int?
    var isChunked = false
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1].trimmingCharacters(in: .whitespaces)
      switch parts[0].lowercased() {
      case "content-length": length = Int(value)
      case "transfer-encoding": isChunked = value.lowercased() == "chunked"
      default: break
      }
    }
    if isChunked { return (status, try unchunk(body, failure: failure)) }
    guard let length else { return (status, Data(body)) }
    guard body.count >= length else { throw failure("it is cut short") }
    return (status, Data(body.prefix(length)))
  }

  private static func unchunk(_ body: Data, failure: (String) -> any Error) throws -> Data {
    var rest = body
    var whole = Data()
    while let line = rest.range(of: Data("\r\n".utf8)) {
      let size = String(decoding: rest[..<line.lowerBound], as: UTF8.self)
        .prefix { $0 != ";" }
      guard let count = Int(size, radix: 16) else {
        throw failure("a chunk has the size '\(size)'")
      }
      if count == 0 { return whole }
      rest = rest[line.upperBound...]
      guard rest.count >= count + 2 else { break }
      whole += rest.prefix(count)
      rest = rest.dropFirst(count + 2)
    }
    throw failure("it is cut short")
  }
}
