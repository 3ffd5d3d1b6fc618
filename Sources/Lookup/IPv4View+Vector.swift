import CKernels

extension IPv4View {
  /// The values for many addresses.
  /// - Precondition: `values` has room for `count`.
  public func lookup(
    _ keys: UnsafePointer<UInt32>, count: Int, into values: UnsafeMutablePointer<UInt32>,
    kernel: LookupKernel
  ) {
    switch kernel {
    case .single:
      for index in 0..<count { values[index] = value(of: keys[index]) }
    case .staged:
      if Processor.hasPopulationCount {
        staged(keys, count, values, HardwareCount.self)
      } else {
        staged(keys, count, values, PortableCount.self)
      }
    case .avx512:
      spurline_lookup4_avx512(
        UnsafeRawPointer(records).assumingMemoryBound(to: UInt64.self), leaves, isWide, unrouted,
        keys, count, values)
    }
  }

  /// Twin of `spurline_lookup4_avx512`.
  @inline(__always)
  private func staged<Count: PopulationCount>(
    _ keys: UnsafePointer<UInt32>, _ count: Int, _ values: UnsafeMutablePointer<UInt32>,
    _: Count.Type
  ) {
    // Stage 1: the places of the leaves, kept where the values will stand.
    let records = records
    unrolled(count) { index in
      let key = keys[index]
      let bits = records[Int(truncatingIfNeeded: key &>> 13)].load(ordering: .acquiring)
      let ends = UInt32(truncatingIfNeeded: bits) &>> (key &>> 8)
      values[index] = UInt32(truncatingIfNeeded: bits &>> 32) &+ Count.ones(ends)
    }
    // Stage 2: the leaves, and at once where the few spills lead.
    if isWide {
      unrolled(count) { index in
        values[index] = answer(
          wideLeaf(Int(truncatingIfNeeded: values[index])), of: keys[index])
      }
    } else {
      unrolled(count) { index in
        values[index] = answer(
          narrowLeaf(Int(truncatingIfNeeded: values[index])), of: keys[index])
      }
    }
    guard unrouted != .max else { return }
    for index in 0..<count where values[index] == .max { values[index] = unrouted }
  }
}
