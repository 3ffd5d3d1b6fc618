import ConfigurationFile
import Model
import RouteSources
import Wire

/// The BGP routes that are live, by the kernel table that they were learned from. They outlive a reload of
/// the configuration.
struct LearnedRoutes {
  struct Source {
    /// Index of the network whose gateway learns them, in the configuration in force.
    var virtualNetwork: Int
    var routes: [IPPrefix: IPAddress?] = [:]
    var resynchronizations = 0
  }

  private(set) var sources: [Source]

  init(_ kernelBGP: [Configuration.KernelBGP]) {
    sources = kernelBGP.map { Source(virtualNetwork: $0.virtualNetwork) }
  }

  /// Takes changes and hands them on to the tables. Where two sources of a network have a prefix, the one
  /// that stands first in the configuration counts.
  mutating func apply(_ batch: RouteBatch, to tables: inout RoutingTables) {
    sources[batch.source].resynchronizations = batch.resynchronizations
    for change in batch.changes {
      switch change {
      case .announce(let prefix, let nextHop):
        sources[batch.source].routes.updateValue(nextHop, forKey: prefix)
        settle(prefix, of: batch.source, in: &tables)
      case .withdraw(let prefix):
        sources[batch.source].routes.removeValue(forKey: prefix)
        settle(prefix, of: batch.source, in: &tables)
      }
    }
  }

  /// The same sources under a configuration whose networks may have other indices.
  mutating func move(to kernelBGP: [Configuration.KernelBGP]) {
    precondition(kernelBGP.count == sources.count)
    for index in sources.indices { sources[index].virtualNetwork = kernelBGP[index].virtualNetwork }
  }

  private func settle(_ prefix: IPPrefix, of source: Int, in tables: inout RoutingTables) {
    let network = sources[source].virtualNetwork
    for candidate in sources where candidate.virtualNetwork == network {
      guard let nextHop = candidate.routes[prefix] else { continue }
      tables.announce(BGPRoute(virtualNetwork: network, prefix: prefix, nextHop: nextHop))
      return
    }
    tables.withdraw(prefix, virtualNetwork: network)
  }
}
