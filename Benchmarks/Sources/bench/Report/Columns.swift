import Foundation

/// With so many digits behind the point.
func fixed(_ number: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", number)
}

/// The least and the most of some figures.
func range(_ values: [Double], _ digits: Int) -> String {
  "(\(fixed(values.min() ?? 0, digits)) to \(fixed(values.max() ?? 0, digits)))"
}

/// Cells under each other.
enum Columns {
  /// - Parameter left: So many columns begin at the left, the others end at the right.
  static func aligned(_ rows: [[String]], left: Int) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (column < left ? cell + space : space + cell)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
