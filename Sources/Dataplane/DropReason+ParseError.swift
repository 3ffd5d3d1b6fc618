import Wire

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
