/// An aligned text table in the manner of `az --output table`: a heading, a line of dashes, rows.
public struct Table: Sendable {
  public struct Column: Sendable {
    var title: String
    var isNumeric: Bool

    /// Aligned to the left.
    public static func text(_ title: String) -> Column { Column(title: title, isNumeric: false) }
    /// Aligned to the right.
    public static func number(_ title: String) -> Column { Column(title: title, isNumeric: true) }
  }

  private var columns: [Column]
  private var rows: [[String]] = []

  public init(_ columns: Column...) { self.columns = columns }

  /// - Precondition: as many cells as columns.
  public mutating func add(_ cells: String...) { add(cells) }

  public mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count)
    rows.append(cells)
  }

  public var isEmpty: Bool { rows.isEmpty }

  /// Lines without trailing spaces, the last one ended too.
  public func text() -> String {
    let widths = columns.indices.map { index in
      rows.reduce(columns[index].title.count) { max($0, $1[index].count) }
    }
    let line = { (cells: [String]) in
      var text = ""
      for (index, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[index] - cell.count)
        text += columns[index].isNumeric ? padding + cell : cell + padding
        if index < cells.count - 1 { text += "  " }
      }
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }
    return line(columns.map(\.title))
      + line(widths.map { String(repeating: "-", count: $0) })
      + rows.map(line).joined()
  }
}
