import ConfigurationFile
import Foundation
import Lab
import PacketIO

/// Where the interfaces of a lab are; nil where the configuration has none, or `spurline lab up` has not
/// made it.
func labNamespace(of configuration: Configuration) throws -> NetworkNamespace? {
  guard configuration.lab != nil else { return nil }
  let name = try NamespaceLab(configuration).networkNamespace("fabric")
  guard FileManager.default.fileExists(atPath: "/run/netns/\(name)") else { return nil }
  return NetworkNamespace(name)
}
