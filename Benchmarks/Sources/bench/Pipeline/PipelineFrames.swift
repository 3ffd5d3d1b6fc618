import Dataplane
import Glibc
import Wire

/// UDP packets of 64 bytes from a NIC to the Internet, each flow as often as the others and in random order, with
/// right checksums: in one piece of memory, as a ring of an interface has them.
final class PipelineFrames {
  /// From frame to frame.
  static let stride = 128
  static let length = 64
  /// Nanoseconds since 1970.
  static let timestamp: UInt64 = 1_700_000_000_000_000_000

  let count: Int
  let flows: Int
  private let frames: HugeMemory
  private let originals: HugeMemory
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>
  /// The same frames, as a port hands them over.
  let vectors: UnsafeMutablePointer<PacketVector>
  let vectorCount: Int

  init(flows: Int, count: Int) {
    self.flows = flows
    self.count = count
    frames = HugeMemory(byteCount: count * Self.stride)
    originals = HugeMemory(byteCount: count * Self.stride)
    pointers = .allocate(capacity: count)
    vectorCount = (count + PacketVector.capacity - 1) / PacketVector.capacity
    vectors = .allocate(capacity: vectorCount)
    for index in 0..<vectorCount { (vectors + index).initialize(to: PacketVector(hasSlots: false)) }
    var random = SplitMix(state: UInt64(flows))
    let order = (0..<count).map { $0 % flows }.shuffled(using: &random)
    for (index, flow) in order.enumerated() {
      let frame = originals.start + index * Self.stride
      Self.write(flow, to: frame)
      (pointers + index).initialize(
        to: (frames.start + index * Self.stride).assumingMemoryBound(to: UInt8.self))
      _ = vectors[index / PacketVector.capacity].append(
        Frame(
          bytes: frames.start + index * Self.stride, length: Self.length, wireLength: Self.length,
          timestamp: Self.timestamp))
    }
    restore()
  }

  deinit {
    pointers.deallocate()
    vectors.deinitialize(count: vectorCount)
    vectors.deallocate()
  }

  /// Undoes what has been done to the frames.
  func restore() {
    frames.start.copyMemory(from: originals.start, byteCount: count * Self.stride)
  }

  func bytes(_ index: Int) -> UnsafeMutableRawPointer { frames.start + index * Self.stride }

  func original(_ index: Int) -> UnsafeRawPointer {
    UnsafeRawPointer(originals.start + index * Self.stride)
  }

  /// What the frames have become; to compare.
  var contents: [UInt8] {
    (0..<count).flatMap { UnsafeRawBufferPointer(start: bytes($0), count: Self.length) }
  }

  /// A frame for each flow, in no memory that is measured.
  func forEachFlow(_ body: (UnsafeMutableRawPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: Self.length, alignment: 8) { frame in
      for flow in 0..<flows {
        Self.write(flow, to: frame.baseAddress!)
        body(frame.baseAddress!)
      }
    }
  }

  /// Source port and the lower half of the destination say which flow it is.
  private static func write(_ flow: Int, to frame: UnsafeMutableRawPointer) {
    let bytes = UnsafeMutableRawBufferPointer(start: frame, count: length)
    bytes.copyBytes(from: template)
    bytes[32] = UInt8(flow >> 24 & 0x7f)
    bytes[33] = UInt8(flow >> 16 & 0xff)
    bytes[34] = UInt8(flow >> 8 & 0xff)
    bytes[35] = UInt8(flow & 0xff)
    guard
      let headers = try? Headers.parse(UnsafeRawBufferPointer(bytes), wireLength: length),
      completeChecksums(bytes, headers)
    else { preconditionFailure("the benchmark's own frame") }
  }

  private static let template: [UInt8] = {
    var bytes: [UInt8] = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 2, 0, 10, 0, 1, 4, 8, 0]
    bytes += [0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 1, 4, 198, 51, 0, 0]
    // A checksum that is not zero is computed.
    bytes += [0, 0, 0, 53, 0, 30, 0xff, 0xff]
    return bytes + Array(repeating: 7, count: length - bytes.count)
  }()
}
