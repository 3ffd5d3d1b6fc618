import Foundation
import Synchronization

/// What keeps the control socket from being had.
public enum ControlSocketError: Error, Sendable, Equatable, CustomStringConvertible {
  case pathTooLong(String, limit: Int)
  case inUse(String)
  case notASocket(String)
  case notAllowed(String, operation: String)
  case failed(String, operation: String, reason: String)

  public var description: String {
    switch self {
    case .pathTooLong(let path, let limit):
      "the control socket's path is longer than the \(limit) bytes that the kernel takes: \(path)"
    case .inUse(let path):
      "another instance answers on \(path): stop it, or give this one another `control: { socket: … }`"
    case .notASocket(let path):
      "\(path) is there and is not a socket: remove it, or choose another `control: { socket: … }`"
    case .notAllowed(let path, let operation):
      "\(path): not allowed to \(operation): be root, or the user whose instance it is"
    case .failed(let path, let operation, let reason): "\(path): cannot \(operation): \(reason)"
    }
  }

  static func failed(_ path: String, _ operation: String) -> ControlSocketError {
    errno == EACCES || errno == EPERM
      ? .notAllowed(path, operation: operation)
      : .failed(path, operation: operation, reason: String(cString: strerror(errno)))
  }
}

/// The file that an instance listens on.
struct ControlSocket {
  let path: String

  /// Makes the directory, for its owner alone, and removes a socket that a crashed instance left behind.
  /// Held by one process at a time, until it is released: two that start together do not remove each
  /// other's socket.
  /// - Throws: `.inUse` where somebody answers on the socket.
  func claim() throws(ControlSocketError) -> Claim {
    guard path.utf8.count < Self.pathLimit else {
      throw .pathTooLong(path, limit: Self.pathLimit - 1)
    }
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw .failed(directory, operation: "make the directory", reason: error.localizedDescription)
    }
    let lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else { throw .failed(directory, "open") }
    let claim = Claim(descriptor: lock)
    guard flock(lock, LOCK_EX) == 0 else { throw .failed(directory, "lock") }
    try removeStale()
    return claim
  }

  /// The right to bind, until `release()` or the end of its life.
  final class Claim: Sendable {
    private let descriptor: Mutex<Int32?>

    init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    deinit { release() }

    func release() {
      descriptor.withLock { descriptor in
        if let open = descriptor { close(open) }
        descriptor = nil
      }
    }
  }

  func remove() { unlink(path) }

  private func removeStale() throws(ControlSocketError) {
    var information = stat()
    guard lstat(path, &information) == 0 else { return }
    guard information.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
    if let descriptor = try? connect() {
      close(descriptor)
      throw .inUse(path)
    }
    guard unlink(path) == 0 else { throw .failed(path, "remove") }
  }

  /// `sun_path`, its final zero included (unix(7)).
  private static let pathLimit = 108

  /// - Returns: a connected descriptor, the caller's to close.
  func connect() throws(ControlSocketError) -> Int32 {
    guard path.utf8.count < Self.pathLimit else {
      throw .pathTooLong(path, limit: Self.pathLimit - 1)
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .failed(path, "make a socket") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let error = ControlSocketError.failed(path, "connect")
      close(descriptor)
      throw error
    }
    return descriptor
  }
}
