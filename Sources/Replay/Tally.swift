/// Counts of packets by name, put in order.
struct Tally {
  private var counts: [String: Int] = [:]

  /// Counts of the same name are added up; those of nothing are left out.
  init(_ counts: [(count: Int, name: String)]) {
    for (count, name) in counts where count > 0 { self.counts[name, default: 0] += count }
  }

  /// The most first, then by name.
  var ordered: [ReplaySummary.Count] {
    counts.map { ReplaySummary.Count(name: $0.key, packets: $0.value) }
      .sorted { ($1.packets, $0.name) < ($0.packets, $1.name) }
  }
}

/// Counts packets by the cases of an enumeration without payloads.
struct CaseTally<Case: CaseIterable & RawRepresentable<String>> {
  private var counts = Array(repeating: 0, count: Case.allCases.count)

  mutating func add(_ value: Case) { counts[value.position] &+= 1 }

  var ordered: [ReplaySummary.Count] {
    Tally(Case.allCases.map { (count: counts[$0.position], name: $0.rawValue) }).ordered
  }
}

extension CaseIterable where Self: RawRepresentable<String> {
  /// Among all cases: the byte that stands for one of an enumeration without payloads is its place.
  @inline(__always)
  var position: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}
