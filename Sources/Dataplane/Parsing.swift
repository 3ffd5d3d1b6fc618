import Wire

extension PacketPath {
  /// Stage 1: bytes become a descriptor; what contradicts itself becomes a drop with its reason.
  func parse(_ frame: Frame, _ work: inout Work) {
    work.detail = PacketDetail()
    do throws(ParseError) {
      work.headers = try Headers.parse(frame.readOnly, wireLength: frame.wireLength)
    } catch {
      work.headers = nil
      work.plan = .drop(DropReason(error))
    }
  }
}

extension DropReason {
  /// What a frame that cannot be read is dropped for.
  public init(_ error: ParseError) {
    self =
      switch error {
      case .frameTooShort: .frameTooShort
      case .frameTooLong: .frameTooLong
      case .unsupportedEtherType: .unsupportedEtherType
      case .malformedARP: .malformedARP
      case .malformedIPv4: .malformedIPv4
      case .badIPv4Checksum: .badIPv4Checksum
      case .malformedIPv6: .malformedIPv6
      case .malformedTransport: .malformedTransport
      case .truncated: .truncated
      }
  }
}

extension DropReason: Error {}
