import Lookup
import Wire

/// A route as a layer keeps it. Plain bytes: copying it retains nothing.
struct LayerRoute {
  var prefix: IPPrefix
  var nextHopType: NextHopType
  var nextHop: IPAddress?
  /// What it came from: of a user route its index in the route table, of an endpoint route the service's
  /// index in the catalogue, of a system route the index of the network whose range it is.
  var source: Int
  /// The next route of the same prefix, which this one stands before; -1 for none.
  var next: Int32 = -1
}

/// The longest match of one layer.
struct LayerMatch {
  /// Of its prefix, in bits.
  var length: Int
  /// Index into the layer's routes; of a `BGPTable` what its trie holds.
  var value: UInt32

  init(length: Int, value: UInt32) {
    self.length = length
    self.value = value
  }

  @inline(__always)
  init?(_ match: PrefixTable<UInt32>.Match?) {
    guard let match else { return nil }
    self.init(length: match.length, value: match.value)
  }

  @inline(__always)
  init?(_ match: PrefixTable<UInt128>.Match?) {
    guard let match else { return nil }
    self.init(length: match.length, value: match.value)
  }
}

/// A pair of tables, one for each address family.
struct DualTable {
  var v4 = PrefixTable<UInt32>()
  var v6 = PrefixTable<UInt128>()

  var count: Int { v4.count + v6.count }

  @inline(__always)
  func longest(_ destination: IPAddress) -> LayerMatch? {
    switch destination {
    case .v4(let address): LayerMatch(v4.longestMatch(address.bits))
    case .v6(let address): LayerMatch(v6.longestMatch(address.bits))
    }
  }

  /// The longest that holds the whole prefix.
  func longest(holding prefix: IPPrefix) -> LayerMatch? {
    switch prefix.address {
    case .v4(let address): LayerMatch(v4.longestCovering(address.bits, length: prefix.length))
    case .v6(let address): LayerMatch(v6.longestCovering(address.bits, length: prefix.length))
    }
  }

  /// All that hold the whole prefix, the longest first.
  func all(holding prefix: IPPrefix) -> [LayerMatch] {
    switch prefix.address {
    case .v4(let address):
      v4.covering(address.bits, length: prefix.length).reversed().compactMap { LayerMatch($0) }
    case .v6(let address):
      v6.covering(address.bits, length: prefix.length).reversed().compactMap { LayerMatch($0) }
    }
  }

  /// The prefixes inside one, itself too, in order.
  func prefixes(inside prefix: IPPrefix) -> [IPPrefix] {
    switch prefix.address {
    case .v4(let address):
      v4.covered(by: address.bits, length: prefix.length).map {
        IPPrefix(.v4(IPv4Address($0.key)), length: $0.length)
      }
    case .v6(let address):
      v6.covered(by: address.bits, length: prefix.length).map {
        IPPrefix(.v6(IPv6Address($0.key)), length: $0.length)
      }
    }
  }

  func value(_ prefix: IPPrefix) -> UInt32? {
    switch prefix.address {
    case .v4(let address): v4.value(address.bits, length: prefix.length)
    case .v6(let address): v6.value(address.bits, length: prefix.length)
    }
  }

  @discardableResult
  mutating func insert(_ prefix: IPPrefix, _ value: UInt32) -> UInt32? {
    switch prefix.address {
    case .v4(let address): v4.insert(address.bits, length: prefix.length, value: value)
    case .v6(let address): v6.insert(address.bits, length: prefix.length, value: value)
    }
  }

  @discardableResult
  mutating func remove(_ prefix: IPPrefix) -> UInt32? {
    switch prefix.address {
    case .v4(let address): v4.remove(address.bits, length: prefix.length)
    case .v6(let address): v6.remove(address.bits, length: prefix.length)
    }
  }

  func forEachPrefix(_ body: (IPPrefix, UInt32) -> Void) {
    v4.forEachPrefix { body(IPPrefix(.v4(IPv4Address($0.key)), length: $0.length), $0.value) }
    v6.forEachPrefix { body(IPPrefix(.v6(IPv6Address($0.key)), length: $0.length), $0.value) }
  }
}

/// The routes of one origin for those who share them: built once, replaced whole.
struct RouteLayer {
  let table: DualTable
  let routes: [LayerRoute]

  /// Shared by all who have no routes of an origin: most subnets have no endpoint.
  static let empty = RouteLayer(table: DualTable(), routes: [])

  private init(table: DualTable, routes: [LayerRoute]) {
    self.table = table
    self.routes = routes
  }

  /// - Parameter routes: of equal prefixes the earlier stands before the later.
  init(_ routes: [LayerRoute]) {
    guard !routes.isEmpty else {
      self = .empty
      return
    }
    var table = DualTable()
    var routes = routes
    for index in routes.indices {
      guard let first = table.value(routes[index].prefix) else {
        table.insert(routes[index].prefix, UInt32(index))
        continue
      }
      var last = Int(first)
      while routes[last].next >= 0 { last = Int(routes[last].next) }
      routes[last].next = Int32(index)
    }
    self.table = table
    self.routes = routes
  }

  @inline(__always)
  func longest(_ destination: IPAddress) -> LayerMatch? { table.longest(destination) }

  /// The route that a match found, then those of the same prefix that it stands before.
  func routes(of match: LayerMatch) -> [LayerRoute] {
    var found = [routes[Int(match.value)]]
    while let next = found.last?.next, next >= 0 { found.append(routes[Int(next)]) }
    return found
  }
}
