import CLibpcap
import Glibc

/// Why a capture cannot be read on.
struct CaptureFault: Error {
  var reason: String
}

/// A packet as a file has it; the bytes are valid until the next one is read.
struct RawPacket {
  var bytes: UnsafeRawBufferPointer
  var wireLength: Int
  var timestamp: UInt64
  var linkType: Int32
  var interface: Int?
}

/// The bytes of a capture file, unpacked by gzip(1) where they are compressed, as users of Wireshark
/// expect. gzip is on every Debian system; a library would be one more thing to install.
final class CaptureFile {
  let path: String
  let stream: UnsafeMutablePointer<FILE>
  /// False once libpcap has it, which closes it.
  private var isStreamOwned = true
  private var child: pid_t?

  /// - Throws: what the system says.
  init(path: String) throws(CaptureFault) {
    self.path = path
    if try Self.isCompressed(path) {
      let (descriptor, child) = try Self.unpack(path)
      self.child = child
      stream = fdopen(descriptor, "r")
    } else {
      guard let stream = fopen(path, "re") else { throw CaptureFault(reason: systemMessage(errno)) }
      self.stream = stream
    }
  }

  deinit { _ = close() }

  /// The stream, for somebody who closes it.
  func handOver() -> UnsafeMutablePointer<FILE> {
    isStreamOwned = false
    return stream
  }

  /// To be called when the stream is at its end or closed.
  /// - Returns: what gzip has to complain about.
  func close() -> String? {
    if isStreamOwned { fclose(stream) }
    isStreamOwned = false
    guard let child else { return nil }
    self.child = nil
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    // 1 is an error, 2 a warning. A signal is SIGPIPE: we closed the stream before its end.
    return status == 1 << 8 ? "gzip finds the compressed file damaged" : nil
  }

  /// Only an ordinary file can be opened once more.
  static func canReopen(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  private static func isCompressed(_ path: String) throws(CaptureFault) -> Bool {
    // What a pipe has given once it does not give again.
    guard canReopen(path) else { return false }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CaptureFault(reason: systemMessage(errno)) }
    defer { _ = Glibc.close(descriptor) }
    var magic: UInt16 = 0
    return read(descriptor, &magic, 2) == 2 && magic.bigEndian == 0x1f8b
  }

  /// - Returns: the reading end of a pipe, and the process that writes to it.
  private static func unpack(_ path: String) throws(CaptureFault) -> (Int32, pid_t) {
    let input = open(path, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw CaptureFault(reason: systemMessage(errno)) }
    defer { _ = Glibc.close(input) }
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw CaptureFault(reason: systemMessage(errno)) }
    defer { _ = Glibc.close(ends[1]) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // gzip ends by SIGPIPE when we stop reading, even if this process ignores that signal.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

    var child: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("gzip"), strdup("-dc"), nil]
    defer { for argument in arguments { free(argument) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    let status = posix_spawnp(
      &child, "gzip", &actions, &attributes, &arguments, &environment)
    guard status == 0 else {
      _ = Glibc.close(ends[0])
      throw CaptureFault(
        reason: "it is compressed, and gzip cannot be run: \(systemMessage(status))")
    }
    return (ends[0], child)
  }
}
