import Dataplane
import Wire

extension ParseError {
  /// The reason for which the packet path drops such a frame; here for frames that reach no port.
  var dropReason: DropReason {
    switch self {
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
