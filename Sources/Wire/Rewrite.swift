/// New addresses for a packet, written in place; checksums follow by the difference (RFC 1624), so what was
/// damaged before stays recognisably damaged.
public struct AddressRewrite: Equatable, Sendable {
  /// In host order, IPv4 in the low 32 bits; nil stays as it is.
  public var source: UInt128?
  /// Like `source`.
  public var destination: UInt128?

  /// In host order, IPv4 in the low 32 bits.
  public init(source: UInt128? = nil, destination: UInt128? = nil) {
    self.source = source
    self.destination = destination
  }

  /// Whether it changes nothing.
  public var isIdentity: Bool { source == nil && destination == nil }

  /// - Parameter isPartial: the transport's checksum was left to an interface (`hasPartialChecksum`), and stays
  ///   so: it becomes the sum of the new pseudo-header.
  /// - Precondition: `headers` were parsed from these bytes, and nothing has changed since.
  public func apply(_ bytes: UnsafeMutableRawPointer, _ headers: Headers, isPartial: Bool = false) {
    guard !isIdentity, headers.network != .arp else { return }
    let isIPv6 = headers.network == .ipv6
    let header = bytes + headers.l3Offset
    var delta = ChecksumDelta()
    var transportDelta = ChecksumDelta()
    if let source {
      delta.replace(headers.source, with: source)
      transportDelta.replace(headers.source, with: source)
      header.storeAddress(source, isIPv6 ? 8 : 12, isIPv6: isIPv6)
    }
    if let destination {
      delta.replace(headers.destination, with: destination)
      // The last station of a source route is what the transport's checksum covers.
      if headers.finalDestinationOffset == 0 {
        transportDelta.replace(headers.destination, with: destination)
      }
      header.storeAddress(destination, isIPv6 ? 24 : 16, isIPv6: isIPv6)
    }
    if !isIPv6, !headers.ipv4ChecksumMissing {
      header.store16(delta.applied(to: header.load16(10)), 10)
    }
    guard let offset = headers.transportChecksumOffset else { return }
    let old = bytes.load16(offset)
    if isPartial {
      bytes.store16(~transportDelta.applied(to: ~old), offset)
      return
    }
    // No checksum stays no checksum (F2).
    if headers.transport == 17, old == 0 { return }
    let new = transportDelta.applied(to: old)
    bytes.store16(new == 0 && headers.writesZeroChecksumAsOnes ? 0xffff : new, offset)
  }
}

/// One hop less, and the IPv4 checksum with it (RFC 1812 section 5.3.1).
/// - Precondition: the hop limit is above 0.
public func decrementHopLimit(_ bytes: UnsafeMutableRawPointer, _ headers: Headers) {
  let header = bytes + headers.l3Offset
  if headers.network == .ipv6 {
    header.store8(header.load8(7) - 1, 7)
    return
  }
  let old = header.load16(8)
  let new = old - 0x0100
  header.store16(new, 8)
  guard !headers.ipv4ChecksumMissing else { return }
  var delta = ChecksumDelta()
  delta.replace(old, with: new)
  header.store16(delta.applied(to: header.load16(10)), 10)
}

/// Writes the first twelve bytes of a frame.
/// - Precondition: there are as many.
public func setMACs(
  _ bytes: UnsafeMutableRawPointer, destination: MACAddress, source: MACAddress
) {
  bytes.storeMAC(destination, 0)
  bytes.storeMAC(source, 6)
}

extension MACAddress {
  /// Of the frame's first six bytes.
  /// - Precondition: there are as many.
  @inlinable public init(destinationOf bytes: UnsafeRawPointer) {
    self.init(UInt64(bytes.load16(0)) << 32 | UInt64(bytes.load32(2)))
  }

  /// Of the six bytes after those.
  /// - Precondition: there are as many.
  @inlinable public init(sourceOf bytes: UnsafeRawPointer) {
    self.init(UInt64(bytes.load16(6)) << 32 | UInt64(bytes.load32(8)))
  }
}
