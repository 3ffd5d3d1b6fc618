import Dataplane

/// A forecast as text: what happens, what it means for resources, what to do.
extension Forecast {
  /// Model differences that are shown without `all`: real service tags have hundreds of prefixes.
  private static let shownDifferences = 5

  /// - Parameter all: every model difference, however many.
  public func text(all: Bool = false) -> String {
    let title =
      "\(action == .enable ? "Enabling" : "Disabling") \(service) on \(subnet) (model \(precedence.rawValue)) "
      + "would do this; nothing has been changed.\n"
    let list = "Steps:\n" + steps.enumerated().map { "  \($0 + 1). \($1)\n" }.joined()
    let sections = [
      "Routes: \(routesAdded.count) added, \(routesRemoved.count) removed.\n",
      connections("TCP connections that will be closed", connectionsClosed),
      connections("Other flows that will move", otherFlows),
      "Live flows that go on untouched: \(flowsKept).\n",
      rules("Rules that will stop matching", rulesEnding),
      rules("Rules that will begin to match", rulesBeginning),
      denials("Live requests that will be denied", requestsDenied),
      denials("What NICs of the subnet will be denied", callersDenied), differences(all: all), list,
    ]
    // A table stands alone, single lines together.
    var (text, wasLong) = (title, true)
    for section in sections {
      let isLong = section.count(where: { $0 == "\n" }) > 1
      text += (isLong || wasLong ? "\n" : "") + section
      wasLong = isLong
    }
    return text
  }

  private func connections(_ title: String, _ list: [Connection]) -> String {
    guard !list.isEmpty else { return "\(title): none.\n" }
    var table = Table(
      .text("Port"), .text("Proto"), .text("Source"), .text("Destination"), .text("Leaves By"),
      .text("Then By"), .text("Source As Seen"), .text("Then As"))
    for one in list {
      table.add(
        one.port, one.proto, one.source, one.destination, one.now.egress ?? "nowhere",
        one.then.egress ?? one.then.dropReason ?? "nowhere", one.now.source ?? "?",
        one.then.source ?? one.then.dropReason ?? "?")
    }
    return "\(title): \(list.count)\n\(table.text())"
  }

  private func rules(_ title: String, _ list: [Rule]) -> String {
    guard !list.isEmpty else { return "\(title): none.\n" }
    var table = Table(.text("Resource"), .text("Rule"), .text("For"))
    for rule in list { table.add(rule.resource, rule.rule, rule.sources.joined(separator: " ")) }
    return "\(title): \(list.count)\n\(table.text())"
  }

  private func denials(_ title: String, _ list: [Request]) -> String {
    guard !list.isEmpty else { return "\(title): none.\n" }
    var table = Table(
      .text("From"), .text("Source"), .text("Resource"), .text("Admitted Now By"), .text("Then"))
    for request in list {
      let names = request.then?.hostNames ?? []
      let resource =
        request.resource + (names.isEmpty ? "" : " (as \(names.joined(separator: ", ")))")
      table.add(
        request.port, request.source, resource, request.now?.rule ?? "",
        request.then?.sentence ?? "dropped: \(request.sentence ?? "")")
    }
    return "\(title): \(list.count)\n\(table.text())"
  }

  private func differences(all: Bool) -> String {
    guard !modelDifferences.isEmpty else {
      return "Destinations on which precedence models will part: none.\n"
    }
    var table = Table(
      .text("Destinations"), .text("Model"), .text("It Chooses"),
      .text("\(precedence.rawValue) Chooses"))
    let shown = all ? modelDifferences[...] : modelDifferences.prefix(Self.shownDifferences)
    for one in shown {
      table.add(one.prefix, one.model.rawValue, one.otherwise, one.inForce)
    }
    var text =
      "Destinations on which precedence models will part: \(modelDifferences.count)\n\(table.text())"
    if shown.count < modelDifferences.count {
      text += "and \(modelDifferences.count - shown.count) more\n"
    }
    return text
  }
}
