/// What keeps a port from working.
public enum PortError: Error, Sendable, Equatable, CustomStringConvertible {
  case cannotOpen(port: String, reason: String)
  case failed(port: String, reason: String)
  case malformedCapture(path: String, packet: Int, reason: String)

  public var description: String {
    switch self {
    case .cannotOpen(let port, let reason): "cannot open \(port): \(reason)"
    case .failed(let port, let reason): "\(port) failed: \(reason)"
    case .malformedCapture(let path, let packet, let reason):
      "\(path): after packet \(packet): \(reason)"
    }
  }
}
