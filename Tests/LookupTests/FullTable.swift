import Lookup
import TestSupport

/// The prefixes of a full BGP table, each with a value of its own.
struct FullTable {
  var v4: [PrefixTable<UInt32>.Element] = []
  var v6: [PrefixTable<UInt128>.Element] = []

  init() throws {
    for prefix in try SharedData.fullTable.get() {
      if prefix.isIPv4 {
        let key = UInt32(truncatingIfNeeded: prefix.bits)
        v4.append(.init(key: key, length: prefix.length, value: UInt32(v4.count)))
      } else {
        v6.append(.init(key: prefix.bits, length: prefix.length, value: UInt32(v6.count)))
      }
    }
  }
}
