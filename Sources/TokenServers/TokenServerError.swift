/// What keeps the directory or the store from starting.
public enum TokenServerError: Error, Sendable, Equatable, CustomStringConvertible {
  case cannotRead(path: String, reason: String)
  case cannotWrite(path: String, reason: String)
  /// Of the private or of the public key.
  case notAKey(path: String)
  /// A line of the file of principals.
  case badPrincipal(path: String, line: Int, reason: String)
  case noPrincipals(path: String)
  case cannotServe(address: String, reason: String)
  case unknownResource(String, known: [String])
  case notTokenBased(String, service: String)

  public var description: String {
    switch self {
    case .cannotRead(let path, let reason): "\(path): cannot be read: \(reason)"
    case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
    case .notAKey(let path): "\(path): is no P-256 key in PEM"
    case .badPrincipal(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .noPrincipals(let path): "\(path): names nobody who could sign in"
    case .cannotServe(let address, let reason): "cannot serve \(address): \(reason)"
    case .unknownResource(let name, let known):
      "no resource is called '\(name)'"
        + (known.isEmpty
          ? ", and none admits by tokens" : "; by tokens admit \(known.joined(separator: ", "))")
    case .notTokenBased(let name, let service):
      "'\(name)' is a resource of \(service), which admits by packets and not by tokens"
    }
  }
}
