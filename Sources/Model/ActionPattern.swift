/// An action of a role, such as `Microsoft.Network/virtualNetworks/*/read`: `*` stands for any characters, slashes too,
/// anywhere and any number of times; letters are compared without regard to case, as Azure does.
public struct ActionPattern: Hashable, Sendable, CustomStringConvertible {
  public let description: String
  /// What stands between the asterisks, in lower case.
  private let parts: [[UInt8]]

  public init(_ text: String) {
    description = text
    parts = text.lowercased().utf8.split(
      separator: UInt8(ascii: "*"), omittingEmptySubsequences: false
    )
    .map(Array.init)
  }

  /// Whether the pattern stands for this action.
  public func matches(_ action: String) -> Bool {
    let action = Array(action.lowercased().utf8)
    guard parts.count > 1 else { return action == parts[0] }
    guard action.starts(with: parts[0]) else { return false }
    var place = parts[0].count
    // The first place where a part fits leaves most for those behind it.
    for part in parts[1..<parts.count - 1] {
      guard let end = Self.end(of: part, in: action, from: place) else { return false }
      place = end
    }
    let last = parts[parts.count - 1]
    return action.count - place >= last.count && action.suffix(last.count).elementsEqual(last)
  }

  private static func end(of part: [UInt8], in action: [UInt8], from place: Int) -> Int? {
    guard action.count >= part.count else { return nil }
    var start = place
    while start + part.count <= action.count {
      if action[start..<start + part.count].elementsEqual(part) { return start + part.count }
      start += 1
    }
    return nil
  }
}
