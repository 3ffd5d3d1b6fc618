import Glibc

/// Which cores a thread may run on.
enum Affinity {
  private typealias Call =
    @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> Int32

  /// The C library declares these two only to those who ask for GNU's extensions, which Swift does not.
  private static func call(_ name: String) -> Call? {
    dlsym(nil, name).map { unsafeBitCast($0, to: Call.self) }
  }

  /// Those of the process when it started.
  static let cores: [Int] = {
    var set = cpu_set_t()
    guard let get = call("sched_getaffinity"), get(0, MemoryLayout<cpu_set_t>.size, &set) == 0
    else { return [] }
    return withUnsafeBytes(of: set) { bytes in
      (0..<bytes.count * 8).filter { bytes[$0 / 8] >> ($0 % 8) & 1 == 1 }
    }
  }()

  /// Keeps the calling thread on a core, and those that it starts.
  /// - Returns: Whether it may run there.
  @discardableResult
  static func pin(to core: Int) -> Bool {
    var set = cpu_set_t()
    withUnsafeMutableBytes(of: &set) { bytes in
      if (0..<bytes.count * 8).contains(core) { bytes[core / 8] |= 1 << (core % 8) }
    }
    return call("sched_setaffinity").map { $0(0, MemoryLayout<cpu_set_t>.size, &set) == 0 } ?? false
  }
}
