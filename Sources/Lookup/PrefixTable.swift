/// Prefixes of one address family, each with a 32-bit value, looked up by longest match.
///
/// A value type: a copy is a snapshot made in constant time that later writes to either side do not change.
/// `Key` is `UInt32` for IPv4 and `UInt128` for IPv6, in host order: the first bit of an address is the
/// highest of the number. Reading allocates nothing and counts no references; any number of threads may
/// read copies while another writes its own.
public struct PrefixTable<Key: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  /// A prefix that holds the key that was asked for.
  public struct Match: Hashable, Sendable {
    /// In bits.
    public var length: Int
    public var value: UInt32

    @inlinable
    public init(length: Int, value: UInt32) {
      self.length = length
      self.value = value
    }
  }

  /// One prefix of the table.
  public struct Element: Hashable, Sendable {
    /// The prefix's first address; zero behind its length.
    public var key: Key
    /// In bits.
    public var length: Int
    public var value: UInt32

    public init(key: Key, length: Int, value: UInt32) {
      self.key = key
      self.length = length
      self.value = value
    }
  }

  @usableFromInline var owner: TrieOwner

  /// How many prefixes it holds.
  public private(set) var count = 0

  /// An empty table.
  public init() { owner = TrieOwner() }

  /// A table of these prefixes, in any order; of equal ones the last stays.
  public init(_ elements: some Sequence<Element>) {
    self.init()
    for element in Self.gathered(Array(elements)) {
      insert(element.key, length: element.length, value: element.value)
    }
  }

  /// The same elements with neighbours together, so that a large table is not built all over the memory: sorted
  /// by their first two octets, and otherwise in their order.
  private static func gathered(_ elements: [Element]) -> [Element] {
    guard elements.count > 1 << 12 else { return elements }
    let place = { (element: Element) in Int(truncatingIfNeeded: element.key >> (Key.bitWidth - 16))
    }
    var starts = [Int](repeating: 0, count: 1 << 16 + 1)
    for element in elements { starts[place(element) + 1] += 1 }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    return Array(unsafeUninitializedCapacity: elements.count) { buffer, count in
      for element in elements {
        let index = place(element)
        (buffer.baseAddress.unsafelyUnwrapped + starts[index]).initialize(to: element)
        starts[index] += 1
      }
      count = elements.count
    }
  }

  public var isEmpty: Bool { count == 0 }

  // MARK: - Writing

  /// Sets a prefix's value and returns the one it had. Bits of the key behind the length are ignored.
  /// - Precondition: `length` is 0 to the width of the key.
  @discardableResult
  public mutating func insert(_ key: Key, length: Int, value: UInt32) -> UInt32? {
    let path = Self.path(key, length)
    makeOwnerUnique()
    let old = owner.insert(path, value: value)
    if old == nil { count += 1 }
    return old
  }

  /// Removes a prefix and returns its value; nil where it was not in the table.
  /// - Precondition: `length` is 0 to the width of the key.
  @discardableResult
  public mutating func remove(_ key: Key, length: Int) -> UInt32? {
    let path = Self.path(key, length)
    // Looked up first, so that a prefix that is not there copies nothing.
    guard owner.value(path) != nil else { return nil }
    makeOwnerUnique()
    count -= 1
    return owner.remove(path)
  }

  private mutating func makeOwnerUnique() {
    if !isKnownUniquelyReferenced(&owner) { owner = TrieOwner(sharing: owner) }
  }

  private static func path(_ key: Key, _ length: Int) -> TriePath {
    precondition((0...Key.bitWidth).contains(length), "a prefix longer than its address")
    return TriePath(bits: UInt128(key) << UInt128(128 - Key.bitWidth), length: length)
  }

  private static func key(_ bits: UInt128) -> Key {
    Key(truncatingIfNeeded: bits >> UInt128(128 - Key.bitWidth))
  }

  // MARK: - Reading

  /// The value of exactly this prefix.
  /// - Precondition: `length` is 0 to the width of the key.
  public func value(_ key: Key, length: Int) -> UInt32? { owner.value(Self.path(key, length)) }

  /// The longest prefix that holds the key.
  @inlinable
  public func longestMatch(_ key: Key) -> Match? {
    var node = owner.top
    var best: TrieNode?
    var bestIndex = 0
    var bestDepth = 0
    var depth = 0
    // A node at the last depth has no children, so the shift below stays within the key.
    while true {
      let shift = Key(truncatingIfNeeded: Key.bitWidth &- 8 &- 8 &* depth)
      let octet = Int(UInt8(truncatingIfNeeded: key &>> shift))
      let index = node.longestIndex(octet)
      if index != 0 {
        best = node
        bestIndex = index
        bestDepth = depth
      }
      guard let child = node.child(octet) else { break }
      node = child
      depth &+= 1
    }
    guard let best else { return nil }
    let bits = Int.bitWidth &- 1 &- bestIndex.leadingZeroBitCount
    return Match(length: 8 &* bestDepth &+ bits, value: best.value(bestIndex))
  }

  /// Looks many keys up: the value of each one's longest match, or `missing`.
  /// - Precondition: `values` has room for as many as there are keys.
  @inlinable
  public func lookup(
    _ keys: UnsafeBufferPointer<Key>, into values: UnsafeMutableBufferPointer<UInt32>,
    missing: UInt32
  ) {
    precondition(values.count >= keys.count)
    for index in keys.indices { values[index] = longestMatch(keys[index])?.value ?? missing }
  }

  /// All prefixes that hold this one, itself too: the shortest first, the longest last.
  /// - Precondition: `length` is 0 to the width of the key.
  public func covering(_ key: Key, length: Int) -> [Match] {
    var matches: [Match] = []
    owner.forEachCovering(Self.path(key, length)) {
      matches.append(Match(length: $0, value: $1))
    }
    return matches
  }

  /// The longest prefix that holds all of this one, itself too.
  /// - Precondition: `length` is 0 to the width of the key.
  public func longestCovering(_ key: Key, length: Int) -> Match? {
    var longest: Match?
    owner.forEachCovering(Self.path(key, length)) { longest = Match(length: $0, value: $1) }
    return longest
  }

  /// All prefixes inside this one, itself too: by address, the shorter before the longer.
  /// - Precondition: `length` is 0 to the width of the key.
  public func covered(by key: Key, length: Int) -> [Element] {
    var elements: [Element] = []
    owner.forEachCovered(by: Self.path(key, length)) {
      elements.append(Element(key: Self.key($0), length: $1, value: $2))
    }
    return elements
  }

  /// Calls back with every prefix: by address, the shorter before the longer.
  public func forEachPrefix(_ body: (Element) throws -> Void) rethrows {
    try owner.forEachCovered(by: TriePath(bits: 0, length: 0)) {
      try body(Element(key: Self.key($0), length: $1, value: $2))
    }
  }
}
