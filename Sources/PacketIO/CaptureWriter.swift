import Dataplane
import Glibc

/// Writes Ethernet frames to a capture file. The same frames give the same bytes: everything is little-endian,
/// and nothing of the host or of the present time is in it.
public final class CaptureWriter {
  public enum Format: Hashable, Sendable {
    /// The oldest, which everything reads; times are cut to microseconds, or kept whole.
    case pcap(nanoseconds: Bool)
    /// Nanoseconds; one interface for each name, numbered from 0.
    case pcapng(interfaces: [String])
  }

  /// The most that libpcap reads of one frame.
  private static let snapshotLength: UInt32 = 262_144
  /// Bytes that are gathered before they are written; the largest packet fits.
  private static let bufferSize = 512 << 10

  public let path: String
  public let format: Format
  private var descriptor: Int32
  private let buffer = UnsafeMutableRawPointer.allocate(byteCount: bufferSize, alignment: 64)
  private var used = 0

  /// Makes the file, or empties it.
  /// - Throws: `PortError.cannotOpen`.
  public init(path: String, format: Format) throws(PortError) {
    self.path = path
    self.format = format
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotOpen(port: path, reason: systemMessage(errno)) }
    try writeHeader()
  }

  /// What has not been written is written; errors are only seen by who calls `close`.
  deinit {
    try? close()
    buffer.deallocate()
  }

  /// - Parameters:
  ///   - wireLength: bytes that the frame had, where `bytes` are fewer.
  ///   - timestamp: nanoseconds since 1970, UTC. In pcap, its seconds have 32 bits.
  ///   - interface: of a pcapng file. In pcap there is only 0.
  /// - Throws: `PortError.failed`, as when the disk is full; the file then ends within a packet.
  public func write(
    _ bytes: UnsafeRawBufferPointer, wireLength: Int, timestamp: UInt64, interface: Int = 0
  ) throws(PortError) {
    guard descriptor >= 0 else { throw .failed(port: path, reason: "it is closed") }
    guard bytes.count <= Self.snapshotLength else {
      throw .failed(
        port: path,
        reason: "a frame of \(bytes.count) bytes cannot be written, only \(Self.snapshotLength)")
    }
    let length = UInt32(clamping: max(wireLength, bytes.count))
    try reserve(bytes.count + 64)
    switch format {
    case .pcap(let nanoseconds):
      let (seconds, rest) = timestamp.quotientAndRemainder(dividingBy: 1_000_000_000)
      append(UInt32(truncatingIfNeeded: seconds))
      append(UInt32(nanoseconds ? rest : rest / 1_000))
      append(UInt32(bytes.count))
      append(length)
      append(bytes)
    case .pcapng(let interfaces):
      precondition(interfaces.indices.contains(interface), "no such interface in the file")
      let padding = (4 - bytes.count % 4) % 4
      block(6, bodyLength: 20 + bytes.count + padding) {
        append(UInt32(interface))
        append(UInt32(truncatingIfNeeded: timestamp >> 32))
        append(UInt32(truncatingIfNeeded: timestamp))
        append(UInt32(bytes.count))
        append(length)
        append(bytes)
        appendZeros(padding)
      }
    }
  }

  /// - Throws: as the other `write`.
  public func write(_ frame: Frame, interface: Int = 0) throws(PortError) {
    try write(
      UnsafeRawBufferPointer(frame.buffer), wireLength: frame.wireLength,
      timestamp: frame.timestamp, interface: interface)
  }

  /// Hands over to the kernel what has been gathered.
  /// - Throws: `PortError.failed`.
  public func flush() throws(PortError) {
    var written = 0
    defer { used = 0 }
    while written < used {
      let count = Glibc.write(descriptor, buffer + written, used - written)
      guard count < 0 else {
        written += count
        continue
      }
      if errno == EINTR { continue }
      throw .failed(port: path, reason: "cannot write: \(systemMessage(errno))")
    }
  }

  /// Writes the rest and closes the file. A second call does nothing.
  /// - Throws: `PortError.failed`.
  public func close() throws(PortError) {
    guard descriptor >= 0 else { return }
    defer { descriptor = -1 }
    do throws(PortError) {
      try flush()
    } catch {
      _ = Glibc.close(descriptor)
      throw error
    }
    // Network file systems report a full disk here.
    guard Glibc.close(descriptor) == 0 else {
      throw .failed(port: path, reason: "cannot write: \(systemMessage(errno))")
    }
  }

  private func writeHeader() throws(PortError) {
    switch format {
    case .pcap(let nanoseconds):
      append(nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4 as UInt32)
      append(2 as UInt16)
      append(4 as UInt16)
      // Time zone and accuracy, which nobody uses.
      append(0 as UInt64)
      append(Self.snapshotLength)
      append(1 as UInt32)
    case .pcapng(let interfaces):
      block(0x0a0d_0d0a, bodyLength: 16) {
        append(0x1a2b_3c4d as UInt32)
        append(1 as UInt16)
        append(0 as UInt16)
        // The section's length is not said.
        append(UInt64.max)
      }
      for name in interfaces { try describe(name) }
    }
  }

  /// An interface description block with if_name and if_tsresol.
  private func describe(_ name: String) throws(PortError) {
    let bytes = Array(name.utf8.prefix(1_024))
    let padding = (4 - bytes.count % 4) % 4
    try reserve(bytes.count + 64)
    block(1, bodyLength: 8 + 4 + bytes.count + padding + 8 + 4) {
      append(1 as UInt16)
      append(0 as UInt16)
      append(Self.snapshotLength)
      append(2 as UInt16)
      append(UInt16(bytes.count))
      bytes.withUnsafeBytes { append($0) }
      appendZeros(padding)
      append(9 as UInt16)
      append(1 as UInt16)
      append(9 as UInt32)
      append(0 as UInt32)
    }
  }

  private func block(_ type: UInt32, bodyLength: Int, _ body: () -> Void) {
    append(type)
    append(UInt32(bodyLength + 12))
    body()
    append(UInt32(bodyLength + 12))
  }

  /// Room for so many bytes: what is appended behind it is not held against the buffer's size.
  private func reserve(_ count: Int) throws(PortError) {
    if used + count > Self.bufferSize { try flush() }
  }

  private func append<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    buffer.storeBytes(of: value.littleEndian, toByteOffset: used, as: Value.self)
    used &+= MemoryLayout<Value>.size
  }

  private func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    (buffer + used).copyMemory(from: start, byteCount: bytes.count)
    used &+= bytes.count
  }

  /// Up to three.
  private func appendZeros(_ count: Int) {
    for _ in 0..<count { append(0 as UInt8) }
  }
}
