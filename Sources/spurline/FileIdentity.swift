import Foundation

/// Which regular file a path leads to, whatever links are on the way; by its path where there is none yet.
struct FileIdentity: Equatable {
  private var device: UInt64 = 0
  private var inode: UInt64 = 0
  private var path: String?

  /// Nil for what is no regular file: writing to a device, a pipe or a socket destroys nothing.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      self.path = URL(fileURLWithPath: path).standardizedFileURL.path
      return
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}
