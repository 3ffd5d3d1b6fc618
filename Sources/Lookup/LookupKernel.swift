import CKernels

/// The ways to look a vector up, the best last. All give the same answers.
public enum LookupKernel: String, CaseIterable, Sendable {
  /// Swift, one key after the other.
  case single
  /// Swift, in stages over the vector, so that a hundred loads are under way at once.
  case staged
  /// Sixteen keys an instruction, in the same stages; needs AVX-512 with VPOPCNTDQ.
  case avx512

  public var isAvailable: Bool {
    self != .avx512 || Processor.hasAVX512
  }

  /// The fastest that this processor runs.
  public static let best: LookupKernel = avx512.isAvailable ? .avx512 : .staged
}

/// Asked once.
enum Processor {
  static let hasAVX512 = spurline_has_avx512()
  static let hasPopulationCount = spurline_has_popcount()
}

/// How many ones a word has: the one instruction that the speed of a lookup depends on.
protocol PopulationCount {
  static func ones(_ bits: UInt32) -> UInt32
}

/// For processors that have an instruction for it.
enum HardwareCount: PopulationCount {
  @inline(__always)
  static func ones(_ bits: UInt32) -> UInt32 { spurline_popcount(bits) }
}

/// For all others: what the compiler makes of it without a build for newer processors.
enum PortableCount: PopulationCount {
  @inline(__always)
  static func ones(_ bits: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: bits.nonzeroBitCount) }
}

/// Calls back for each index, four in a turn: the compiler unrolls no loop with atomic loads.
@inline(__always)
func unrolled(_ count: Int, _ body: (Int) -> Void) {
  var index = 0
  while index &+ 4 <= count {
    body(index)
    body(index &+ 1)
    body(index &+ 2)
    body(index &+ 3)
    index &+= 4
  }
  while index < count {
    body(index)
    index &+= 1
  }
}
