import ConfigurationFile
import Foundation
import Model

extension Configuration {
  /// The configuration as the process of a role has it: the edge has ports and a control socket of its own, learns no
  /// routes, and has no lab to look after.
  /// - Throws: `ControlError.noEdge`.
  public func forRole(_ role: Role) throws(ControlError) -> Configuration {
    guard role == .edge else { return self }
    guard let topology = topology.atEdge else { throw .noEdge(path: path) }
    var edge = self
    edge.topology = topology
    edge.kernelBGP = []
    edge.controlSocket = Self.edgeSocket(beside: controlSocket)
    return edge
  }

  /// `/run/spurline/lab.sock` has `/run/spurline/lab-edge.sock` beside it.
  private static func edgeSocket(beside socket: String) -> String {
    let url = URL(fileURLWithPath: socket)
    let suffix = url.pathExtension.isEmpty ? "" : ".\(url.pathExtension)"
    return url.deletingPathExtension().path + "-edge" + suffix
  }
}
