import Foundation
import Glibc

/// A program that is measured as a whole process, from its start to its end.
struct Contestant {
  var name: String
  var arguments: [String]
  /// What it writes, removed before each run so that none has to empty another's.
  var output: String?
  /// Packets that it takes, where they are fewer than the capture has.
  var packets: Int
  /// It prints the seconds that its loop took, which count instead of the process's.
  var timesItself = false

  /// One run.
  /// - Returns: seconds.
  /// - Throws: `Failure` where the program does not end well.
  func run() throws -> Double {
    if let output { unlink(output) }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure(reason: "no pipe") }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    var status: Int32 = 0
    var printed = ""
    let start = monotonicNanoseconds()
    let code = posix_spawn(&child, arguments[0], &actions, nil, &words, environ)
    close(ends[1])
    guard code == 0 else { throw Failure(reason: String(cString: strerror(code))) }
    // A few lines, which the pipe holds whole.
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let seconds = Double(monotonicNanoseconds() - start) / 1e9
    guard status == 0 else { throw Failure(reason: "it ends with status \(status >> 8)") }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(ends[0], &bytes, bytes.count)
    printed = String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
    guard timesItself else { return seconds }
    guard let own = Double(printed.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Failure(reason: "it prints no time")
    }
    return own
  }

  struct Failure: Error {
    var reason: String
  }
}
