import Foundation

/// Reading a JSON file whose contents name each of their problems.
enum JSONFile {
  static func bytes(ofFile path: String) throws(RouteSourceError) -> Data {
    guard access(path, R_OK) == 0 else {
      throw .unreadable(file: path, reason: String(cString: strerror(errno)))
    }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(file: path, reason: reason(of: error))
    }
  }

  /// Decodes a document. Contents that collect their own problems never throw here, so what is thrown is
  /// about the syntax or the outermost shape.
  static func decode<Document: Decodable>(
    _ type: Document.Type, from data: Data, source: String
  ) throws(RouteSourceError) -> Document {
    // Some editors put a byte order mark in front; JSON has no place for it (RFC 8259 section 8.1).
    let bom: [UInt8] = [0xef, 0xbb, 0xbf]
    let text = data.starts(with: bom) ? Data(data.dropFirst(bom.count)) : data
    do {
      return try JSONDecoder().decode(type, from: text)
    } catch DecodingError.dataCorrupted(let context) {
      throw .notJSON(file: source, reason: syntaxError(in: text) ?? context.debugDescription)
    } catch let error as DecodingError {
      throw .invalid(file: source, problems: [JSONProblem.describe(error)])
    } catch {
      throw .notJSON(file: source, reason: reason(of: error))
    }
  }

  /// Where the syntax breaks: outside Apple's platforms the decoder does not say, `JSONSerialization` does.
  private static func syntaxError(in text: Data) -> String? {
    if text.isEmpty { return "the file is empty" }
    do {
      _ = try JSONSerialization.jsonObject(with: text)
      return nil
    } catch {
      let reason = reason(of: error)
      // "... around character 37."
      guard let last = reason.split(separator: " ").last,
        let offset = Int(last.filter(\.isNumber)), offset <= text.count
      else { return reason }
      let lines = text.prefix(offset).split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      return "line \(lines.count), column \((lines.last?.count ?? 0) + 1): \(reason)"
    }
  }

  private static func reason(of error: any Error) -> String {
    let error = error as NSError
    return error.userInfo["NSDebugDescription"] as? String ?? error.localizedDescription
  }
}
