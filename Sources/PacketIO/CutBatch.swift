import Dataplane
import Wire

/// Cuts a batch of TCP segments for a way out that does not.
/// - Parameters:
///   - segment: room for a frame of the largest size; overwritten by each segment.
///   - send: is given each segment's frame and its length in bytes, in order.
/// - Returns: false, and nothing sent, for a frame that is no TCP packet.
func cutBatch(
  _ frame: Frame, into segment: UnsafeMutableRawBufferPointer,
  send: (UnsafeMutableRawPointer, Int) -> Void
) -> Bool {
  guard
    let headers = try? Headers.parse(
      UnsafeRawBufferPointer(frame.buffer), wireLength: frame.wireLength),
    headers.transport == 6, !headers.isFragment
  else { return false }
  let maximum = headers.payloadOffset - headers.l3Offset + Int(frame.segmentSize)
  for index in 0..<headers.tcpSegmentCount(maximumPacketLength: maximum) {
    let length = writeTCPSegment(
      index, of: UnsafeRawBufferPointer(frame.buffer), headers, maximumPacketLength: maximum,
      into: segment)
    send(segment.baseAddress!, length)
  }
  return true
}
