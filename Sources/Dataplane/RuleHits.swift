import Model

/// How many flows each rule of a security group has decided on. Only first packets come here.
struct RuleHits {
  private var counts: [SecurityGroups.RuleID: UInt64] = [:]

  mutating func count(_ passage: GroupPassage) {
    for index in 0..<passage.count {
      if let rule = passage.decisions[index] { counts[rule, default: 0] += 1 }
    }
  }

  /// By `GROUP/RULE Direction`.
  func sums(_ groups: SecurityGroups) -> [String: UInt64] {
    var sums: [String: UInt64] = [:]
    for (id, count) in counts {
      let rule = groups.rule(id)
      sums["\(groups.name(of: id))/\(rule.name) \(rule.direction.rawValue)"] = count
    }
    return sums
  }

  /// After a reload rules may stand in other places, or be gone: each keeps its count by name.
  mutating func move(from old: SecurityGroups, to new: SecurityGroups) {
    guard !counts.isEmpty, !old.isSame(as: new) else { return }
    var moved: [SecurityGroups.RuleID: UInt64] = [:]
    for (id, count) in counts {
      if let place = new.find(old.rule(id), ofGroup: old.name(of: id)) { moved[place] = count }
    }
    counts = moved
  }
}
