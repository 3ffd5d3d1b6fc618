import Dataplane
import Model

/// The reports as text. The words are those of the JSON; both are stable.

extension EffectiveRouteTable {
  /// Prefixes of one route that are shown without `allPrefixes`: an endpoint has hundreds.
  private static let shownPrefixes = 3

  public func text(allPrefixes: Bool = false) -> String {
    var table = Table(
      .text("Source"), .text("State"), .text("Address Prefix"), .text("Next Hop Type"),
      .text("Next Hop IP"), .text("Name"))
    for route in value {
      var prefixes = route.addressPrefix
      if !allPrefixes, prefixes.count > Self.shownPrefixes {
        prefixes =
          prefixes.prefix(Self.shownPrefixes) + ["and \(prefixes.count - Self.shownPrefixes) more"]
      }
      for (index, prefix) in prefixes.enumerated() {
        guard index == 0 else {
          table.add("", "", prefix, "", "", "")
          continue
        }
        table.add(
          route.source.rawValue, route.state.rawValue, prefix, route.nextHopType.rawValue,
          route.nextHopIpAddress.joined(separator: " "), route.name ?? route.service ?? "")
      }
    }
    return table.text()
  }
}

extension ModelComparison {
  public func text() -> String {
    guard !differences.isEmpty else {
      return "\(first.rawValue) and \(second.rawValue) decide alike for every destination of "
        + "\(networkInterface).\n"
    }
    var table = Table(.text("Destinations"), .text(first.rawValue), .text(second.rawValue))
    for difference in differences {
      table.add(difference.prefix, words(difference.first), words(difference.second))
    }
    return table.text()
  }

  private func words(_ choice: Choice?) -> String {
    guard let choice else { return "no route" }
    return "\(choice.nextHopType.rawValue)\(choice.nextHop.map { " \($0)" } ?? "")"
      + " (\(choice.origin.rawValue) \(choice.prefix))"
  }
}

extension EndpointList {
  public func text() -> String {
    guard !endpoints.isEmpty else { return "No subnet has a service endpoint.\n" }
    var table = Table(.text("Subnet"), .text("Service"), .text("Locations"), .number("Routes"))
    for endpoint in endpoints {
      table.add(
        endpoint.subnet, endpoint.service, endpoint.locations?.joined(separator: " ") ?? "by scope",
        "\(endpoint.routes)")
    }
    return table.text()
  }
}

extension EndpointSwitchReport {
  public func text() -> String {
    var text = "\(service) \(action.rawValue) on \(subnet)\n"
    text += "  routes added:           \(routesAdded.count)\n"
    text += "  routes removed:         \(routesRemoved.count)\n"
    text += "  TCP connections closed: \(connectionsClosed.count)\n"
    for connection in connectionsClosed {
      text +=
        "    \(connection.source) > \(connection.destination) (\(connection.service) by \(connection.egress))\n"
    }
    text += "  other flows moved:      \(otherFlowsRemoved)\n"
    text += "  interruption:           \(microseconds(interruptionMicroseconds))\n"
    return text
  }
}

extension ReloadReport {
  public func text() -> String {
    var text = "configuration reloaded, generation \(generation)\n"
    text += "  TCP connections closed: \(connectionsClosed.count)\n"
    text += "  other flows moved:      \(otherFlowsRemoved)\n"
    text += "  interruption:           \(microseconds(interruptionMicroseconds))\n"
    for endpoint in endpointsReset {
      text += "  set back to what the file says: \(endpoint)\n"
    }
    return text
  }
}

extension FlowList {
  public func text() -> String {
    guard !flows.isEmpty else { return "No flows.\n" }
    var table = Table(
      .text("Port"), .text("Proto"), .text("Source"), .text("Destination"), .text("State"),
      .text("Next Hop Type"), .text("Egress"), .text("Source As Sent"), .number("Packets"),
      .number("Bytes"), .number("Idle s"))
    let ordered = flows.sorted {
      ($0.port, $0.source, $0.destination, $0.proto)
        < ($1.port, $1.source, $1.destination, $1.proto)
    }
    for flow in ordered {
      table.add(
        flow.port, flow.proto, flow.source, flow.destination, flow.state,
        flow.nextHopType + (flow.service.map { " (\($0))" } ?? ""), flow.egress,
        flow.translatedSource, "\(flow.packets)", "\(flow.bytes)",
        decimal(flow.idleSeconds, digits: 1))
    }
    return table.text()
  }
}

private func microseconds(_ value: Double) -> String { decimal(value, digits: 1) + " µs" }

/// Fixed point with a dot, whatever the locale.
private func decimal(_ value: Double, digits: Int) -> String {
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value * Double(scale)).rounded())
  let fraction = String(scaled % scale)
  return "\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}
