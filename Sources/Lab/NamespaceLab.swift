import ConfigurationFile
import Glibc
import Logging

/// The lab of a configuration: network namespaces called `spl-LAB-NAME`, joined by veth pairs and TAPs.
public struct NamespaceLab: Sendable {
  let plan: LabPlan
  let logger: Logger

  /// - Throws: `LabError.noLabSection`, or `.impossible` with every reason.
  public init(
    _ configuration: Configuration, logger: Logger = Logger(label: "spurline.lab")
  ) throws(LabError) {
    plan = try LabPlan(configuration)
    self.logger = logger
  }

  public var name: String { plan.lab }

  /// The configuration's names: `fabric`, in which the dataplane runs, and those of the file.
  public var namespaces: [String] { plan.namespaces.map(\.name) }

  /// The kernel's name of a namespace: `spl-forced-tunnel-vm1`.
  /// - Parameter name: the configuration's, or already the kernel's.
  /// - Throws: `LabError.unknownNamespace`.
  public func networkNamespace(_ name: String) throws(LabError) -> String {
    guard let namespace = plan.namespace(named: name) else {
      throw .unknownNamespace(name, known: namespaces)
    }
    return namespace.netns
  }

  static func requireRoot(to operation: String) throws(LabError) {
    guard geteuid() == 0 else { throw .notRoot(operation: operation) }
  }
}

/// The network namespaces that `ip netns` has named.
enum NamedNamespaces {
  private static let folder = "/run/netns"

  static func all() -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether there is a namespace behind the name. A program that is killed while it makes one leaves an empty
  /// file.
  static func isWhole(_ name: String) -> Bool {
    // A namespace's file is a mount of the kernel's own file system over that empty file.
    var (file, parent) = (stat(), stat())
    return stat("\(folder)/\(name)", &file) == 0 && stat(folder, &parent) == 0
      && file.st_dev != parent.st_dev
  }
}
