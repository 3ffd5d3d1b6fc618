import Dataplane

/// A packet of a capture file. Its bytes are valid until the reader is asked for more.
public struct CapturedPacket {
  /// What became of the link header of the capture.
  public enum Link: Hashable, Sendable {
    /// The frame is as captured.
    case ethernet
    /// Another link header stood there; the frame has an Ethernet header instead. Its MAC addresses are
    /// zero, except a source that the other header held.
    case synthesized
    /// Not replaced: `bytes` are as captured and no Ethernet frame.
    case unsupportedLinkType
  }

  /// Place in the file, from 1.
  public var number: Int
  /// Nanoseconds since 1970, UTC; 0 where the file has no time for it.
  public var timestamp: UInt64
  public var bytes: UnsafeRawBufferPointer
  /// Bytes it had on the wire, with the header that stands in `bytes`: more than `bytes.count` where the
  /// capture cut it short.
  public var wireLength: Int
  public var link: Link
  /// As captured: a number of <https://www.tcpdump.org/linktypes.html>, or libpcap's own DLT_ number.
  public var linkType: Int32
  /// Which interface of a pcapng file, from 0 over all sections; nil in other files.
  public var interface: Int?

  public init(
    number: Int, timestamp: UInt64, bytes: UnsafeRawBufferPointer, wireLength: Int,
    link: Link = .ethernet, linkType: Int32 = 1, interface: Int? = nil
  ) {
    self.number = number
    self.timestamp = timestamp
    self.bytes = bytes
    self.wireLength = max(wireLength, bytes.count)
    self.link = link
    self.linkType = linkType
    self.interface = interface
  }

  /// The bytes as a frame that may be written to, where they stand.
  /// - Precondition: the packet is a reader's.
  public var frame: Frame {
    Frame(
      bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress!),
      length: bytes.count, wireLength: wireLength, timestamp: timestamp)
  }

  /// Whether `bytes` begin with an Ethernet header.
  public var isEthernet: Bool { link != .unsupportedLinkType }
}
