/// An ID of Azure: of a resource, `/subscriptions/S/resourceGroups/G/providers/Microsoft.Storage/storageAccounts/A`,
/// or of what holds resources: a group, a subscription, or `/`, which holds all. Compared without regard to case.
public struct AzureID: Sendable, LosslessStringConvertible {
  /// As it was written, without a slash at its end.
  public let description: String
  private let segments: [Substring]
  /// In lower case: what is compared.
  let key: String

  /// Nil where the text does not begin with a slash, or has two in a row.
  public init?(_ text: String) {
    guard text.first == "/" else { return nil }
    let trimmed = text.count > 1 && text.last == "/" ? String(text.dropLast()) : text
    let segments = trimmed.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard trimmed == "/" || !segments.contains(where: \.isEmpty) else { return nil }
    description = trimmed
    self.segments = trimmed == "/" ? [] : segments
    key = trimmed.lowercased()
  }

  /// The ID that holds all others.
  public static let root = AzureID("/").unsafelyUnwrapped

  /// Of a resource that is not a child of another.
  /// - Parameter type: such as `Microsoft.Storage/storageAccounts`.
  /// - Returns: Nil where a part is empty or has a slash that it cannot have.
  public static func resource(
    subscription: String, group: String, type: String, name: String
  ) -> AzureID? {
    guard !subscription.contains("/"), !group.contains("/"), !name.contains("/") else { return nil }
    return AzureID(
      "/subscriptions/\(subscription)/resourceGroups/\(group)/providers/\(type)/\(name)")
  }

  /// Of a child, such as a network's subnet; nil where a part is empty or has a slash.
  public func child(type: String, name: String) -> AzureID? {
    guard !type.contains("/"), !name.contains("/") else { return nil }
    return AzureID((self == .root ? "" : description) + "/\(type)/\(name)")
  }

  public var subscription: String? { value(after: "subscriptions") }
  public var resourceGroup: String? { value(after: "resourcegroups") }

  /// `Microsoft.Network/virtualNetworks/subnets`; nil of what is no resource.
  public var resourceType: String? {
    guard let provider, segments.count > provider + 3 else { return nil }
    let types = stride(from: provider + 2, to: segments.count - 1, by: 2).map { segments[$0] }
    return ([segments[provider + 1]] + types).joined(separator: "/")
  }

  /// The resource's own name; nil of what is no resource.
  public var name: String? { resourceType == nil ? nil : segments.last.map(String.init) }

  /// Whether the other is this one or inside it.
  public func contains(_ other: AzureID) -> Bool {
    self == .root || self == other || other.key.hasPrefix(key + "/")
  }

  private var provider: Int? { segments.lastIndex { $0.lowercased() == "providers" } }

  private func value(after type: String) -> String? {
    guard let index = segments.firstIndex(where: { $0.lowercased() == type }),
      index + 1 < segments.count
    else { return nil }
    return String(segments[index + 1])
  }
}

extension AzureID: Hashable {
  public static func == (a: Self, b: Self) -> Bool { a.key == b.key }

  public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
