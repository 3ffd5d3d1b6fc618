/// What a table costs.
extension PrefixTable {
  /// Bytes that its nodes take, those too that copies share; without the allocator's own overhead.
  public var memoryInBytes: Int {
    func bytes(_ node: TrieNode) -> Int {
      var sum = TrieNode.byteCount(children: node.childCapacity, values: node.valueCapacity)
      for index in 0..<node.childCount { sum += bytes(node.children[index]) }
      return sum
    }
    return bytes(owner.top)
  }
}
