/// What holds between any two calls; tests ask after every step.
extension PrefixTable {
  /// A sentence for each rule of the structure that is broken; empty when all is well.
  package func invariantViolations() -> [String] {
    var found: [String] = []
    var values = 0
    func check(_ node: TrieNode, depth: Int) {
      let place = "a node at depth \(depth)"
      let childBits = (0..<TrieNode.childWordCount).map(node.childWord)
      let prefixBits = (0..<TrieNode.prefixWordCount).map(node.prefixWord)
      if childBits.reduce(0, { $0 + $1.nonzeroBitCount }) != node.childCount {
        found.append("\(place): the child bitmap does not match the number of children")
      }
      if prefixBits.reduce(0, { $0 + $1.nonzeroBitCount }) != node.valueCount {
        found.append("\(place): the prefix bitmap does not match the number of values")
      }
      if prefixBits[0] & (depth == 0 ? 1 : 3) != 0 {
        found.append("\(place): index 0, or index 1 below the top, has a value")
      }
      if node.childCount > node.childCapacity || node.valueCount > node.valueCapacity {
        found.append("\(place): more children or values than there is room for")
      }
      if depth > 0, node.isEmpty { found.append("\(place): empty") }
      if depth == Key.bitWidth / 8 - 1, node.childCount > 0 {
        found.append("\(place): a child behind the last octet")
      }
      var before = 0
      for index in 0..<512 {
        if node.valueRank(index) != before {
          found.append("\(place): wrong rank of index \(index)")
        }
        if node.hasValue(index) { before += 1 }
      }
      values += node.valueCount
      var seen = 0
      for octet in 0..<256 {
        guard let child = node.child(octet) else { continue }
        if child != node.children[seen] { found.append("\(place): child \(octet) misplaced") }
        seen += 1
        check(child, depth: depth + 1)
      }
    }
    check(owner.top, depth: 0)
    if values != count { found.append("count is \(count), but \(values) values are stored") }
    return found
  }
}
