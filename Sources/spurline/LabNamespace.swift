import ConfigurationFile
import Foundation
import Lab
import Model
import PacketIO

/// Where the interfaces of a lab are; nil where the configuration has none, or `spurline lab up` has not
/// made it.
func labNamespace(of configuration: Configuration, _ role: Role) throws -> NetworkNamespace? {
  guard let lab = configuration.lab else { return nil }
  let edge = lab.namespaces.first(where: \.isEdge)?.name
  guard let inside = role == .fabric ? "fabric" : edge else { return nil }
  let name = try NamespaceLab(configuration).networkNamespace(inside)
  guard FileManager.default.fileExists(atPath: "/run/netns/\(name)") else { return nil }
  return NetworkNamespace(name)
}
