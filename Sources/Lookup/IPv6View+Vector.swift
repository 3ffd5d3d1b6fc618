import CKernels

extension IPv6View {
  /// The values for many addresses.
  /// - Precondition: `values` has room for `count`.
  public func lookup(
    _ keys: UnsafePointer<UInt128>, count: Int, into values: UnsafeMutablePointer<UInt32>,
    kernel: LookupKernel
  ) {
    switch kernel {
    case .single:
      for index in 0..<count { values[index] = value(of: keys[index]) }
    case .staged:
      staged(keys, count, values)
    case .avx512:
      let leadOn = spurline_lookup6_avx512(
        UnsafeRawPointer(words).assumingMemoryBound(to: UInt32.self), unrouted, keys, count, values)
      if leadOn { finish(keys, count, values) }
    }
  }

  /// The few addresses in a /48 with longer prefixes: from the start, for their place is not kept.
  private func finish(
    _ keys: UnsafePointer<UInt128>, _ count: Int, _ values: UnsafeMutablePointer<UInt32>
  ) {
    for index in 0..<count where Self.leadsOn(values[index]) {
      values[index] = value(of: keys[index])
    }
  }

  /// Twin of `spurline_lookup6_avx512`.
  private func staged(
    _ keys: UnsafePointer<UInt128>, _ count: Int, _ values: UnsafeMutablePointer<UInt32>
  ) {
    let halves = UnsafeRawPointer(keys).assumingMemoryBound(to: UInt64.self)
    #if _endian(big)
      let high = 0
    #else
      let high = 1
    #endif
    for index in 0..<count {
      values[index] = load(Int(truncatingIfNeeded: halves[2 &* index &+ high] &>> 48))
    }
    // Bits 16 to 31, then bits 32 to 47.
    var shift: UInt64 = 32
    while shift > 0 {
      for index in 0..<count {
        let chunk = UInt16(truncatingIfNeeded: halves[2 &* index &+ high] &>> shift)
        let word = throughDirectories(values[index], chunk)
        values[index] = word
        spurline_prefetch(words + Self.first(word))
      }
      for index in 0..<count {
        let chunk = UInt16(truncatingIfNeeded: halves[2 &* index &+ high] &>> shift)
        values[index] = throughBlock(values[index], chunk)
      }
      shift &-= 16
    }
    finish(keys, count, values)
    guard unrouted != .max else { return }
    for index in 0..<count where values[index] == .max { values[index] = unrouted }
  }

  /// A word that is no directory stays; nothing branches on it.
  @inline(__always)
  private func throughDirectories(_ word: UInt32, _ chunk: UInt16) -> UInt32 {
    var word = word
    var left = UInt32(chunk)
    for _ in 0..<2 {
      let isDirectory = word &+ 1 > 3 &<< 30
      let bits = isDirectory ? UInt32(truncatingIfNeeded: Self.count(word)) : 0
      let index = Self.first(word) &+ Int(truncatingIfNeeded: left &>> (16 &- bits))
      let next = load(isDirectory ? index : 0)
      word = isDirectory ? next : word
      left = left &<< bits & 0xffff
    }
    return word
  }

  /// A word that is no block stays.
  @inline(__always)
  private func throughBlock(_ word: UInt32, _ chunk: UInt16) -> UInt32 {
    let isBlock = word &>> 30 == 2
    // Whoever has no block looks at the first words of all, and takes nothing from them.
    let first = isBlock ? Self.first(word) : 0
    let count = isBlock ? Self.count(word) : 1
    let found = load(first &+ interval(of: chunk, first: first, count: count))
    return isBlock ? found : word
  }
}
