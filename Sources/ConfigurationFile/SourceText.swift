import Foundation

/// A file's text, or what is wrong with the file.
enum SourceText {
  /// A configuration of four mebibytes would describe a hundred thousand subnets.
  static let maximumSize = 4 << 20

  /// Reads a whole file of UTF-8. Reports at `reporter` when an including file names it, else for the file
  /// itself.
  static func read(path: String, as name: String, reporter: Place?, _ findings: Findings) -> String?
  {
    func refuse(_ message: String) -> String? {
      if let reporter {
        findings.error(reporter, "\(name) \(message)")
      } else {
        findings.error(Place(file: name), message)
      }
      return nil
    }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      return refuse("does not exist")
    }
    guard !isDirectory.boolValue else { return refuse("is a directory; name a file in it") }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      return refuse("cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: maximumSize + 1) ?? Data() else {
      return refuse("cannot be read")
    }
    guard data.count <= maximumSize else {
      return refuse("is larger than \(maximumSize >> 20) MiB, the most that is read")
    }
    return decode(Array(data), as: name, findings)
  }

  /// Checks the encoding. A byte order mark is dropped.
  static func decode(_ bytes: [UInt8], as name: String, _ findings: Findings) -> String? {
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      findings.error(Place(file: name), "is UTF-16; save it as UTF-8")
      return nil
    }
    let content = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...]
    if let text = String(validating: content, as: UTF8.self) { return text }
    let (line, column) = firstInvalid(content)
    findings.error(
      Place(file: name, line: line, column: column), "is not UTF-8 here; save the file as UTF-8")
    return nil
  }

  private static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    return (line, column)
  }
}
