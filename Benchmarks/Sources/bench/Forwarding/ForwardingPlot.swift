/// Bars of the scenarios, side by side, as an SVG image.
struct ForwardingPlot {
  var scenarios: [ForwardingScenario]

  private static let (rowHeight, labelWidth, chartWidth, top) = (18, 170, 230, 40)

  var svg: String {
    let names = (scenarios.first?.order ?? []).map(\.name).filter { name in
      scenarios.contains { !$0.rates(name).isEmpty }
    }
    let most = scenarios.flatMap { scenario in names.flatMap { scenario.rates($0) } }.max() ?? 1
    let width = Self.labelWidth + scenarios.count * (Self.chartWidth + 20)
    let height = Self.top + names.count * Self.rowHeight + 20
    var lines = [
      #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(width)" height="\#(height)" "#
        + #"viewBox="0 0 \#(width) \#(height)" font-family="sans-serif" font-size="11">"#,
      #"<rect width="100%" height="100%" fill="white"/>"#,
      #"<text x="4" y="16">received, M packets/s: median, and least to most</text>"#,
    ]
    for (row, name) in names.enumerated() {
      let y = Self.top + row * Self.rowHeight
      lines.append(#"<text x="4" y="\#(y + 13)">\#(name)</text>"#)
      for (column, scenario) in scenarios.enumerated() {
        let rates = scenario.rates(name)
        guard let least = rates.min(), let greatest = rates.max() else { continue }
        let left = Self.labelWidth + column * (Self.chartWidth + 20)
        // Room for the number behind the longest bar.
        let x = { (rate: Double) in fixed(rate / most * Double(Self.chartWidth - 40), 1) }
        let color = name.hasPrefix("Spurline") ? "#2a6fbb" : "#b0b0b0"
        lines.append(
          #"<rect x="\#(left)" y="\#(y + 3)" width="\#(x(rates.median))" height="12" fill="\#(color)"/>"#
        )
        lines.append(
          #"<path d="M\#(left) \#(y + 9)m\#(x(least)) 0H\#(Double(left) + greatest / most * Double(Self.chartWidth - 40))" "#
            + #"stroke="black"/>"#)
        lines.append(
          #"<text x="\#(Double(left) + greatest / most * Double(Self.chartWidth - 40) + 4)" y="\#(y + 13)">"#
            + "\(fixed(rates.median, 2))</text>")
      }
    }
    for (column, scenario) in scenarios.enumerated() {
      let left = Self.labelWidth + column * (Self.chartWidth + 20)
      lines.append(
        #"<text x="\#(left)" y="34" font-weight="bold">\#(scenario.size) bytes, \#(scenario.flows) flows</text>"#
      )
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }
}
