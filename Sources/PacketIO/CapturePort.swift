import Dataplane

/// A port whose frames come from one capture file and go to another, or nowhere.
public final class CapturePort: Port {
  public let name: String
  /// Whether the reader has given all that it has.
  public private(set) var isAtEnd: Bool
  private var reader: CaptureReader?
  private var writer: CaptureWriter?
  private let interface: Int
  private var counts = PortStatistics()

  /// - Parameters:
  ///   - name: what statistics and errors call it.
  ///   - writer: may be shared by the ports of one pcapng file; close it when all are done.
  ///   - interface: of the writer's file.
  public init(
    name: String, reader: consuming CaptureReader?, writer: CaptureWriter? = nil, interface: Int = 0
  ) {
    self.name = name
    self.writer = writer
    self.interface = interface
    isAtEnd = reader == nil
    self.reader = reader
  }

  public var pollDescriptor: Int32? { nil }

  /// Packets that are no Ethernet frame, or are longer than `PacketVector.frameCapacity`, are counted in
  /// `droppedByInterface`.
  /// - Throws: `PortError.malformedCapture`, after the frames before the damage.
  public func receive(into vector: inout PacketVector) throws(PortError) -> Int {
    let before = vector.count
    defer { counts.received += UInt64(vector.count - before) }
    // The frames stay where the reader has them.
    reader?.release()
    while !vector.isFull, !isAtEnd {
      guard let packet = try reader?.nextKept() else {
        isAtEnd = true
        break
      }
      let taken =
        packet.isEthernet && packet.bytes.count <= PacketVector.frameCapacity
        && vector.append(packet.frame)
      if !taken { counts.droppedByInterface += 1 }
    }
    return vector.count - before
  }

  /// Without a writer every frame is counted in `transmitErrors`.
  public func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError) {
    guard let writer else {
      counts.transmitErrors += UInt64(frames.count)
      return
    }
    for frame in frames {
      try writer.write(frame, interface: interface)
      counts.transmitted += 1
    }
  }

  public var statistics: PortStatistics { counts }

  /// Lets go of both files; the writer's is complete when it is closed by its owner, or let go of by the last.
  public func close() {
    reader = nil
    writer = nil
    isAtEnd = true
  }
}
