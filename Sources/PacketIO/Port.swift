import Dataplane

/// Something that frames are received from and sent to, a vector at a time. A port belongs to one worker.
public protocol Port: AnyObject {
  var name: String { get }

  /// To wait on with poll(2) for frames; nil where there is nothing to wait for.
  var pollDescriptor: Int32? { get }

  /// Appends the frames that are there, up to the vector's capacity, without waiting. Frames may stand in the
  /// port's own memory (a ring that the kernel fills): they are there until the next call, which gives them back.
  /// - Returns: how many were appended.
  func receive(into vector: inout PacketVector) throws(PortError) -> Int

  /// Sends frames in order. A frame that the interface refuses is counted in `statistics`, not thrown.
  func transmit(_ frames: UnsafeBufferPointer<Frame>) throws(PortError)

  var statistics: PortStatistics { get }

  func close()
}

/// Losses that happen outside the packet path, each counted where it happens.
public struct PortStatistics: Sendable, Codable, Equatable {
  public var received: UInt64 = 0
  public var transmitted: UInt64 = 0
  /// Lost by the kernel because its buffer was full.
  public var droppedByKernel: UInt64 = 0
  /// Lost by the interface or its driver, and what cannot be a frame of a vector: longer than
  /// `PacketVector.frameCapacity`, not Ethernet, or under an offload header that contradicts it.
  public var droppedByInterface: UInt64 = 0
  /// Refused when sent: queue full, link down, too long.
  public var transmitErrors: UInt64 = 0
  public init() {}
}
