/// What there is of a lab, beside what should be.
public struct LabStatus: Sendable, Codable, Equatable {
  public enum State: String, Sendable, Codable {
    /// Everything is as the configuration says.
    case up
    /// Some of it is.
    case partial
    /// No namespace of it exists.
    case down
  }

  public struct Namespace: Sendable, Codable, Equatable {
    /// In the configuration.
    public var name: String
    /// For `ip netns`.
    public var networkNamespace: String
    public var exists: Bool
    public var devices: [Device]
    /// Ids of the processes in it.
    public var processes: [Int32]
    /// What is missing or wrong, one sentence each.
    public var problems: [String]
  }

  public struct Device: Sendable, Codable, Equatable {
    public var name: String
    public var isUp: Bool
    public var macAddress: String?
    /// With the length of the link's prefix.
    public var addresses: [String]
  }

  public var lab: String
  public var state: State
  public var namespaces: [Namespace]
  /// Namespaces with the lab's mark that the file no longer names.
  public var strays: [String]

  /// Of all namespaces.
  public var problems: [String] {
    namespaces.flatMap { namespace in namespace.problems.map { "\(namespace.name): \($0)" } }
  }
}
