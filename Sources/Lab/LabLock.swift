import Glibc

/// Keeps two `up` or `down` of one lab apart.
///
/// The programs that an `up` has started hold the lock too. So a `down` after an `up` that was killed waits until
/// its last `ip` has ended, and finds everything that it made.
struct LabLock: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(lab: String) throws(LabError) {
    mkdir("/run/spurline", 0o755)
    path = "/run/spurline/lab-\(lab).lock"
    while true {
      // Without O_CLOEXEC, so that children have it.
      let file = open(path, O_RDWR | O_CREAT, 0o600)
      guard file >= 0 else {
        throw .system(operation: "open \(path)", reason: String(cString: strerror(errno)))
      }
      while flock(file, LOCK_EX) != 0 {
        guard errno == EINTR else {
          throw .system(operation: "lock \(path)", reason: String(cString: strerror(errno)))
        }
      }
      // A `down` that held the lock until now has removed the file: the lock is on nothing.
      var (held, there) = (stat(), stat())
      if fstat(file, &held) == 0, stat(path, &there) == 0, held.st_ino == there.st_ino {
        descriptor = file
        return
      }
      close(file)
    }
  }

  /// Leaves no file behind.
  func remove() { unlink(path) }

  deinit { close(descriptor) }
}
