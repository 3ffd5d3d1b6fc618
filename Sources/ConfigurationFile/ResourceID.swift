/// An Azure resource's ID, compared without regard to case, subscription left out where one side has none:
/// `/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/N`.
struct ResourceID {
  /// Lower case, without the leading slash.
  let normalized: String
  /// As written, likewise without the leading slash.
  let text: String
  /// The pairs of type and name below the provider: `("virtualnetworks", "V"), ("subnets", "N")`.
  let parts: [(type: String, name: String)]

  /// Nil where the text is a name, not an ID.
  init?(_ written: String) {
    let segments = written.split(separator: "/").map(String.init)
    guard let provider = segments.lastIndex(where: { $0.lowercased() == "providers" }),
      segments.count >= provider + 4, segments.count.isMultiple(of: 2) == provider.isMultiple(of: 2)
    else { return nil }
    text = segments.joined(separator: "/")
    normalized = text.lowercased()
    parts = stride(from: provider + 2, to: segments.count - 1, by: 2).map {
      (segments[$0].lowercased(), segments[$0 + 1])
    }
  }

  /// The name of the part of this type.
  func name(of type: String) -> String? {
    parts.first { $0.type == type.lowercased() }?.name
  }
}
