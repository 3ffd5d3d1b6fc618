import Dataplane

/// What keeps a replay or an explanation from being made, in words that a user can act on.
public enum ReplayError: Error, Sendable, Equatable {
  case unknownNIC(String, known: [String])
  case unknownPort(String, known: [String])
  case noSuchPacket(number: Int, inCapture: Int)
  /// The number is nil for a packet that is of no capture.
  case unassignedPacket(number: Int?, PortAssignment.Failure)
  /// Received is not forwarded + answered + dropped, or a packet has no verdict: a fault of ours.
  case unbalanced(String)
  case badHex(String)
  case badEndpoint(String)
  case badProbe(String)
  case cannotWrite(path: String, reason: String)
}

extension ReplayError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownNIC(let name, let known):
      "no network interface is called '\(name)'; the configuration has \(list(known))"
    case .unknownPort(let name, let known):
      "the configuration has no port '\(name)'; it has \(list(known))"
    case .noSuchPacket(let number, let count):
      count == 0
        ? "the capture is empty; it has no packet \(number)"
        : "the capture has no packet \(number); its packets are numbered 1 to \(count)"
    case .unassignedPacket(let number, let failure):
      number.map { "packet \($0): \(failure.sentence)" }
        ?? "\(failure.sentence) Write the port that it arrives at in front: spurline explain PORT ..."
    case .unbalanced(let sums):
      "the sums do not agree (\(sums)); this is a fault in spurline, please report it"
    case .badHex(let reason): "the hex cannot be read: \(reason)"
    case .badEndpoint(let text):
      "'\(text)' is not an address with a port; write 10.0.1.4:40000, or [2001:db8::1]:443"
    case .badProbe(let reason): reason
    case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
    }
  }

  private func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}
