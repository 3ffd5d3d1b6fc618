import CLibpcap
import Glibc

/// Why a capture cannot be read on.
struct CaptureFault: Error {
  var reason: String
}

/// A packet as a file has it; the bytes stay until the file's `release`.
struct RawPacket {
  var bytes: UnsafeRawBufferPointer
  var wireLength: Int
  var timestamp: UInt64
  var linkType: Int32
  var interface: Int?
}

/// The bytes of a capture file, read in large blocks; unpacked by gzip(1) where they are compressed, as users
/// of Wireshark expect. gzip is on every Debian system; a library would be one more thing to install.
///
/// What is read stays where it is until `release`: frames travel on without a copy, and may be written to.
final class CaptureFile {
  /// A read(2) for each costs nothing any more, and two of them fit into a second-level cache.
  private static let blockSize = 256 << 10

  let path: String
  private var descriptor: Int32
  private var child: pid_t?
  private var block = UnsafeMutableRawBufferPointer.allocate(
    byteCount: blockSize, alignment: 64)
  /// The next byte, and the end of those that are there.
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// Blocks that packets may still stand in, and those that are free.
  private var earlier: [UnsafeMutableRawBufferPointer] = []
  private var spare: [UnsafeMutableRawBufferPointer] = []

  /// - Throws: what the system says.
  init(path: String) throws(CaptureFault) {
    self.path = path
    if try Self.isCompressed(path) {
      (descriptor, child) = try Self.unpack(path)
    } else {
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw CaptureFault(reason: systemMessage(errno)) }
    }
  }

  deinit {
    _ = close()
    for block in earlier + spare { block.deallocate() }
    block.deallocate()
  }

  /// Where the next bytes stand.
  var head: UnsafeMutableRawPointer { block.baseAddress.unsafelyUnwrapped + start }

  /// How many of them are there.
  var available: Int { end &- start }

  /// Sees to it that so many bytes stand at `head`.
  /// - Returns: false where the file ends before.
  @inline(__always)
  func need(_ count: Int) throws(CaptureFault) -> Bool {
    if available >= count { return true }
    return try read(count)
  }

  /// - Precondition: so many bytes are available.
  func skip(_ count: Int) { start &+= count }

  /// Packets that were read before are needed no more.
  func release() {
    guard !earlier.isEmpty else { return }
    for block in earlier {
      if block.count == Self.blockSize, spare.count < 2 {
        spare.append(block)
      } else {
        block.deallocate()
      }
    }
    earlier.removeAll(keepingCapacity: true)
  }

  private func read(_ count: Int) throws(CaptureFault) -> Bool {
    if start + count > block.count {
      let next =
        count <= Self.blockSize && !spare.isEmpty
        ? spare.removeLast()
        : .allocate(byteCount: max(count, Self.blockSize), alignment: 64)
      let rest = available
      next.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[start..<end]))
      earlier.append(block)
      block = next
      start = 0
      end = rest
    }
    while available < count, !isAtEnd { try readOnce() }
    return available >= count
  }

  private func readOnce() throws(CaptureFault) {
    let count = Glibc.read(descriptor, block.baseAddress! + end, block.count - end)
    if count < 0 {
      if errno != EINTR { throw CaptureFault(reason: systemMessage(errno)) }
    } else {
      end += count
      isAtEnd = count == 0
    }
  }

  /// The whole file from its beginning, for who reads streams of C and closes them. To be asked before anything is
  /// skipped; what cannot be opened again is copied to where temporary files are.
  func stream() throws(CaptureFault) -> UnsafeMutablePointer<FILE> {
    let stream = child == nil && Self.canReopen(path) ? fopen(path, "re") : tmpfile()
    guard let stream else { throw CaptureFault(reason: systemMessage(errno)) }
    guard child != nil || !Self.canReopen(path) else { return stream }
    while true {
      guard fwrite(head, 1, available, stream) == available else {
        let reason = systemMessage(errno)
        fclose(stream)
        throw CaptureFault(reason: "it cannot be copied to a temporary file: \(reason)")
      }
      if isAtEnd { break }
      start = 0
      end = 0
      try readOnce()
    }
    rewind(stream)
    return stream
  }

  /// To be called at the end of the file, or when no more is wanted of it.
  /// - Returns: what gzip has to complain about.
  func close() -> String? {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
    isAtEnd = true
    guard let child else { return nil }
    self.child = nil
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    // 1 is an error, 2 a warning. A signal is SIGPIPE: we closed the stream before its end.
    return status == 1 << 8 ? "gzip finds the compressed file damaged" : nil
  }

  /// Only an ordinary file can be opened once more.
  private static func canReopen(_ path: String) -> Bool {
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
    return Glibc.read(descriptor, &magic, 2) == 2 && magic.bigEndian == 0x1f8b
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
