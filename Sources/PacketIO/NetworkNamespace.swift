import CLibpcap
import Foundation

/// A network namespace that `ip netns` named.
public struct NetworkNamespace: Hashable, Sendable {
  public let name: String

  public init(_ name: String) { self.name = name }

  /// Moves the calling thread into it for good. What the thread opens from now on, such as a `PcapPort`,
  /// belongs to the namespace and keeps working on every other thread.
  /// - Throws: `PortError.cannotOpen`.
  public func join() throws(PortError) {
    guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
      throw cannotOpen("that is not the name of a namespace")
    }
    // Debian's /var/run is a link to /run; elsewhere they may differ.
    var descriptor: Int32 = -1
    for folder in ["/run/netns/", "/var/run/netns/"] where descriptor < 0 {
      descriptor = open(folder + name, O_RDONLY | O_CLOEXEC)
    }
    guard descriptor >= 0 else {
      throw cannotOpen("\(systemMessage(errno)); `ip netns list` shows the namespaces that exist")
    }
    defer { close(descriptor) }
    let status = spurline_join_network_namespace(descriptor)
    guard status == 0 else {
      throw cannotOpen("\(systemMessage(-status)); it needs root or CAP_SYS_ADMIN")
    }
  }

  /// Executes `body` in the namespace, on a thread of its own that ends with it: the caller's namespace
  /// stays what it is.
  /// - Throws: `PortError.cannotOpen` where there is no such namespace, and what `body` throws.
  public func perform<Value>(
    _ body: @escaping @Sendable () throws(PortError) -> sending Value
  ) throws(PortError) -> sending Value {
    let outcome = Outcome<Value>()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread { [self] in
      do throws(PortError) {
        try join()
        outcome.value = .success(try body())
      } catch {
        outcome.value = .failure(error)
      }
      done.signal()
    }
    thread.start()
    done.wait()
    return try outcome.value!.get()
  }

  private func cannotOpen(_ reason: String) -> PortError {
    .cannotOpen(port: "network namespace \(name)", reason: reason)
  }

  /// Written by one thread before it signals, read by the other after.
  private final class Outcome<Value>: @unchecked Sendable {
    var value: Result<Value, PortError>?
  }
}

/// What strerror(3) says.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
