import Foundation

/// The files that a store serves: those below one folder, and nothing that links lead to from there.
public struct ServedFolder: Sendable {
  enum Problem: Error, Equatable {
    /// A part of the path that is no name of a file.
    case badName(String)
    case notFound
    case unreadable(String)
  }

  private let root: String

  /// - Throws: `TokenServerError.cannotRead`.
  public init(path: String) throws(TokenServerError) {
    var information = stat()
    guard let real = realpath(path, nil), stat(real, &information) == 0 else {
      throw .cannotRead(path: path, reason: String(cString: strerror(errno)))
    }
    defer { free(real) }
    guard information.st_mode & S_IFMT == S_IFDIR else {
      throw .cannotRead(path: path, reason: "it is no folder")
    }
    root = String(cString: real)
  }

  /// Opens a file.
  /// - Parameter names: of the folders and of the file, percent-encoding undone.
  func open(_ names: [String]) throws(Problem) -> OpenFile {
    for name in names {
      let isName = !name.isEmpty && name != "." && name != ".."
      guard isName, !name.contains("/"), !name.utf8.contains(0) else { throw .badName(name) }
    }
    guard !names.isEmpty, let real = realpath(([root] + names).joined(separator: "/"), nil) else {
      throw .notFound
    }
    defer { free(real) }
    let path = String(cString: real)
    guard path.hasPrefix(root == "/" ? root : root + "/") else { throw .notFound }
    // Without O_NONBLOCK a FIFO would keep us here.
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
    let file = OpenFile(descriptor)
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw .notFound
    }
    file.size = Int(information.st_size)
    return file
  }
}

/// A file that is being read, by one reader; it is closed at the end of its life.
final class OpenFile: @unchecked Sendable {
  private let descriptor: Int32
  /// In bytes, when it was opened.
  fileprivate(set) var size = 0

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// The next bytes, at most so many; empty at the end.
  func read(upTo count: Int) throws(ServedFolder.Problem) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    while true {
      let got = Foundation.read(descriptor, &bytes, count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
      return Array(bytes[..<got])
    }
  }
}
