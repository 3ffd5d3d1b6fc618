import Wire

/// Text that is put together byte by byte, in memory that is used again.
///
/// The methods that add write without asking: `reserve` comes first, with as much as they are going to add.
struct JSONBytes: ~Copyable {
  private(set) var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  mutating func removeAll() { count = 0 }

  /// Room for so many bytes more.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if capacity &- count < more { grow(more) }
  }

  private mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.initialize(from: start, count: count)
    start.deallocate()
    start = larger
  }

  /// Text that needs no escapes.
  @inline(__always)
  mutating func add(_ text: StaticString) {
    UnsafeMutableRawPointer(start + count).copyMemory(
      from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    count &+= text.utf8CodeUnitCount
  }

  @inline(__always)
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.baseAddress else { return }
    UnsafeMutableRawPointer(start + count).copyMemory(from: first, byteCount: bytes.count)
    count &+= bytes.count
  }

  @inline(__always)
  mutating func add(byte: UInt8) {
    start[count] = byte
    count &+= 1
  }

  /// Decimal digits, up to 20.
  @inline(__always)
  mutating func add(_ number: UInt64) {
    let digits =
      number < 10_000
      ? number < 100 ? number < 10 ? 1 : 2 : number < 1_000 ? 3 : 4
      : number < 100_000 ? 5 : Self.digits(ofLarge: number)
    add(number, digits: digits)
  }

  /// Of 100,000 and more.
  private static func digits(ofLarge number: UInt64) -> Int {
    var digits = 5
    var rest = number / 100_000
    while rest > 0 {
      digits &+= 1
      rest /= 10
    }
    return digits
  }

  private static let pairs: StaticString =
    """
    00010203040506070809101112131415161718192021222324252627282930313233343536373839\
    40414243444546474849505152535455565758596061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899
    """

  /// So many decimal digits, with zeros in front.
  @inline(__always)
  mutating func add(_ number: UInt64, digits: Int) {
    var rest = number
    var at = count &+ digits
    let pairs = UnsafeRawPointer(Self.pairs.utf8Start)
    while at &- count >= 2 {
      at &-= 2
      let pair = Int(truncatingIfNeeded: rest % 100)
      rest /= 100
      UnsafeMutableRawPointer(start + at).storeBytes(
        of: pairs.loadUnaligned(fromByteOffset: pair &* 2, as: UInt16.self), as: UInt16.self)
    }
    if at > count { start[count] = UInt8(truncatingIfNeeded: 48 &+ rest % 10) }
    count &+= digits
  }

  /// As `description` has it; up to 39 bytes.
  @inline(__always)
  mutating func add(_ address: IPAddress) {
    switch address {
    case .v4(let address): add(address)
    case .v6(let address): add(address)
    }
  }

  private mutating func add(_ address: IPv4Address) {
    var shift: UInt32 = 32
    while shift > 0 {
      shift &-= 8
      let byte = UInt8(truncatingIfNeeded: address.bits >> shift)
      if byte >= 100 { add(byte: 48 &+ byte / 100) }
      if byte >= 10 { add(byte: 48 &+ byte / 10 % 10) }
      add(byte: 48 &+ byte % 10)
      add(byte: UInt8(ascii: "."))
    }
    count &-= 1
  }

  /// RFC 5952: lower case, the first of the longest runs of two or more zero groups as `::`.
  private mutating func add(_ address: IPv6Address) {
    func group(_ index: Int) -> UInt16 {
      UInt16(truncatingIfNeeded: address.bits >> UInt128(112 &- 16 &* index))
    }
    var gap = 0..<0
    var index = 0
    while index < 8 {
      let first = index
      while index < 8, group(index) == 0 { index &+= 1 }
      if index - first > max(gap.count, 1) { gap = first..<index }
      index &+= 1
    }
    index = 0
    while index < 8 {
      if index == gap.lowerBound, !gap.isEmpty {
        add("::")
        index = gap.upperBound
        continue
      }
      if index > 0, index != gap.upperBound || gap.isEmpty { add(byte: UInt8(ascii: ":")) }
      add(hexadecimal: group(index))
      index &+= 1
    }
  }

  private mutating func add(hexadecimal group: UInt16) {
    var shift = max(0, 12 - group.leadingZeroBitCount & ~3)
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: group >> UInt16(shift) & 15)
      add(byte: digit < 10 ? 48 &+ digit : 87 &+ digit)
      shift -= 4
    }
  }
}
