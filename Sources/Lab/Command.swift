import Glibc

/// A program, run to its end.
struct Command {
  struct Outcome: Equatable {
    /// Exit status; 128 and the signal's number where a signal ended it.
    var status: Int32
    var output: String
    var errors: String
  }

  var words: [String]
  var input = ""

  var text: String { words.joined(separator: " ") }

  /// - Throws: `LabError.missingProgram` or `.system`; a status that is not zero is no error here.
  func run() throws(LabError) -> Outcome {
    guard let program = Self.find(words[0]) else { throw .missingProgram(words[0]) }
    // Files instead of pipes: neither side can wait for the other.
    let files = [tmpfile(), tmpfile(), tmpfile()]
    defer { for file in files { if let file { fclose(file) } } }
    guard let standardInput = files[0], let output = files[1], let errors = files[2] else {
      throw .system(operation: "make a temporary file", reason: String(cString: strerror(errno)))
    }
    fputs(input, standardInput)
    rewind(standardInput)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, file) in [standardInput, output, errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, fileno(file), Int32(number))
    }
    // Threads of Swift's concurrency pool block most signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var pid: pid_t = 0
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    let code = posix_spawn(&pid, program, &actions, &attributes, &arguments, environ)
    guard code == 0 else {
      throw .system(operation: "start \(program)", reason: String(cString: strerror(code)))
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return Outcome(
      status: signal == 0 ? status >> 8 & 0xff : 128 + signal, output: Self.contents(of: output),
      errors: Self.contents(of: errors))
  }

  /// `ip` is where a plain user's PATH often does not lead.
  static func find(_ program: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders =
      path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }

  private static func contents(of file: UnsafeMutablePointer<FILE>) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    rewind(file)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
