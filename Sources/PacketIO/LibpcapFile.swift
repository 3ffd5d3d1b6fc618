import CLibpcap
import Glibc

/// A capture file read by libpcap: what our own readers leave to it, and in tests all that they read.
final class LibpcapFile {
  private let file: CaptureFile
  private let handle: OpaquePointer
  private let linkType: Int32
  private let isPcapng: Bool

  init(_ file: CaptureFile) throws(CaptureFault) {
    let stream = try file.stream()
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard
      let handle = pcap_fopen_offline_with_tstamp_precision(
        stream, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
    else {
      fclose(stream)
      let reason = String(
        decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw CaptureFault(reason: file.close() ?? reason)
    }
    self.file = file
    self.handle = handle
    linkType = pcap_datalink(handle)
    // The version of the format: 2 is pcap, 1 pcapng.
    isPcapng = pcap_major_version(handle) == 1
  }

  deinit { pcap_close(handle) }

  /// The bytes are libpcap's, until the next packet.
  /// - Returns: nil at the end of the file.
  func next() throws(CaptureFault) -> RawPacket? {
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var bytes: UnsafePointer<UInt8>?
    let status = pcap_next_ex(handle, &header, &bytes)
    guard status == 1, let header = header?.pointee else {
      if let reason = file.close() { throw CaptureFault(reason: reason) }
      if status == PCAP_ERROR_BREAK { return nil }
      throw CaptureFault(reason: String(cString: pcap_geterr(handle)))
    }
    // pcap's seconds are unsigned and last until 2106; libpcap reads them as signed.
    let seconds =
      isPcapng ? Int128(header.ts.tv_sec) : Int128(UInt32(truncatingIfNeeded: header.ts.tv_sec))
    // With nanosecond precision `tv_usec` holds nanoseconds. Neither field is checked by libpcap.
    let time = seconds * 1_000_000_000 + Int128(header.ts.tv_usec)
    return RawPacket(
      bytes: UnsafeRawBufferPointer(start: bytes, count: Int(header.caplen)),
      wireLength: Int(header.len), timestamp: UInt64(clamping: time), linkType: linkType)
  }
}
