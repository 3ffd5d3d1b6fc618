import Lookup
import Wire

/// What differs between the families.
protocol BenchKey: LookupKey, BitwiseCopyable {
  static var family: Peers.Family { get }
  /// Uniformly distributed.
  static func random(_ generator: inout SplitMix) -> Self
  /// The prefix whose coming and going changes most: of this length, the one that holds most routes.
  static var worstLength: Int { get }
  static func text(_ key: Self, length: Int) -> String
  static func peerKeys(_ keys: [Self]) -> PeerKeys
}

extension UInt32: BenchKey {
  static var family: Peers.Family { .v4 }
  static var worstLength: Int { 8 }

  static func random(_ generator: inout SplitMix) -> UInt32 {
    UInt32(truncatingIfNeeded: generator.next())
  }

  static func text(_ key: UInt32, length: Int) -> String {
    IPPrefix(.v4(IPv4Address(key)), length: length).description
  }

  static func peerKeys(_ keys: [UInt32]) -> PeerKeys { PeerKeys(keys) }
}

extension UInt128: BenchKey {
  static var family: Peers.Family { .v6 }
  static var worstLength: Int { 20 }

  static func random(_ generator: inout SplitMix) -> UInt128 {
    UInt128(generator.next()) << 64 | UInt128(generator.next())
  }

  static func text(_ key: UInt128, length: Int) -> String {
    IPPrefix(.v6(IPv6Address(key)), length: length).description
  }

  static func peerKeys(_ keys: [UInt128]) -> PeerKeys { PeerKeys(keys) }
}

extension BenchKey {
  /// Ones behind a prefix's length.
  static func hostBits(length: Int) -> Self { length == 0 ? .max : ~(.max << (bitWidth - length)) }
}

extension Peers.Family {
  var name: String {
    switch self {
    case .v4: "IPv4"
    case .v6: "IPv6"
    }
  }
}
